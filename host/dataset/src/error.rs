//! What can go wrong on disk.

use std::path::{Path, PathBuf};

/// A data set that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `write`, `create`, `replace`, …
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Parquet's writer refused.
    #[error("cannot write {}: {reason}", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A manifest that is none.
    #[error("{} is not a manifest of this version: {reason}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two splits have something in common. Nothing was written.
    #[error(
        "data set `{dataset}` would leak: {count} of `{tie}` on both sides of {splits}; it was not \
         written. This is a bug of rehearsal: please report it"
    )]
    Leak {
        /// Which data set.
        dataset: String,
        /// What they share.
        tie: String,
        /// Which two.
        splits: String,
        /// How many.
        count: u64,
    },
}

impl DatasetError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn parquet(path: &Path, error: &parquet::errors::ParquetError) -> Self {
        Self::Parquet { path: path.to_owned(), reason: error.to_string() }
    }
}
