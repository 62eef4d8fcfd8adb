//! Data sets as HuggingFace keeps them: files of a folder as `snapshot_download` or
//! `save_to_disk` leaves it.
//!
//! ```text
//! file ─► rows (JSON Lines, JSON array, CSV, Parquet, Arrow)   only the wanted columns
//!          │
//!          ▼ mapping: which columns are turns, an id, further facts
//!      Conversation, with the licence of the data set's card
//! ```
//!
//! A row is a call. A file is read in chunks, each from the place where the former one
//! ended, so memory does not grow with it.

mod rows;

use rehearsal_dialogue::Card;
pub use rehearsal_rows::Config;
use rehearsal_rows::Mapping;
use rehearsal_sdk::prelude::*;

use rows::Format;

/// The loader.
#[derive(Debug)]
pub struct HuggingFace {
    mapping: Mapping,
}

/// Files looked at for one page.
const PAGE: u32 = 1_000;

impl Loader for HuggingFace {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { mapping: Mapping::new(&config)? })
    }

    fn list(&self, files: &Files, cursor: Option<&str>) -> Result<Page> {
        let listed = files.list(cursor, PAGE)?;
        let full = listed.len() == PAGE as usize;
        let next = if full { listed.last().map(|file| file.name.clone()) } else { None };
        let mut entries = Vec::new();
        for file in listed.into_iter().filter(|file| Format::of_name(&file.name).is_some()) {
            // A changed licence changes the calls.
            let card = Card::fingerprint(files, &file.name)?;
            entries
                .push(Entry { fingerprint: format!("{}{card}", file.fingerprint), key: file.name });
        }
        Ok(Page { entries, next })
    }

    fn load(&self, files: &Files, key: &str, offset: u64) -> Result<Chunk> {
        let format = Format::of_name(key).ok_or_else(|| {
            Error::invalid(format!(
                "{key}: no data file; known are .jsonl, .ndjson, .json, .csv, .tsv, .parquet and .arrow"
            ))
        })?;
        let card = Card::of(files, key)?;
        let read = format.read(files.open(key)?, offset, &self.mapping)?;
        Ok(read.calls(key, &self.mapping, card, split_of(key)))
    }
}

/// The split that a file's name or folder tells: `data/train-00000-of-00002.parquet`,
/// `train/data-00000-of-00001.arrow`.
fn split_of(key: &str) -> Option<String> {
    let mut parts = key.rsplit('/');
    let file = parts.next().unwrap_or(key);
    let stem = file.split(['.', '-', '_']).next().unwrap_or_default();
    let known = |name: &str| {
        ["train", "test", "validation", "valid", "dev"].contains(&name).then(|| name.to_owned())
    };
    known(stem).or_else(|| parts.find_map(known))
}

rehearsal_sdk::export_loader!(HuggingFace);
