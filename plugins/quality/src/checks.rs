//! Named checks that can be left out or made to mark only.

use rehearsal_sdk::prelude::*;

use crate::Tally;

/// What a check says of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to object to.
    Passes,
    /// And why not, with the figures that decided.
    Fails(String),
}

/// Which of a validator's checks run, and which of them only mark.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a> {
    /// Names and meanings of all checks, in the order in which they decide.
    pub all: &'static [(&'static str, &'static str)],
    /// Names of checks to leave out.
    pub skip: &'a [String],
    /// Names of checks that mark a subject instead of rejecting it.
    pub flag_only: &'a [String],
}

impl Checks<'_> {
    /// Refuses names that no check has.
    ///
    /// # Errors
    /// Names the first unknown one and lists those there are.
    pub fn known(&self) -> Result<()> {
        let is_known = |name: &String| self.all.iter().any(|(known, _)| known == name);
        let Some(name) = self.skip.iter().chain(self.flag_only).find(|name| !is_known(name)) else {
            return Ok(());
        };
        let known: Vec<_> = self.all.iter().map(|(name, _)| *name).collect();
        Err(Error::permanent(format!(
            "config: there is no check `{name}`; there are {}",
            known.join(", ")
        )))
    }

    /// The first check that rejects decides; the first flag, where none does. `test` is
    /// asked by the place of a check in [`Checks::all`].
    pub fn judge(&self, tally: &mut Tally, mut test: impl FnMut(usize) -> Outcome) -> Verdict {
        let mut flagged = None;
        for (index, (name, _)) in self.all.iter().enumerate() {
            if self.skip.iter().any(|skipped| skipped == name) {
                continue;
            }
            let Outcome::Fails(reason) = test(index) else { continue };
            if !self.flag_only.iter().any(|flags| flags == name) {
                tally.rejected(name);
                return Verdict::rejected(name, reason);
            }
            flagged.get_or_insert((*name, reason));
        }
        match flagged {
            Some((check, reason)) => {
                tally.flagged(check);
                Verdict::flagged(check, reason)
            }
            None => {
                tally.accepted();
                Verdict::Accept
            }
        }
    }
}

/// Refuses settings that are no shares, 0 to 1.
///
/// # Errors
/// Names the first one and its value.
pub fn shares(settings: &[(&str, f64)]) -> Result<()> {
    match settings.iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
        Some((key, value)) => {
            Err(Error::permanent(format!("config.{key} is {value}; it is a share, 0 to 1")))
        }
        None => Ok(()),
    }
}

/// Defines checks of one signature: `TESTS` and, in the same order, `DESCRIPTIONS` for
/// [`Checks::all`]. A check's name is its function's.
#[macro_export]
macro_rules! checks {
    ($test:ty; $($name:ident: $meaning:literal,)*) => {
        /// All checks, in the order in which they decide.
        pub(crate) const TESTS: &[$test] = &[$($name,)*];
        /// Names and meanings of all checks.
        pub(crate) const DESCRIPTIONS: &[(&str, &str)] = &[$((stringify!($name), $meaning),)*];
    };
}
