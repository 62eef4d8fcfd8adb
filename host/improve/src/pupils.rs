//! Which models learned from which calls, for when calls are forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use rehearsal_dataset::{FileRecord, Manifest};

use crate::ImproveError;
use crate::files::write;
use crate::registry::{Registry, Version};
use crate::rows::call_of;

/// In a version's folder: ids of the calls that it learned from, a line each. Ids are
/// hashes of places and outlast what was said.
const CALLS: &str = "calls.txt";

/// Writes down the calls that a version is about to learn from.
pub(crate) fn note(folder: &Path, calls: &BTreeSet<String>) -> Result<FileRecord, ImproveError> {
    let lines: String = calls.iter().map(|call| format!("{call}\n")).collect();
    write(folder, CALLS, lines.as_bytes())
}

/// Calls with rows in a data set; none where it has no JSON lines to be read.
pub(crate) fn of_dataset(
    folder: &Path,
    manifest: &Manifest,
) -> Result<Option<BTreeSet<String>>, ImproveError> {
    let mut calls = BTreeSet::new();
    let mut any = false;
    for file in manifest.files.iter().filter(|file| file.path.starts_with("jsonl/")) {
        let path = folder.join(&file.path);
        let text = fs::read_to_string(&path).map_err(ImproveError::io("read", &path))?;
        any = true;
        calls.extend(text.lines().filter_map(call_of));
    }
    Ok(any.then_some(calls))
}

impl Registry<'_> {
    /// Versions that learned from any of these calls, with how many; none where a version
    /// does not know what it learned from.
    ///
    /// # Errors
    /// A list of calls cannot be read.
    pub fn pupils(
        &self,
        calls: &BTreeSet<String>,
    ) -> Result<Vec<(&Version, Option<usize>)>, ImproveError> {
        let mut pupils = Vec::new();
        for version in self.versions() {
            let path = self.folder().join(&version.folder).join(CALLS);
            let known = match fs::read_to_string(&path) {
                Ok(text) => Some(text.lines().filter(|call| calls.contains(*call)).count()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(ImproveError::io("read", &path)(error)),
            };
            if known != Some(0) {
                pupils.push((version, known));
            }
        }
        Ok(pupils)
    }
}
