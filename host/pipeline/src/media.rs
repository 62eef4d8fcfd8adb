//! Recordings that were fetched from services: files of the workspace, named by what is in
//! them. Calls refer to them; what no call refers to is nobody's.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rehearsal_repository::Repository;

use crate::PipelineError;
use crate::records::CALLS;

/// Where they lie, wherever the program is started.
#[must_use]
pub fn folder(workspace: &Path) -> PathBuf {
    let folder = workspace.join("media");
    std::path::absolute(&folder).unwrap_or(folder)
}

/// Deletes recordings that no call refers to any more, and returns how many. What was
/// fetched and could not be heard is fetched again.
///
/// # Errors
/// The repository cannot be read, or a file not be deleted: it is named.
pub fn sweep(repository: &Repository, workspace: &Path) -> Result<u64, PipelineError> {
    let folder = folder(workspace);
    let files = match fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(unswept(&folder, &error)),
    };
    let mut wanted = HashSet::new();
    for call in repository.scan(&CALLS, [])? {
        wanted.extend(call?.value.media.map(|media| media.fingerprint.to_string()));
    }
    let mut swept = 0;
    for file in files {
        let path = file.map_err(|error| unswept(&folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !wanted.contains(&*name) {
            fs::remove_file(&path).map_err(|error| unswept(&path, &error))?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn unswept(path: &Path, error: &io::Error) -> PipelineError {
    PipelineError::Worker(format!(
        "recordings that no call refers to stay: {}: {error}",
        path.display()
    ))
}
