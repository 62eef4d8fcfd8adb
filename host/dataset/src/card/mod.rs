//! What stands beside the rows: the card, machine-readable descriptions, and
//! configuration files that trainers take as they are.
//!
//! Nothing in them says when or where they were written: same rows, same bytes.

mod croissant;
mod readme;
mod trainers;

use std::collections::BTreeMap;

use crate::folder::Whole;
use crate::form::Form;
use crate::manifest::{Counts, FileRecord};
use crate::shard::Format;
use crate::split::Split;

/// What the pipeline knows of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// The pipeline's name.
    pub pipeline: String,
    /// What made the rows, in the order of the data: stage id, plugin and version,
    /// component digest.
    pub stages: Vec<(String, String, String)>,
    /// Languages of the calls, BCP 47, sorted.
    pub languages: Vec<String>,
    /// How the calls were divided, in words.
    pub division: String,
    /// Calls in all, held-out ones included.
    pub calls: u64,
}

/// Rows of one family and form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) form: Form,
    pub(crate) splits: BTreeMap<Split, Counts>,
}

impl Config {
    fn rows(&self) -> u64 {
        self.splits.values().map(|counts| counts.rows).sum()
    }

    /// The split to learn from: `train`, or the first where everything is held out.
    fn train(&self) -> Split {
        self.splits.keys().next().copied().unwrap_or(Split::Train)
    }

    fn validation(&self) -> Option<Split> {
        let wanted = [Split::Validation, Split::Test];
        wanted.into_iter().find(|split| self.splits.contains_key(split) && *split != self.train())
    }
}

/// Everything that the documents are made from.
pub(crate) struct Contents<'a> {
    pub(crate) name: &'a str,
    pub(crate) about: &'a About,
    pub(crate) configs: &'a [Config],
    pub(crate) formats: &'a [Format],
    pub(crate) licence: &'a str,
    pub(crate) licences: &'a BTreeMap<String, u64>,
    pub(crate) rejected: &'a BTreeMap<String, u64>,
    pub(crate) whole: &'a Whole,
    /// Rows' files, sorted by path.
    pub(crate) files: &'a [&'a FileRecord],
}

impl Contents<'_> {
    /// The format that `datasets` loads: the one with types where it is there.
    fn loaded(&self) -> Format {
        self.formats.iter().copied().min().unwrap_or(Format::Parquet)
    }

    fn writes(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }
}

/// Names and texts of all documents.
pub(crate) fn documents(contents: &Contents<'_>) -> Vec<(String, String)> {
    let mut all = vec![
        ("README.md".to_owned(), readme::readme(contents)),
        ("croissant.json".to_owned(), croissant::croissant(contents)),
    ];
    all.extend(trainers::files(contents));
    all
}
