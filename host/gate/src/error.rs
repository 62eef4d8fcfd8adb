//! What can go wrong at the gate.

use std::path::PathBuf;

/// Why a request has no answer. The cases are those of the contract, since what happens
/// next follows from them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Not granted.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// No request can be made of this.
    #[error("{0}")]
    Invalid(String),
    /// May work later.
    #[error("{0}")]
    Transient(String),
    /// A budget, or the room for what is kept, does not hold it: a run with another one may
    /// send it.
    #[error("{0}")]
    Spent(String),
    /// Will not work.
    #[error("{0}")]
    Permanent(String),
}

/// Something was not granted, with what would grant it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; to allow it, {remedy}")]
pub struct Denial {
    /// What was asked for.
    pub what: String,
    /// The line of pipeline.toml to change, and how.
    pub remedy: String,
}

/// Why a gate or a door cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The address of a grant.
    #[error("`{url}` cannot be granted: {problem}")]
    Url {
        /// As given.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The certificates of a grant.
    #[error("the certificates of {} cannot be used: {problem}", file.display())]
    Certificates {
        /// As given.
        file: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The folder of a tape.
    #[error("the folder of recorded exchanges, {}, cannot be used: {problem}", folder.display())]
    Tape {
        /// As given.
        folder: PathBuf,
        /// What is wrong.
        problem: String,
    },
}
