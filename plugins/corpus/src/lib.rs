//! The labelled corpus (`examples/corpus`, described by its `annotation-guide.md`) as the
//! extractors' tests and examples read it, and precision and recall of what they find.

mod score;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types::{Conversation, Role};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use score::{Score, Scores};

/// A call and what a careful reader found in it.
#[derive(Debug, Clone)]
pub struct Example {
    /// Its name in the corpus: `c01`.
    pub id: String,
    /// Turns without times; the sides are known.
    pub call: Conversation,
    /// By index of the turn; turns without a label are left out.
    pub labels: BTreeMap<u32, Labels>,
}

/// The labels of a turn, as the annotation guide defines them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Labels {
    /// NEPQ question type of a seller's turn.
    pub nepq: Option<String>,
    /// Techniques in a seller's turn.
    pub techniques: Vec<String>,
    /// Type of objection that a prospect's turn raises.
    pub objection: Option<String>,
    /// How a seller's turn handles an objection.
    #[serde(rename = "move")]
    pub handling: Option<String>,
    /// Signs of listening.
    pub listening: Vec<String>,
}

#[derive(Deserialize)]
struct CallRow {
    id: String,
    turns: Vec<TurnRow>,
}

#[derive(Deserialize)]
struct TurnRow {
    speaker: String,
    text: String,
}

#[derive(Deserialize)]
struct LabelRow {
    call: String,
    turn: u32,
    #[serde(flatten)]
    labels: Labels,
}

/// The corpus of the checkout that this crate was compiled in.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/corpus")
}

/// Reads all calls of a folder, in the order of their ids.
///
/// # Errors
/// A file cannot be read, or a line makes no sense; the message names both.
pub fn read(folder: &Path) -> io::Result<Vec<Example>> {
    let mut labels: BTreeMap<String, BTreeMap<u32, Labels>> = BTreeMap::new();
    for row in rows::<LabelRow>(folder, "labels_")? {
        labels.entry(row.call).or_default().insert(row.turn, row.labels);
    }
    let mut examples: Vec<Example> = rows::<CallRow>(folder, "calls_")?
        .into_iter()
        .map(|row| Example {
            call: row.turns.iter().fold(CallBuilder::new(), say).build(),
            labels: labels.remove(&row.id).unwrap_or_default(),
            id: row.id,
        })
        .collect();
    examples.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(examples)
}

fn say(call: CallBuilder, turn: &TurnRow) -> CallBuilder {
    let role = if turn.speaker == "seller" { Role::Seller } else { Role::Prospect };
    call.say(role, &turn.text)
}

fn rows<T: DeserializeOwned>(folder: &Path, prefix: &str) -> io::Result<Vec<T>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(prefix))
    });
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        for (index, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let row = serde_json::from_str(line).map_err(|error| {
                io::Error::other(format!("{}:{}: {error}", file.display(), index + 1))
            })?;
            rows.push(row);
        }
    }
    Ok(rows)
}
