//! Personal data in calls: found, and replaced by pseudonyms that only a key explains.
//!
//! ```text
//! turns ──► patterns (numbers, addresses, spoken forms) ──┐
//!       ──► known names of the participants ──────────────┼─► entities ─► surrogates
//!       ──► tagger (logistic regression, call by call) ───┘
//! ```
//!
//! No I/O: the host reads the key and calls [`Redactor::redact`] before any plugin sees
//! a text. See `docs/privacy.md` for what it finds and misses.

mod clues;
mod entity;
mod features;
mod finder;
mod known;
mod lexicon;
mod mention;
mod patterns;
mod pseudonym;
mod redact;
mod shape;
mod tagger;
mod token;

pub use entity::{Entity, Kind};
pub use features::{BUCKETS, CallText, Candidate, Commonness};
pub use finder::{Finder, assemble};
pub use known::KnownNames;
pub use mention::Mark;
pub use pseudonym::{Key, KeyError};
pub use redact::{Redacted, Redaction, Redactor};
pub use tagger::{Thresholds, Weights, WeightsError, decide};
