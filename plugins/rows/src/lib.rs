//! Rows of data sets as calls, wherever the rows come from: files or a server.

mod config;
mod mapping;

use rehearsal_dialogue::{Card, with_defaults};
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

pub use config::Config;
pub use mapping::Mapping;

/// A row by its columns' names.
#[derive(Debug)]
pub struct Row {
    /// The cells that were read.
    pub fields: Map<String, Value>,
    /// From 0, as HuggingFace counts.
    pub number: u64,
    /// Where the file has lines, the one that the row starts on, from 1.
    pub line: Option<u32>,
}

impl Row {
    /// `line 12` or `row 40`.
    #[must_use]
    pub fn position(&self) -> String {
        self.line.map_or_else(|| format!("row {}", self.number), |line| format!("line {line}"))
    }

    /// In messages: `train.jsonl:12` or `train.parquet: row 40`.
    #[must_use]
    pub fn place(&self, file: &str) -> String {
        match self.line {
            Some(line) => format!("{file}:{line}"),
            None => format!("{file}: row {}", self.number),
        }
    }
}

/// Some rows, in the order of the data set, and where the next ones begin.
#[derive(Debug, Default)]
pub struct Rows {
    /// Rows, whole or broken.
    pub rows: Vec<Result<Row, FailedItem>>,
    /// The offset of the next chunk; none at the end.
    pub next: Option<u64>,
}

impl Rows {
    /// The calls of these rows, which are of the entry `key`: a row is a call. What the
    /// data set's card says goes before what the operator says of all.
    #[must_use]
    pub fn calls(self, key: &str, mapping: &Mapping, card: Card, split: Option<String>) -> Chunk {
        let Config { language, licence, consent, .. } = mapping.config();
        let about = Conversation {
            language: language.clone().or(card.language),
            licence: card.licence.or_else(|| licence.clone()),
            consent: consent.clone(),
            metadata: split.map(|split| ("split".to_owned(), split)).into_iter().collect(),
            ..Conversation::default()
        };
        let items = self.rows.into_iter().map(|row| {
            let row = row?;
            let (item, call) = mapping.call(&row, &about).map_err(|error| FailedItem {
                position: row.position(),
                error: Error::invalid(format!("{}: {}", row.place(key), error.message())),
            })?;
            Ok(Item { key: item, body: Body::Conversation(with_defaults(call, about.clone())) })
        });
        Chunk { items: items.collect(), next: self.next }
    }
}
