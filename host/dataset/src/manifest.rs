//! What a data set consists of, and how to check that it still does.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// Name of the manifest in a data set's folder.
pub const MANIFEST: &str = "manifest.json";

/// Rows and turns of a split of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Rows.
    pub rows: u64,
    /// Distinct calls behind them.
    pub conversations: u64,
    /// Messages with a train flag.
    pub trained_messages: u64,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Relative to the data set's folder.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// The manifest of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this layout: 1.
    pub version: u32,
    /// The path's id in pipeline.toml.
    pub dataset: String,
    /// Digest of all that went in; the same inputs need not be written again.
    pub inputs: String,
    /// Root over `files`.
    pub merkle_root: String,
    /// By family, then split.
    pub counts: BTreeMap<String, BTreeMap<String, Counts>>,
    /// Examples that validators kept out, by check.
    pub rejected: BTreeMap<String, u64>,
    /// Rows by licence.
    pub licences: BTreeMap<String, u64>,
    /// Sorted by path.
    pub files: Vec<FileRecord>,
}

impl Manifest {
    /// Reads the manifest of a data set's folder; none where there is none.
    ///
    /// # Errors
    /// An unreadable file, or one that is no manifest of this version.
    pub fn read(folder: &Path) -> Result<Option<Self>, DatasetError> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DatasetError::io("read", &path)(error)),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| DatasetError::Manifest { path, reason: error.to_string() })
    }

    /// Whether all its files stand in `folder` with the size they should have.
    #[must_use]
    pub fn stands_in(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| {
            std::fs::metadata(folder.join(&file.path)).is_ok_and(|meta| meta.len() == file.bytes)
        })
    }

    /// Rows over all families and splits.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).map(|counts| counts.rows).sum()
    }
}
