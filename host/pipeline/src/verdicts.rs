//! Experts' verdicts in the repository, beside their journal.
//!
//! Nothing can recompute them, so they lie in two places: in the journal, a text file
//! that the review page and `rehearsal review take` append to at any time, and in the
//! repository's segments, which every backup holds. Whoever reads them through here
//! makes each place hold what the other one has: a lost repository and a lost journal
//! come back from what is left. Verdicts on calls that were erased go from both.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_model::{ConversationId, Digest};
use rehearsal_repository::{Fingerprint, Kind, Repository, RepositoryError};
use rehearsal_review::{Event, Journal, JournalError, Verdict, VerdictError};

use crate::records::EXPERT_VERDICTS;

/// Why verdicts cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum VerdictsError {
    /// The repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// All verdicts that were ever given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdicts {
    /// In the order in which they were given, drafts included; what holds now is
    /// [`rehearsal_review::standing`].
    pub events: Vec<Event>,
    /// Lines of the journal that cannot be used and that the repository does not have
    /// under another line.
    pub damaged: Vec<VerdictError>,
}

impl Verdicts {
    /// Those that hold now, of people and of models.
    #[must_use]
    pub fn standing(&self) -> Vec<Verdict> {
        rehearsal_review::standing(&self.events)
    }
}

/// All verdicts that are in the journal or in the repository; both hold all of them
/// when this returns.
///
/// # Errors
/// When one of them cannot be read or written.
pub fn all_verdicts(repository: &Repository, journal: &Journal) -> Result<Verdicts, VerdictsError> {
    let forgotten = repository.entries(Kind::Deletion, [])?.map(|entry| Ok(entry?.key));
    let forgotten: BTreeSet<Vec<u8>> = forgotten.collect::<Result<_, RepositoryError>>()?;
    let condemned = |event: &Event| forgotten.contains(&call_key(&event.verdict)[..]);
    let mut kept = journal.read()?;
    if kept.events.iter().any(condemned) {
        journal.erase(condemned)?;
        kept = journal.read()?;
    }
    let mut events: BTreeMap<(u64, String), Event> =
        kept.events.into_iter().map(|event| ((event.at, event.id.clone()), event)).collect();
    let mut lost = Vec::new();
    let mut held = BTreeSet::new();
    for record in repository.scan(&EXPERT_VERDICTS, [])? {
        // What cannot be read here is in the journal, or named by `repair`.
        let Ok(Ok(event)) = record.map(|record| Event::parse(&record.value)) else { continue };
        held.insert(event.id.clone());
        let place = (event.at, event.id.clone());
        if !condemned(&event) && !events.contains_key(&place) {
            lost.push(event.clone());
            events.insert(place, event);
        }
    }
    if !lost.is_empty() {
        journal.join(&lost)?;
    }
    let fresh = events.values().filter(|event| !event.draft && !held.contains(&event.id));
    keep(repository, fresh)?;
    Ok(Verdicts { events: events.into_values().collect(), damaged: kept.damaged })
}

/// Takes verdicts into the journal and the repository. Returns the new events; what
/// stands already is none.
///
/// # Errors
/// When one of the two cannot be written. What is in the journal is safe.
pub fn record_verdicts(
    repository: &Repository,
    journal: &Journal,
    verdicts: Vec<Verdict>,
) -> Result<Vec<Event>, VerdictsError> {
    let events = journal.record(verdicts)?;
    keep(repository, events.iter())?;
    Ok(events)
}

/// Erases verdicts on calls from the journal; the repository's own go with the calls.
///
/// # Errors
/// When the journal cannot be written.
pub fn forget_verdicts(journal: &Journal, calls: &[ConversationId]) -> Result<usize, JournalError> {
    let keys: BTreeSet<[u8; 16]> = calls.iter().map(|call| *call.as_bytes()).collect();
    journal.erase(|event| keys.contains(&call_key(&event.verdict)))
}

fn keep<'a>(
    repository: &Repository,
    events: impl Iterator<Item = &'a Event>,
) -> Result<(), RepositoryError> {
    let mut unit = repository.unit();
    let mut any = false;
    for event in events {
        unit.put(&EXPERT_VERDICTS, key(event), Fingerprint::NONE, &event.line())?;
        any = true;
    }
    if any {
        repository.commit(unit)?;
        repository.checkpoint()?;
    }
    Ok(())
}

/// Begins with the call's id, so that erasing a call erases its verdicts.
fn key(event: &Event) -> Vec<u8> {
    [&call_key(&event.verdict)[..], event.id.as_bytes()].concat()
}

/// The call's id; a hash of its name where the verdict came from elsewhere.
fn call_key(verdict: &Verdict) -> [u8; 16] {
    let call = verdict.call();
    call.parse::<ConversationId>().map_or_else(
        |_| {
            let mut key = [0; 16];
            key.copy_from_slice(&Digest::of(call.as_bytes()).as_bytes()[..16]);
            key
        },
        |id| *id.as_bytes(),
    )
}
