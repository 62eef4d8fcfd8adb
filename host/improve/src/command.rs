//! A trainer that is a program of the user's: TRL, Axolotl, LLaMA-Factory, a script.
//!
//! It runs with the data set's folder to read, a folder of its own to write, and no
//! variable of the environment but those that pipeline.toml names. Its folder follows
//! from the data set and the command, so a training that was cut off finds its own
//! checkpoints there, and one that was finished is not done again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use globset::{Glob, GlobSetBuilder};
use rehearsal_dataset::Manifest;
use rehearsal_model::Hasher;

use crate::ImproveError;
use crate::files;
use crate::pupils;
use crate::registry::{Registry, Stage, Version};
use crate::trainer::Trained;

/// Everything that the command writes to its standard output and error.
const LOG: &str = "log.txt";
/// Where its results are looked for, inside its folder.
const WORK: &str = "work";
/// Last bytes of the log that an error shows.
const TAIL: u64 = 1_500;

/// What is to be run.
pub(crate) struct Order<'a> {
    pub(crate) command: &'a [String],
    pub(crate) env: &'a [String],
    pub(crate) results: &'a [String],
    pub(crate) dataset: &'a Path,
    pub(crate) name: &'a str,
}

pub(crate) fn train(
    registry: &mut Registry<'_>,
    trainer: &str,
    order: &Order<'_>,
    manifest: &Manifest,
) -> Result<Trained, ImproveError> {
    let inputs = inputs(order, manifest);
    if let Some(version) = registry.made_of(trainer, &inputs) {
        return Ok(Trained { version: version.clone(), unchanged: true, refused: Vec::new() });
    }
    let folder: PathBuf = [trainer, &inputs[..16]].iter().collect();
    let home = registry.folder().join(&folder);
    let work = home.join(WORK);
    let resumed = work.is_dir();
    fs::create_dir_all(&work).map_err(ImproveError::io("create", &work))?;
    let work = fs::canonicalize(&work).map_err(ImproveError::io("find", &work))?;
    let log = home.join(LOG);
    let ending = run(order, &work, &log, resumed)?;
    if !ending.success() {
        return Err(ImproveError::Command {
            trainer: trainer.to_owned(),
            ending: in_words(ending),
            last: tail(&log).unwrap_or_default(),
            log,
        });
    }
    let now = Manifest::read(order.dataset)?;
    if now.is_none_or(|now| now.merkle_root != manifest.merkle_root) {
        return Err(ImproveError::Moved(order.name.to_owned()));
    }
    let mut files = Vec::new();
    if let Some(calls) = pupils::of_dataset(order.dataset, manifest)? {
        files.push(pupils::note(&home, &calls)?);
    }
    let known = files.len();
    for name in results(&work, order.results)? {
        let record = files::record(&work, &name)?;
        files.push(rehearsal_dataset::FileRecord { path: format!("{WORK}/{name}"), ..record });
    }
    if files.len() == known {
        return Err(ImproveError::NoResults { trainer: trainer.to_owned(), folder: work });
    }
    let version = registry.register(Version {
        trainer: trainer.to_owned(),
        version: registry.next(trainer),
        stage: Stage::Candidate,
        inputs,
        made_of: [(order.name.to_owned(), manifest.merkle_root.clone())].into(),
        lessons: [].into(),
        judged: [].into(),
        found: [].into(),
        measures: None,
        files,
        folder,
        replaced: None,
        made_at: 0,
        promoted_at: None,
        revision: 0,
    })?;
    Ok(Trained { version, unchanged: false, refused: Vec::new() })
}

fn inputs(order: &Order<'_>, manifest: &Manifest) -> String {
    let mut hasher = Hasher::new("command");
    hasher.part(manifest.merkle_root.as_bytes());
    for list in [order.command, order.env, order.results] {
        hasher.part(&(list.len() as u64).to_le_bytes());
        list.iter().for_each(|one| {
            hasher.part(one.as_bytes());
        });
    }
    hasher.finish().to_string()
}

fn run(
    order: &Order<'_>,
    work: &Path,
    log: &Path,
    resumed: bool,
) -> Result<ExitStatus, ImproveError> {
    let dataset =
        fs::canonicalize(order.dataset).map_err(ImproveError::io("find", order.dataset))?;
    let fill = |text: &String| {
        let filled = text.replace("{dataset}", &dataset.to_string_lossy());
        filled.replace("{work}", &work.to_string_lossy())
    };
    let mut words = order.command.iter().map(fill);
    let program = words.next().unwrap_or_default();
    let out = OpenOptions::new().create(true).append(true).open(log);
    let out = out.map_err(ImproveError::io("write", log))?;
    let err = out.try_clone().map_err(ImproveError::io("write", log))?;
    let mut command = Command::new(&program);
    command.args(words).current_dir(work).env_clear();
    for name in order.env {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("REHEARSAL_DATASET", &dataset)
        .env("REHEARSAL_WORK", work)
        .env("REHEARSAL_RESUME", if resumed { "1" } else { "0" })
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    command.status().map_err(ImproveError::io("run", Path::new(&program)))
}

/// Files that are the model: those that a pattern matches, or all.
fn results(work: &Path, patterns: &[String]) -> Result<Vec<String>, ImproveError> {
    let all = files::all(work)?;
    if patterns.is_empty() {
        return Ok(all);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let wrong = |error: globset::Error| {
            let error = io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
            ImproveError::io("match", Path::new(pattern))(error)
        };
        set.add(Glob::new(pattern).map_err(wrong)?);
    }
    let set = set.build().unwrap_or_default();
    Ok(all.into_iter().filter(|name| set.is_match(name)).collect())
}

fn in_words(ending: ExitStatus) -> String {
    match ending.code() {
        Some(code) => format!("ended with code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

fn tail(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let text = text.trim_end();
    Ok(match text.split_once('\n') {
        Some((_, whole)) if length > TAIL => whole.to_owned(),
        _ => text.to_owned(),
    })
}
