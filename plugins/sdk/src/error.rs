//! Errors of the contract, with words to make them.

use std::fmt;

use crate::types::Error;

/// What a plugin's functions give back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The item is broken; the host keeps it as a dead letter and goes on. Say what is
    /// wrong, where, and what would be right.
    pub fn invalid(what: impl fmt::Display) -> Self {
        Self::InvalidInput(what.to_string())
    }

    /// The source cannot work as it is set up; the host stops it.
    pub fn permanent(what: impl fmt::Display) -> Self {
        Self::Permanent(what.to_string())
    }

    /// May work later; the host tries again with back-off.
    pub fn transient(what: impl fmt::Display) -> Self {
        Self::Transient(what.to_string())
    }

    /// The sentence for a person, without the error's kind.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::InvalidInput(text)
            | Self::Transient(text)
            | Self::Permanent(text)
            | Self::Denied(text) => text,
        }
    }
}
