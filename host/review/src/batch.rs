//! Batches that were picked: a folder each, for the review page and for experts who
//! work on files.
//!
//! ```text
//! batch-003/
//!   batch.json      what was picked and why
//!   rubric.md       the questions
//!   verdicts.jsonl  a line a call, to be filled in and taken in
//!   calls/ID.md     what was said
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Rubric, Why};

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// From 1.
    pub number: u32,
    /// What its calls are judged by: `nepq-v3@sha256:…`.
    pub rubric: String,
    /// What the picks follow from.
    pub seed: u64,
    /// In the order in which they are reviewed.
    pub items: Vec<BatchItem>,
}

/// A call of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItem {
    /// As verdicts name it.
    pub item_id: String,
    /// Why it was picked.
    pub why: Why,
    /// What verdicts on it are samples of: `source` → `fathom`.
    pub slices: BTreeMap<String, String>,
}

/// Why a batch cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// What the system says.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not as this program writes it.
    #[error("{} is no batch: {source}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        source: serde_json::Error,
    },
}

/// Where batches lie.
#[derive(Debug, Clone)]
pub struct Batches {
    folder: PathBuf,
}

impl Batches {
    /// In this folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder of a batch.
    #[must_use]
    pub fn folder(&self, number: u32) -> PathBuf {
        self.folder.join(format!("batch-{number:03}"))
    }

    /// All, the oldest first.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn all(&self) -> Result<Vec<Batch>, BatchError> {
        let mut batches = Vec::new();
        for number in self.numbers()? {
            let path = self.folder(number).join("batch.json");
            let text = fs::read_to_string(&path)
                .map_err(|source| BatchError::Io { path: path.clone(), source })?;
            batches.push(
                serde_json::from_str(&text)
                    .map_err(|source| BatchError::Syntax { path, source })?,
            );
        }
        Ok(batches)
    }

    fn numbers(&self) -> Result<Vec<u32>, BatchError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(BatchError::Io { path: self.folder.clone(), source }),
        };
        let mut numbers: Vec<u32> = entries
            .flatten()
            .filter(|entry| entry.path().join("batch.json").is_file())
            .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("batch-")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Writes a batch with the texts of its calls, in the order of its items.
    ///
    /// # Errors
    /// A file cannot be written. `batch.json` comes last: half a batch is none.
    pub fn write(
        &self,
        batch: &Batch,
        rubric: &Rubric,
        texts: &[String],
    ) -> Result<PathBuf, BatchError> {
        let folder = self.folder(batch.number);
        let calls = folder.join("calls");
        fs::create_dir_all(&calls)
            .map_err(|source| BatchError::Io { path: calls.clone(), source })?;
        let mut lines = String::new();
        for (item, text) in batch.items.iter().zip(texts) {
            write(&calls.join(format!("{}.md", item.item_id)), text)?;
            lines.push_str(&format!("{}\n", open_line(item, rubric)));
        }
        write(&folder.join("verdicts.jsonl"), &lines)?;
        write(&folder.join("rubric.md"), &questions(rubric))?;
        let text = serde_json::to_string_pretty(batch).unwrap_or_default();
        write(&folder.join("batch.json"), &text)?;
        Ok(folder)
    }

    /// Erases what batches hold of a call. Its id, a hash of its place, stays.
    ///
    /// # Errors
    /// A file cannot be erased.
    pub fn forget(&self, call: &str) -> Result<(), BatchError> {
        for number in self.numbers()? {
            let path = self.folder(number).join("calls").join(format!("{call}.md"));
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(BatchError::Io { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), BatchError> {
    fs::write(path, text).map_err(|source| BatchError::Io { path: path.to_owned(), source })
}

/// A verdict with nothing in it yet; every check stands there to be answered.
fn open_line(item: &BatchItem, rubric: &Rubric) -> serde_json::Value {
    let checks: BTreeMap<&str, Option<bool>> =
        rubric.checks.iter().map(|check| (check.id.as_str(), None)).collect();
    json!({
        "item_id": item.item_id,
        "rubric": rubric.reference(),
        "rater": "",
        "blind": true,
        "checks": checks,
        "score": null,
        "spans": [],
        "na": [],
        "seconds": null,
        "note": "",
        "slices": item.slices,
    })
}

fn questions(rubric: &Rubric) -> String {
    let mut text = format!(
        "# {}\n\nIn `verdicts.jsonl`, a line a call: put your name into `rater`, and answer each \
         check with `true` or `false`. What does not apply goes from `checks` into `na`. Name \
         the turns that an answer rests on in `spans`: \
         `{{\"check\": \"{}\", \"turn\": 14}}`. `score` is yours, 1 to 5, or stays null: then it \
         follows from the checks.\n\n",
        rubric.name,
        rubric.checks.first().map_or("", |check| check.id.as_str())
    );
    for check in &rubric.checks {
        let blocker = if check.blocker { " (blocker)" } else { "" };
        text.push_str(&format!("- `{}`{blocker}: {}\n", check.id, check.question));
    }
    text
}
