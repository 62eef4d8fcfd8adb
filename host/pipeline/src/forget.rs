//! Erasure: calls and everything made of them go from the repository, from every version
//! of every record, and from the data sets.
//!
//! What stays is a [`Kind::Deletion`] under the call's id, a hash of its place in its
//! source: the call does not come back while its file is still there. The sources
//! themselves are the user's.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use rehearsal_dataset::CONVERSATIONS;
use rehearsal_model::{Body, ConversationId, ExampleId};
use rehearsal_privacy::Redactor;
use rehearsal_repository::{Fingerprint, Kind, Repository, RepositoryError};
use serde::Serialize;

use crate::PipelineError;
use crate::letters::Input;
use crate::live::live_calls;
use crate::plan::Plan;
use crate::publish::{names, publish};
use crate::records::{
    CALLS, CallRecord, DEAD_LETTERS, DELETIONS, ENTRIES, EntryRecord, PARTS, PRODUCTS, Part,
    entry_key,
};
use crate::report::Reporter;
use crate::summary::DatasetSummary;

/// A call that is to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condemned {
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: ConversationId,
    /// Its source.
    pub source: String,
    /// The loader's name for its entry.
    pub entry: String,
    /// Why it is concerned: `takes part`, `named in turn 4`, `asked for`.
    pub because: Vec<String>,
    /// Rows that were made of it, by data set.
    pub rows: BTreeMap<String, Vec<String>>,
}

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Calls.
    pub calls: u64,
    /// Records erased, with all their versions.
    pub records: u64,
    /// Data sets that were written without them.
    pub datasets: BTreeMap<String, DatasetSummary>,
    /// Folders beside them that this pipeline does not write: whether they hold anything
    /// of the calls is for their owner to see.
    pub strangers: Vec<String>,
}

fn as_text<S: serde::Serializer>(id: &ConversationId, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

/// A person's calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The calls.
    pub calls: Vec<Condemned>,
    /// Calls whose names were replaced by a key that is not here: nobody can tell whom
    /// they named.
    pub sealed: u64,
}

/// Calls in which a person takes part or is named by their whole name, in no matter
/// which case; `key` tells who was named where names were replaced.
///
/// # Errors
/// When the repository cannot be read.
pub fn calls_of(
    repository: &Repository,
    person: &str,
    key: Option<&Redactor>,
) -> Result<Found, RepositoryError> {
    let person = person.trim().to_lowercase();
    let mark = key.map(|key| key.mark(&person));
    let mut found = Found::default();
    for record in repository.scan(&CALLS, [])? {
        let record = record?;
        let call = &record.value;
        let mut because = mentions(call, &person);
        if mark.is_some_and(|mark| call.mentions.binary_search(&mark).is_ok()) {
            because.push("named before names were replaced".to_owned());
        }
        let readable = key.is_some_and(|key| key.knows(&call.conversation) == Some(true));
        let sealed = !call.mentions.is_empty() && !readable;
        found.sealed += u64::from(sealed && because.is_empty());
        if let (false, Ok(id)) = (because.is_empty(), <[u8; 16]>::try_from(&record.key[..])) {
            let id = ConversationId::from_bytes(id);
            found.calls.extend(condemned(repository, id, because)?);
        }
    }
    Ok(found)
}

/// One call, and what was made of it; none if there is no such call.
///
/// # Errors
/// When the repository cannot be read.
pub fn condemned(
    repository: &Repository,
    id: ConversationId,
    because: Vec<String>,
) -> Result<Option<Condemned>, RepositoryError> {
    let Some(call) = repository.get(&CALLS, id.as_bytes())? else { return Ok(None) };
    let mut rows = BTreeMap::from([(CONVERSATIONS.to_owned(), vec![id.to_string()])]);
    for made in repository.get(&PRODUCTS, id.as_bytes())?.unwrap_or_default().paths {
        let row = |key: String, pair: bool| {
            let id = ExampleId { path: made.path.clone(), conversation: id, key }.to_string();
            let judged = pair.then(|| ["#chosen", "#rejected"].map(|end| format!("{id}{end}")));
            std::iter::once(id).chain(judged.into_iter().flatten())
        };
        let ids = made
            .examples
            .iter()
            .flat_map(|one| row(one.key.clone(), matches!(one.body, Body::Preference { .. })));
        rows.insert(made.path.clone(), ids.collect());
    }
    Ok(Some(Condemned { id, source: call.source, entry: call.entry, because, rows }))
}

/// Where a call names somebody; `person` is in lower case.
fn mentions(record: &CallRecord, person: &str) -> Vec<String> {
    let call = &record.conversation;
    let mut because = Vec::new();
    let names = call.participants.iter().filter_map(|one| one.name.as_deref());
    if names.into_iter().any(|name| name.trim().to_lowercase() == person) {
        because.push("takes part".to_owned());
    }
    for (index, turn) in call.turns.iter().enumerate() {
        if holds(call.turn_text(turn), person) {
            because.push(format!("named in turn {index}"));
        }
    }
    let about = [&call.title, &call.account, &call.source_url, &call.consent];
    let about = about.into_iter().flatten().chain(call.metadata.iter().map(|(_, value)| value));
    if about.into_iter().any(|text| holds(text, person)) {
        because.push("named in what the source says of it".to_owned());
    }
    because
}

/// Whether a text holds a phrase as whole words.
fn holds(text: &str, phrase: &str) -> bool {
    let text = text.to_lowercase();
    !phrase.is_empty()
        && text.match_indices(phrase).any(|(at, _)| {
            !text[..at].ends_with(char::is_alphanumeric)
                && !text[at + phrase.len()..].starts_with(char::is_alphanumeric)
        })
}

/// Erases calls from the repository: the calls, their transcripts, all that was made of
/// them, reports and partials that may quote them, and older versions of all of these.
/// Returns how many records.
///
/// # Errors
/// When the repository cannot be read or written. What was erased stays erased; call it
/// again.
pub fn erase(repository: &mut Repository, condemned: &[Condemned]) -> Result<u64, RepositoryError> {
    let ids: HashSet<ConversationId> = condemned.iter().map(|one| one.id).collect();
    let mut recordings = HashSet::new();
    for id in &ids {
        let call = repository.get(&CALLS, id.as_bytes())?;
        recordings
            .extend(call.and_then(|call| call.media).map(|media| *media.fingerprint.as_bytes()));
    }
    // Deletions first: killed in the middle, the next run does not load them again.
    let mut unit = repository.unit();
    for id in &ids {
        unit.put(&DELETIONS, id.as_bytes(), Fingerprint::NONE, &())?;
    }
    repository.commit(unit)?;
    let lessened = lessened(repository, condemned, &ids)?;
    let letters = letters_of(repository, condemned)?;
    let begins = |key: &[u8], with: usize| {
        let id = key.get(with..with + 16).and_then(|id| <[u8; 16]>::try_from(id).ok());
        id.is_some_and(|id| ids.contains(&ConversationId::from_bytes(id)))
    };
    let erasure = repository.erase(|kind, key| match kind {
        Kind::Deletion | Kind::Run | Kind::Cursor | Kind::File => false,
        // May quote any call; made again from what is left.
        Kind::Report | Kind::Partial => true,
        // A vector tells of its text and not whose it was; all are made again when asked.
        Kind::Embedding => true,
        Kind::Entry => lessened.entries.contains_key(key),
        Kind::EntryPart => lessened.parts.contains_key(key),
        Kind::DeadLetter => letters.contains(key) || begins(key, 0),
        Kind::Transcript => {
            key.get(..32).is_some_and(|recording| recordings.iter().any(|one| one == recording))
        }
        Kind::Likeness => begins(key, 0) || begins(key, 16),
        // Everything else that is kept under a call's id, now or later.
        _ => begins(key, 0),
    })?;
    let mut unit = repository.unit();
    for (key, (mark, entry)) in lessened.entries {
        unit.put(&ENTRIES, key, mark, &entry)?;
    }
    for (key, (mark, part)) in lessened.parts {
        unit.put(&PARTS, key, mark, &part)?;
    }
    repository.commit(unit)?;
    repository.checkpoint()?;
    Ok(erasure.records)
}

/// Records of entries that hold some of the calls, as they are without them, under their
/// keys. An entry that holds nothing else loses its name.
#[derive(Default)]
struct Lessened {
    entries: BTreeMap<Vec<u8>, (Fingerprint, EntryRecord)>,
    parts: BTreeMap<Vec<u8>, (Fingerprint, Part)>,
}

fn lessened(
    repository: &Repository,
    condemned: &[Condemned],
    ids: &HashSet<ConversationId>,
) -> Result<Lessened, RepositoryError> {
    let mut all = Lessened::default();
    let slots: BTreeSet<_> =
        condemned.iter().map(|one| entry_key(&one.source, &one.entry)).collect();
    for slot in slots {
        let (Some(mut entry), Some(mark)) =
            (repository.get(&ENTRIES, &slot)?, repository.fingerprint(Kind::Entry, &slot)?)
        else {
            continue;
        };
        entry.last.items.retain(|item| !ids.contains(&item.id));
        let mut left = entry.last.items.len();
        for part in repository.scan(&PARTS, &slot)? {
            let mut part = part?;
            let before = part.value.items.len();
            part.value.items.retain(|item| !ids.contains(&item.id));
            left += part.value.items.len();
            if part.value.items.len() < before {
                all.parts.insert(part.key, (part.fingerprint, part.value));
            }
        }
        if left == 0 {
            entry.key.clear();
            entry.originals.clear();
        }
        all.entries.insert(slot, (mark, entry));
    }
    Ok(all)
}

/// Keys of dead letters of the calls and of items in their entries.
fn letters_of(
    repository: &Repository,
    condemned: &[Condemned],
) -> Result<BTreeSet<Vec<u8>>, RepositoryError> {
    let mut keys = BTreeSet::new();
    for letter in repository.scan(&DEAD_LETTERS, [])? {
        let letter = letter?;
        let of = |one: &Condemned| {
            let item = &letter.value.item;
            if let Input::Entry { source, key, .. } = &letter.value.input {
                return *source == one.source && *key == one.entry;
            }
            *item == one.id.to_string()
                || *item == one.entry
                || item.strip_prefix(&one.entry).is_some_and(|rest| rest.starts_with(", "))
        };
        if condemned.iter().any(of) {
            keys.insert(letter.key);
        }
    }
    Ok(keys)
}

/// Writes data sets and reports anew from what is left; shards without the erased calls
/// stay as they are.
///
/// # Errors
/// As a run's.
pub async fn rewrite(
    plan: &Arc<Plan>,
    repository: &Arc<Repository>,
    reporter: &dyn Reporter,
) -> Result<Forgotten, PipelineError> {
    let sources = plan.sources.iter().map(|source| source.stage.id.as_str()).collect();
    let live = live_calls(repository, &sources)?;
    let datasets = publish(plan, repository, &live, reporter).await?;
    let known: HashSet<String> = names(plan).collect();
    let folders = std::fs::read_dir(plan.datasets_folder()).into_iter().flatten().flatten();
    let mut strangers: Vec<String> = folders
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !known.contains(name))
        .collect();
    strangers.sort();
    Ok(Forgotten { datasets, strangers, ..Forgotten::default() })
}
