//! What can go wrong with model files.

use std::path::PathBuf;

use super::catalogue::CATALOGUE;

/// Why a model could not be fetched, imported or trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No model of that name is known, here or in the store.
    #[error("there is no model `{name}`; known are {}, and paths of model files", known())]
    Unknown {
        /// The name that was asked for.
        name: String,
    },
    /// Every origin failed.
    #[error("model `{name}` could not be fetched from any origin:{}", lines(.attempts))]
    Unreachable {
        /// The model.
        name: String,
        /// One line an origin: which it was and what happened.
        attempts: Vec<String>,
    },
    /// A file is not what its pin says.
    #[error("{path} has sha256 {found}, {expected} is expected; delete it and pull again", path = .path.display())]
    WrongDigest {
        /// The file.
        path: PathBuf,
        /// The sha256 in the catalogue.
        expected: String,
        /// The sha256 of the file.
        found: String,
    },
    /// A model to be imported is not one that can be.
    #[error("{path} cannot be imported: {reason}", path = .path.display())]
    Import {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The platform tells no cache directory.
    #[error("no model directory: set REHEARSAL_MODELS to a folder")]
    NoDirectory,
}

fn known() -> String {
    CATALOGUE.iter().map(|m| m.name).collect::<Vec<_>>().join(", ")
}

fn lines(attempts: &[String]) -> String {
    attempts.iter().map(|a| format!("\n  {a}")).collect()
}
