//! Lines that suggestions can be made of: what sellers said at strong moments, chosen
//! among the rows of a data set that stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rehearsal_dataset::{DatasetError, Form, Manifest, Split, rows_of};
use rehearsal_model::Digest;
use serde::{Deserialize, Serialize};

/// The family of rows that lines are taken from.
const FAMILY: &str = "strong_moments";

/// A line and the kind of moment that it fits, as the path builder `feedback` takes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StrongLine {
    /// `clarify_objection.price`, `ask_problem`.
    pub moment: String,
    /// What was said.
    pub text: String,
    /// The id of its row.
    pub from: String,
}

/// Why there are no lines.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The data set has no such rows as JSON Lines.
    #[error(
        "{0} has no `{FAMILY}` to learn from: the path writes none, its data set is not \
         written as `jsonl`, or nothing ran yet; `rehearsal run` writes it"
    )]
    None(String),
    /// The data set's manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] DatasetError),
    /// A file cannot be read.
    #[error("{file}: {problem}")]
    Read {
        /// Which.
        file: String,
        /// Why not.
        problem: String,
    },
}

#[derive(Deserialize)]
struct Row {
    id: String,
    text: String,
    label_name: String,
}

/// At most `most` lines a kind of moment from the data set in `folder`. Only from what is
/// trained on: a line of a test call, suggested in a row for training, would leak it. Which
/// ones follows from the rows' ids, so that calls that come in change next to nothing.
///
/// # Errors
/// There are no such rows, or they cannot be read.
pub fn strong_lines(folder: &Path, most: usize) -> Result<Vec<StrongLine>, LinesError> {
    let files = Manifest::read(folder)?.map(|manifest| manifest.files).unwrap_or_default();
    let learned = (FAMILY, Form::Labelled.name(), Split::Train);
    let mut moments: BTreeMap<String, BTreeMap<Digest, StrongLine>> = BTreeMap::new();
    for file in files.iter().filter(|file| rows_of(&file.path) == Some(learned)) {
        let file = folder.join(&file.path);
        let text = fs::read_to_string(&file).map_err(|error| failed(&file, error))?;
        for line in text.lines() {
            let row: Row = serde_json::from_str(line).map_err(|error| failed(&file, error))?;
            let Row { id, text, label_name } = row;
            let lines = moments.entry(label_name.clone()).or_default();
            let key = Digest::of(id.as_bytes());
            lines.insert(key, StrongLine { moment: label_name, text, from: id });
        }
    }
    if moments.is_empty() {
        return Err(LinesError::None(folder.display().to_string()));
    }
    Ok(moments.into_values().flat_map(|lines| different(lines.into_values(), most)).collect())
}

/// The first ones that do not say the same.
fn different(lines: impl Iterator<Item = StrongLine>, most: usize) -> Vec<StrongLine> {
    let mut said = BTreeSet::new();
    lines.filter(|line| said.insert(line.text.to_lowercase())).take(most).collect()
}

fn failed(file: &Path, problem: impl ToString) -> LinesError {
    LinesError::Read { file: file.display().to_string(), problem: problem.to_string() }
}
