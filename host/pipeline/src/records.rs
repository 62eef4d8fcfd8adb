//! What the pipeline keeps in the repository.
//!
//! Three records a call, each under the call's id: the call itself, what extractors
//! said of it, and what was made of it. Their fingerprints are cache keys: whether a
//! call has anything to be done is one look at the index.

use rehearsal_model::{
    Annotation, Conversation, ConversationId, Digest, Example, Hasher, Report, Verdict,
};
use rehearsal_repository::{Fingerprint, Kind, Table};
use serde::{Deserialize, Serialize};

use crate::letters::DeadLetter;

/// Entries of sources, under [`entry_key`].
pub(crate) const ENTRIES: Table<EntryRecord> = Table::new(Kind::Entry, 1);
/// Calls, under their ids.
pub(crate) const CALLS: Table<CallRecord> = Table::new(Kind::Conversation, 1);
/// Speech recognition by recording and settings, under [`Digest`]s.
pub(crate) const TRANSCRIPTS: Table<rehearsal_speech::Transcript> = Table::new(Kind::Transcript, 1);
/// What extractors said, under call ids.
pub(crate) const ANALYSES: Table<Analysis> = Table::new(Kind::Annotations, 1);
/// What paths made and validators said of it, under call ids.
pub(crate) const PRODUCTS: Table<Product> = Table::new(Kind::Examples, 1);
/// Failed items, under [`dead_letter_key`].
pub(crate) const DEAD_LETTERS: Table<DeadLetter> =
    Table::new(Kind::DeadLetter, 2).upgrading(crate::letters::upgrade);
/// Conclusions of validators, under their ids.
pub(crate) const REPORTS: Table<Report> = Table::new(Kind::Report, 1);
/// Where listings were cut off, under source ids.
pub(crate) const CURSORS: Table<String> = Table::new(Kind::Cursor, 1);
/// Runs that came to an end, under names.
pub(crate) const RUNS: Table<crate::summary::RunSummary> = Table::new(Kind::Run, 1);

/// One thing that a source listed, and what was made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// The source's id.
    pub source: String,
    /// The loader's name for it.
    pub key: String,
    /// Digest of the speech settings that its recordings were heard with; none where
    /// it holds no recording.
    pub speech: Option<Digest>,
    /// Calls in it.
    pub items: Vec<ItemRef>,
    /// Items in it that could not be read.
    pub failed: u32,
    /// The source no longer lists it.
    pub gone: bool,
}

/// A call of an entry, with what splits and cards need to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRef {
    /// Its id.
    pub id: ConversationId,
    /// The customer's account.
    pub account: Option<String>,
    /// Its licence.
    pub licence: Option<String>,
}

/// A call and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The source's id.
    pub source: String,
    /// The loader's name for the entry.
    pub entry: String,
    /// The loader's name for the item in it; often empty.
    pub item: String,
    /// The recording behind it.
    pub media: Option<Media>,
    /// The call.
    pub conversation: Conversation,
}

impl CallRecord {
    /// What its stages' results depend on: the call and, for those who may hear it,
    /// the recording.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new("call");
        hasher.part(Digest::of_value(&self.conversation).as_bytes());
        if let Some(media) = &self.media {
            hasher.part(media.fingerprint.as_bytes());
        }
        hasher.finish()
    }
}

/// A recording on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Where it is.
    pub path: String,
    /// Digest of its bytes.
    pub fingerprint: Digest,
}

/// What extractors said of a call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// In pipeline order.
    pub stages: Vec<StageAnnotations>,
}

/// What one extractor said of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageAnnotations {
    /// The extractor's id.
    pub stage: String,
    /// Cache key: plugin, configuration, call.
    pub key: Digest,
    /// Digest of the component that said it.
    pub component: Digest,
    /// In the plugin's order.
    pub annotations: Vec<Annotation>,
}

/// What was made of a call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Product {
    /// In pipeline order.
    pub paths: Vec<PathProduct>,
    /// In pipeline order.
    pub inspections: Vec<Inspection>,
}

/// Examples of one path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathProduct {
    /// The path's id.
    pub path: String,
    /// Cache key: plugin, configuration, call, annotations.
    pub key: Digest,
    /// Digest of the component that made them.
    pub component: Digest,
    /// In the plugin's order.
    pub examples: Vec<Example>,
}

/// What one validator said of a call or of its examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// The validator's id.
    pub validator: String,
    /// Cache key.
    pub key: Digest,
    /// What it looked at.
    pub subjects: Subjects,
    /// One a subject; examples in the order of [`Product::paths`].
    pub verdicts: Vec<Verdict>,
    /// Its mergeable state.
    pub partial: Vec<u8>,
}

/// What a validator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subjects {
    /// Calls with their annotations.
    Conversations,
    /// Examples.
    Examples,
}

pub(crate) fn entry_key(source: &str, key: &str) -> Vec<u8> {
    // Keys of loaders may be of any length; the index wants short ones.
    [source.as_bytes(), &[0], &Digest::of(key.as_bytes()).as_bytes()[..16]].concat()
}

pub(crate) fn source_prefix(source: &str) -> Vec<u8> {
    [source.as_bytes(), &[0]].concat()
}

pub(crate) fn fingerprint(digest: &Digest) -> Fingerprint {
    Fingerprint::of_digest(digest.as_bytes())
}
