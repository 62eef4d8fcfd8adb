//! What the pipeline keeps in the repository.
//!
//! Three records a call, each under the call's id: the call itself, what extractors
//! said of it, and what was made of it. Their fingerprints are cache keys: whether a
//! call has anything to be done is one look at the index.

use std::borrow::Cow;

use rehearsal_dataset::{Signature, Tie};
use rehearsal_model::{
    Annotation, Conversation, ConversationId, Digest, Example, Hasher, Report, Role, Verdict,
};
use rehearsal_privacy::{Mark, Redaction};
use rehearsal_repository::{Fingerprint, Kind, Table};
use serde::{Deserialize, Serialize};

use crate::letters::DeadLetter;

/// Entries of sources, under [`entry_key`].
pub(crate) const ENTRIES: Table<EntryRecord> = Table::new(Kind::Entry, 2);
/// Items of entries that came in several chunks, under [`part_key`].
pub(crate) const PARTS: Table<Part> = Table::new(Kind::EntryPart, 1);
/// Vectors of texts, values of half precision with the low byte first, under [`Digest`]s
/// of model and text.
pub(crate) const EMBEDDINGS: Table<Vec<u8>> = Table::new(Kind::Embedding, 1);
/// Calls, under their ids.
pub(crate) const CALLS: Table<CallRecord> =
    Table::new(Kind::Conversation, 3).upgrading(CallRecord::from_former);
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
pub(crate) const RUNS: Table<crate::summary::RunSummary> =
    // What an older version counted is of no more use than nothing.
    Table::new(Kind::Run, 3).upgrading(|_, _| Some(crate::summary::RunSummary::default()));

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
    /// The call, as plugins see it.
    pub conversation: Conversation,
    /// Digests of the versions that this one replaced, oldest first.
    pub former: Vec<Digest>,
    /// Where personal data was replaced in it, and when it was said.
    pub redactions: Vec<Redaction>,
    /// Keyed hashes of the names that were replaced, so that who has the key can find a
    /// person's calls.
    pub mentions: Vec<Mark>,
    /// What it shares with other calls, from before names were replaced; none where they
    /// were not.
    pub identity: Option<Identity>,
}

/// What a call shares with others, as [`rehearsal_dataset::name_hash`]es.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// What keeps calls on one side of a split.
    pub ties: Vec<(Tie, u64)>,
    /// Who sells in it.
    pub sellers: Vec<u64>,
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
        if !self.redactions.is_empty() {
            hasher.part(Digest::of_value(&self.redactions).as_bytes());
        }
        hasher.finish()
    }

    /// A record of before personal data was replaced.
    fn from_former(schema: u8, payload: &[u8]) -> Option<Self> {
        type Former = (String, String, String, Option<Media>, Conversation, Vec<Digest>);
        if schema != 2 {
            return None;
        }
        let before: Former = postcard::from_bytes(payload).ok()?;
        let (source, entry, item, media, conversation, former) = before;
        let (redactions, mentions) = (Vec::new(), Vec::new());
        Some(Self {
            source,
            entry,
            item,
            media,
            conversation,
            former,
            redactions,
            mentions,
            identity: None,
        })
    }

    /// What is said in it, one word for whatever was replaced: the same call twice has two
    /// sets of pseudonyms, and is still the same call.
    pub(crate) fn said(&self) -> Cow<'_, str> {
        if self.redactions.is_empty() {
            return Cow::Borrowed(&self.conversation.text);
        }
        let text = &self.conversation.text;
        let mut said = String::with_capacity(text.len());
        let mut end = 0;
        for redaction in &self.redactions {
            said.push_str(&text[end..redaction.span.start as usize]);
            said.push_str(redaction.kind.name());
            end = redaction.span.end as usize;
        }
        said.push_str(&text[end..]);
        Cow::Owned(said)
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

impl Analysis {
    /// All that was found, in pipeline order.
    pub fn annotations(&self) -> impl Iterator<Item = &Annotation> {
        self.stages.iter().flat_map(|stage| &stage.annotations)
    }
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

/// Of how alike two versions of calls are.
pub(crate) fn likeness_mark(a: &Fingerprint, b: &Fingerprint) -> Fingerprint {
    let mut hasher = Hasher::new("likeness");
    hasher.part(&a.0).part(&b.0);
    fingerprint(&hasher.finish())
}

pub(crate) fn source_prefix(source: &str) -> Vec<u8> {
    [source.as_bytes(), &[0]].concat()
}

pub(crate) fn fingerprint(digest: &Digest) -> Fingerprint {
    Fingerprint::of_digest(digest.as_bytes())
}
