//! Rows of a file, the wanted columns of each, a chunk at a time.

mod arrow;
mod blob;
mod cells;
mod csv;
mod json;
mod parquet;

use rehearsal_rows::{Mapping, Row, Rows};
use rehearsal_sdk::prelude::*;

/// Rows of one chunk.
const ROWS: usize = 1_000;
/// A chunk ends after about this many bytes.
const BYTES: usize = 8 * 1024 * 1024;
/// Longest row, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// Formats of data files, by their names' endings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    JsonLines,
    JsonArray,
    Csv { delimiter: u8 },
    Parquet,
    Arrow,
}

impl Format {
    /// None for what is no data: cards, states, caches, hidden folders.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        if name.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, ending) = file.rsplit_once('.')?;
        if stem.starts_with("cache-") {
            return None;
        }
        match ending.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "json"
                if !["dataset_info", "dataset_infos", "dataset_dict", "state", "config"]
                    .contains(&stem) =>
            {
                Some(Self::JsonArray)
            }
            "csv" => Some(Self::Csv { delimiter: b',' }),
            "tsv" => Some(Self::Csv { delimiter: b'\t' }),
            "parquet" => Some(Self::Parquet),
            "arrow" => Some(Self::Arrow),
            _ => None,
        }
    }

    /// The rows of a chunk that starts at `offset`.
    pub(crate) fn read(self, blob: Blob, offset: u64, mapping: &Mapping) -> Result<Rows> {
        match self {
            Self::JsonLines => json::lines(&blob, offset),
            // What is called JSON is often JSON Lines.
            Self::JsonArray if !rehearsal_dialogue::Elements::is_array(&blob)? => {
                json::lines(&blob, offset)
            }
            Self::JsonArray => json::array(&blob, offset),
            Self::Csv { delimiter } => csv::read(&blob, offset, delimiter),
            Self::Parquet => parquet::read(blob, offset, mapping),
            Self::Arrow => arrow::read(blob, offset, mapping),
        }
    }
}
