//! Which versions were in use, one after the other.

use std::collections::BTreeSet;

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
        let models = self.told()?.into_iter().filter_map(|line| match line {
            Line::Model(version) => Some(*version),
            Line::Frozen { .. } => None,
        });
        let mut reigns: Vec<Version> = models
            .chain(self.versions().cloned())
            .filter(|version| version.promoted_at.is_some() && version.stage == Stage::Champion)
            .collect();
        reigns.sort_by_key(|version| version.revision);
        let mut known = BTreeSet::new();
        reigns.retain(|one| known.insert(one.revision));
        Ok(reigns)
    }
}
