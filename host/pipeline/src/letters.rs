//! Dead letters: items that failed, with what it takes to see them fail again.

use std::fmt;

use rehearsal_model::{ConversationId, Digest, Example};
use rehearsal_repository::{Kind, Repository, RepositoryError};
use rehearsal_sandbox::Output;
use serde::{Deserialize, Serialize};

use crate::records::{DEAD_LETTERS, ENTRIES, entry_key, fingerprint};

/// An item that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The stage that failed, `speech` for speech recognition.
    pub stage: String,
    /// What it failed on: a call's id, an entry's key, a place in it.
    pub item: String,
    /// What happened.
    pub error: String,
    /// Digest of the component; none for the host's own stages.
    pub component: Option<Digest>,
    /// The stage's configuration.
    pub config: String,
    /// What the plugin wrote: standard output and error, then its log.
    pub output: String,
    /// What the stage was given.
    pub input: Input,
}

/// What a stage was given when it failed. Calls are named, not copied: while their
/// digest is the same, the repository holds them as they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// Nothing of its own: a source's listing, a validator's conclusion.
    Whole,
    /// Not known: the letter was written by an older version.
    Unknown,
    /// An entry of a source.
    Entry {
        /// The source's id.
        source: String,
        /// The loader's name for it.
        key: String,
        /// Where in the entry the failing call began to read.
        offset: u64,
    },
    /// A call with what was found in it before.
    Call {
        /// Its id.
        id: ConversationId,
        /// Of the call.
        digest: Digest,
    },
    /// A call's examples, which are kept nowhere else once their call failed.
    Examples {
        /// The call's id.
        id: ConversationId,
        /// Of the call.
        digest: Digest,
        /// All examples of the call, as the validator got them.
        examples: Vec<Example>,
    },
}

/// Hexadecimal digits of a letter's id: enough for a few million.
const ID_DIGITS: usize = 12;

impl DeadLetter {
    /// Names the letter on a command line. It stays while the item keeps failing.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = Digest::of(&dead_letter_key(&self.stage, &self.item)).to_string();
        id.truncate(ID_DIGITS);
        id
    }

    /// The call it is about, if it is about one.
    #[must_use]
    pub const fn call(&self) -> Option<ConversationId> {
        match &self.input {
            Input::Call { id, .. } | Input::Examples { id, .. } => Some(*id),
            Input::Whole | Input::Unknown | Input::Entry { .. } => None,
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("all there was"),
            Self::Unknown => f.write_str("not known (written by an older version)"),
            Self::Entry { source, key, offset: 0 } => write!(f, "entry {key} of source `{source}`"),
            Self::Entry { source, key, offset } => {
                write!(f, "entry {key} of source `{source}`, from {offset}")
            }
            Self::Call { id, digest } => write!(f, "call {id} (digest {digest})"),
            Self::Examples { id, examples, .. } => {
                write!(f, "{} examples of call {id}", examples.len())
            }
        }
    }
}

/// What a plugin wrote, as a letter keeps it.
pub(crate) fn written(output: &Output) -> String {
    let mut text = output.stdio.clone();
    for (level, line) in &output.log {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("[{level}] {line}"));
    }
    text
}

pub(crate) fn dead_letter_key(stage: &str, item: &str) -> Vec<u8> {
    [stage.as_bytes(), &[0], &Digest::of(item.as_bytes()).as_bytes()[..16]].concat()
}

/// Letters of schema 1 knew no input.
pub(crate) fn upgrade(schema: u8, payload: &[u8]) -> Option<DeadLetter> {
    type Former = (String, String, String, Option<Digest>, String, String);
    let decoded: Option<Former> = (schema == 1).then(|| postcard::from_bytes(payload).ok())?;
    let (stage, item, error, component, config, output) = decoded?;
    let input = item
        .parse()
        .map_or(Input::Unknown, |id| Input::Call { id, digest: Digest::from_bytes([0; 32]) });
    Some(DeadLetter { stage, item, error, component, config, output, input })
}

/// All letters, in the order of their stages.
///
/// # Errors
/// When the repository cannot be read.
pub fn dead_letters(repository: &Repository) -> Result<Vec<DeadLetter>, RepositoryError> {
    repository.scan(&DEAD_LETTERS, [])?.map(|letter| Ok(letter?.value)).collect()
}

/// Makes the next run try the items of these letters again, and nothing else: former
/// results of other stages stand. Returns how many items that are.
///
/// # Errors
/// When the repository fails.
pub fn release(repository: &Repository, letters: &[DeadLetter]) -> Result<u64, RepositoryError> {
    let mut unit = repository.unit();
    let mut items = 0;
    for letter in letters {
        match &letter.input {
            Input::Call { id, .. } | Input::Examples { id, .. } => {
                // A failed call has a product without rows, which says that it is done.
                unit.delete(Kind::Examples, id.as_bytes())?;
                items += 1;
            }
            Input::Entry { source, key, .. } => {
                let slot = entry_key(source, key);
                let Some(entry) = repository.get(&ENTRIES, &slot)? else { continue };
                unit.put(&ENTRIES, &slot, fingerprint(&Digest::of(b"released")), &entry)?;
                items += 1;
            }
            // Tried by every run.
            Input::Whole => items += 1,
            Input::Unknown => {}
        }
    }
    repository.commit(unit)?;
    repository.checkpoint()?;
    Ok(items)
}
