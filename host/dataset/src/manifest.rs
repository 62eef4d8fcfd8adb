//! What a data set consists of, and how to check that it still does.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::DatasetError;
use crate::form::Form;
use crate::overlap::Overlap;
use crate::split::Split;

/// Name of the manifest in a data set's folder.
pub const MANIFEST: &str = "manifest.json";

/// Layout of manifest and folder; another one is written anew.
pub(crate) const VERSION: u32 = 2;

/// Rows and turns of a split of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Rows.
    pub rows: u64,
    /// Distinct calls behind them.
    pub conversations: u64,
    /// Messages that are learned from; completions and answers count as one.
    pub trained_messages: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.conversations += other.conversations;
        self.trained_messages += other.trained_messages;
    }
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

/// The rows of one family, form and split in a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRecord {
    /// As the path builder names it.
    pub family: String,
    /// What its rows are.
    pub form: Form,
    /// Which side.
    pub split: Split,
    /// What is in it.
    pub counts: Counts,
}

/// The rows of some calls. A call's shard follows from its id, so a new call changes
/// one shard's files and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// From 0; part of its files' names.
    pub shard: u32,
    /// Digest of all that went in.
    pub inputs: String,
    /// In order of family, form and split.
    pub cells: Vec<CellRecord>,
    /// Rows by licence.
    pub licences: BTreeMap<String, u64>,
    /// Rows that validators or the mask proof kept out, by check.
    pub rejected: BTreeMap<String, u64>,
}

/// The manifest of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this layout.
    pub version: u32,
    /// The path's id in pipeline.toml, or `conversations`.
    pub dataset: String,
    /// Digest of all that went in; the same inputs need not be written again.
    pub inputs: String,
    /// Root over `files`.
    pub merkle_root: String,
    /// The most restrictive of `licences`.
    pub licence: String,
    /// Rows by licence.
    pub licences: BTreeMap<String, u64>,
    /// Calls that were left out for their licence, by licence.
    pub refused_licences: BTreeMap<String, u64>,
    /// Calls that belong to a held-out slice's calls but not into it, and so nowhere.
    pub withheld: u64,
    /// Rows that validators or the mask proof kept out, by check.
    pub rejected: BTreeMap<String, u64>,
    /// By configuration, then split.
    pub counts: BTreeMap<String, BTreeMap<String, Counts>>,
    /// What two splits have in common, by kind; every cell is 0.
    pub overlap: Overlap,
    /// In order.
    pub shards: Vec<ShardRecord>,
    /// All files but this one, sorted by path.
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
        let wrong = |reason: String| DatasetError::Manifest { path: path.clone(), reason };
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.version != VERSION {
            return Err(wrong(format!("it is of version {}, not {VERSION}", manifest.version)));
        }
        Ok(Some(manifest))
    }

    /// Whether all its files stand in `folder` with the size they should have.
    #[must_use]
    pub fn stands_in(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| file.stands_in(folder))
    }

    /// Rows over all configurations and splits.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).map(|counts| counts.rows).sum()
    }
}

impl FileRecord {
    pub(crate) fn stands_in(&self, folder: &Path) -> bool {
        std::fs::metadata(folder.join(&self.path)).is_ok_and(|meta| meta.len() == self.bytes)
    }
}
