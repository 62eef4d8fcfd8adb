//! Whether a listing or an entry that comes in parts gets anywhere: a plugin decides
//! where the next part starts, and must not keep a run for ever with it.

use std::collections::HashSet;
use std::hash::Hash;

/// Parts in a row that may bring nothing: a source may filter pages until they are
/// empty, but not without end.
const IDLE: u32 = 1_000;

/// The course of one listing or entry so far.
#[derive(Debug)]
pub(crate) struct Course<P> {
    seen: HashSet<P>,
    idle: u32,
}

impl<P> Default for Course<P> {
    fn default() -> Self {
        Self { seen: HashSet::new(), idle: 0 }
    }
}

impl<P: Eq + Hash> Course<P> {
    /// Takes note of where the plugin says the next part starts, and whether this one
    /// brought anything.
    ///
    /// # Errors
    /// What is wrong with it, for a person: it leads in a circle, or nowhere.
    pub(crate) fn turn(&mut self, next: Option<P>, brought: bool) -> Result<(), String> {
        let Some(next) = next else { return Ok(()) };
        if !self.seen.insert(next) {
            return Err("the loader leads in a circle: a part that it gave before comes again; \
                        its author must correct this"
                .to_owned());
        }
        self.idle = if brought { 0 } else { self.idle + 1 };
        if self.idle >= IDLE {
            return Err(format!(
                "the loader gave {IDLE} parts in a row with nothing in them and always a next \
                 one; its author must correct this"
            ));
        }
        Ok(())
    }
}
