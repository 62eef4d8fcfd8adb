//! Programs of other people: found and run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::BuildError;

/// The first of `names` in one of `folders`, or on the `PATH`.
pub(super) fn find(folders: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut all = folders.to_vec();
    all.extend(env::split_paths(&path));
    names
        .iter()
        .flat_map(|name| all.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// `part` in the project's folder and those around it, as languages keep their tools.
pub(super) fn around(folder: &Path, part: &str) -> Vec<PathBuf> {
    folder.ancestors().map(|folder| folder.join(part)).collect()
}

/// Runs a tool that says itself what goes wrong. What it says of its progress goes to
/// standard error: standard output is for results.
pub(super) fn run(command: &mut Command) -> Result<(), BuildError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| BuildError::Io { path: name.clone().into(), error })?;
    if output.status.success() {
        return Ok(());
    }
    eprint!("{}", String::from_utf8_lossy(&output.stdout));
    Err(BuildError::Failed { tool: name, status: output.status })
}
