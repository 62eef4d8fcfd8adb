//! Which versions were in use, one after the other.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use crate::ImproveError;
use crate::registry::{Line, Registry, Stage, Version};

impl Registry<'_> {
    /// Each time that a version came into use, the oldest first, as it then was: a version
    /// that was rolled back to is there twice. A journal that was lost begins with what
    /// the repository knew then.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn reigns(&self) -> Result<Vec<Version>, ImproveError> {
        let path = self.journal();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ImproveError::io("read", &path)(error)),
        };
        let told = text.lines().filter_map(|line| match serde_json::from_str(line) {
            Ok(Line::Model(version)) => Some(*version),
            _ => None,
        });
        let mut reigns: Vec<Version> = told
            .chain(self.versions().cloned())
            .filter(|version| version.promoted_at.is_some() && version.stage == Stage::Champion)
            .collect();
        reigns.sort_by_key(|version| version.revision);
        let mut known = BTreeSet::new();
        reigns.retain(|one| known.insert(one.revision));
        Ok(reigns)
    }
}
