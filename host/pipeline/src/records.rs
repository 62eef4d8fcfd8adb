//! What the pipeline keeps in the repository.
//!
//! Three records a call, each under the call's id: the call itself, what extractors
//! said of it, and what was made of it. Their fingerprints are cache keys: whether a
//! call has anything to be done is one look at the index.

use rehearsal_dataset::{Signature, Tie};
use rehearsal_model::{
    Annotation, Conversation, ConversationId, Digest, Example, Hasher, Report, Role, Verdict,
};
use rehearsal_repository::{Fingerprint, Kind, Table};
use serde::{Deserialize, Serialize};

use crate::letters::DeadLetter;

/// Entries of sources, under [`entry_key`].
pub(crate) const ENTRIES: Table<EntryRecord> = Table::new(Kind::Entry, 2);
/// Items of entries that came in several chunks, under [`part_key`].
pub(crate) const PARTS: Table<Part> = Table::new(Kind::EntryPart, 1);
/// Calls, under their ids.
pub(crate) const CALLS: Table<CallRecord> = Table::new(Kind::Conversation, 2);
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

/// What splits need to know of calls, under their ids. The fingerprint is the call's.
pub(crate) const PROFILES: Table<Profile> = Table::new(Kind::Profile, 1);
/// How alike two calls are (Jaccard), under both their ids.
pub(crate) const LIKENESSES: Table<f64> = Table::new(Kind::Likeness, 1);
/// Merged partials of the calls of a shard, under [`partial_key`].
pub(crate) const PARTIALS: Table<Vec<u8>> = Table::new(Kind::Partial, 1);
/// Calls that were erased and must not come back, under their ids.
pub(crate) const DELETIONS: Table<()> = Table::new(Kind::Deletion, 1);

/// Experts' verdicts as lines of their journal, under [`crate::verdicts`]' keys. JSON:
/// what nothing can recompute must be readable by every later version.
pub(crate) const EXPERT_VERDICTS: Table<String> = Table::new(Kind::ExpertVerdict, 1);

/// One thing that a source listed, and what was made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// The source's id.
    pub source: String,
    /// The loader's name for it.
    pub key: String,
    /// What the loader tells its versions apart by.
    pub fingerprint: String,
    /// Files that were read for it with the digests of their contents, sorted by name:
    /// where a call's original is to be found.
    pub originals: Vec<(String, Digest)>,
    /// Digest of the speech settings that its recordings were heard with; none where
    /// it holds no recording.
    pub speech: Option<Digest>,
    /// How often it was loaded: parts of one loading are told from those of another.
    pub loading: u32,
    /// Parts of this loading that have records of their own.
    pub parts: u32,
    /// What the last chunk gave: all there is of most entries.
    pub last: Part,
    /// Where a loading that was cut off goes on, and the cache key that it was for.
    pub unfinished: Option<(Digest, u64)>,
    /// The source no longer lists it.
    pub gone: bool,
}

/// What a chunk of an entry gave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// Calls in it.
    pub items: Vec<ItemRef>,
    /// Keys of the dead letters of what failed in it.
    pub letters: Vec<Vec<u8>>,
}

impl Part {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.letters.is_empty()
    }
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
    /// Digests of the versions that this one replaced, oldest first.
    pub former: Vec<Digest>,
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

/// What splits need to know of a call, so that dividing a corpus reads no texts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// What it shares with others, as [`rehearsal_dataset::name_hash`]es.
    pub ties: Vec<(Tie, u64)>,
    /// Who sells in it.
    pub sellers: Vec<u64>,
    /// The day it took place: `2026-03-01`.
    pub day: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Metadata, as hashes of key and of value.
    pub facets: Vec<(u64, u64)>,
    /// Sides of its turns.
    pub sides: Vec<Role>,
    /// For near-duplicates.
    pub signature: Signature,
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

/// Kinds that are kept under a call's id and go with it.
pub(crate) const OF_A_CALL: [Kind; 4] =
    [Kind::Conversation, Kind::Annotations, Kind::Examples, Kind::Profile];

pub(crate) fn entry_key(source: &str, key: &str) -> Vec<u8> {
    // Keys of loaders may be of any length; the index wants short ones.
    [source.as_bytes(), &[0], &Digest::of(key.as_bytes()).as_bytes()[..16]].concat()
}

/// Begins with the entry's own key.
pub(crate) fn part_key(entry: &[u8], loading: u32, part: u32) -> Vec<u8> {
    [entry, &loading.to_be_bytes(), &part.to_be_bytes()].concat()
}

pub(crate) fn partial_key(validator: &str, shard: u32) -> Vec<u8> {
    [validator.as_bytes(), &[0], &shard.to_be_bytes()].concat()
}

pub(crate) fn likeness_key(a: &ConversationId, b: &ConversationId) -> Vec<u8> {
    [&a.as_bytes()[..], b.as_bytes()].concat()
}

pub(crate) fn source_prefix(source: &str) -> Vec<u8> {
    [source.as_bytes(), &[0]].concat()
}

pub(crate) fn fingerprint(digest: &Digest) -> Fingerprint {
    Fingerprint::of_digest(digest.as_bytes())
}
