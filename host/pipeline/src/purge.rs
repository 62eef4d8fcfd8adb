//! Erasing what sources no longer list.

use std::collections::HashSet;

use rehearsal_repository::{Kind, Repository};
use serde::Serialize;

use crate::hear::transcript_key;
use crate::records::{CALLS, ENTRIES, OF_A_CALL};
use crate::{PipelineError, entries};

/// What a purge erased, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Purge {
    /// Entries that are gone: source and the loader's name.
    pub entries: Vec<(String, String)>,
    /// Calls that were in them.
    pub calls: u64,
    /// Records erased, older versions not counted.
    pub records: u64,
}

/// Erases gone entries with their calls, transcripts, and all that was made of them,
/// down to the bytes. With `dry_run` only says what that would be.
///
/// # Errors
/// The repository refuses; nothing is half-erased for readers.
pub fn purge_gone(repository: &mut Repository, dry_run: bool) -> Result<Purge, PipelineError> {
    let mut purge = Purge::default();
    let mut doomed: HashSet<(Kind, Vec<u8>)> = HashSet::new();
    let mut slots: HashSet<Vec<u8>> = HashSet::new();
    for record in repository.scan(&ENTRIES, [])? {
        let record = record?;
        let (slot, entry) = (record.key, record.value);
        if !entry.gone {
            continue;
        }
        entries::for_each_part(repository, &slot, &entry, |part| {
            for item in &part.items {
                let id = item.id.as_bytes().to_vec();
                purge.calls += 1;
                let call = repository.get(&CALLS, &id)?;
                if let Some((media, settings)) = call.and_then(|call| call.media).zip(entry.speech)
                {
                    let transcript = transcript_key(&media.fingerprint, &settings);
                    doomed.insert((Kind::Transcript, transcript));
                }
                for kind in OF_A_CALL {
                    doomed.insert((kind, id.clone()));
                }
            }
            doomed.extend(part.letters.iter().map(|key| (Kind::DeadLetter, key.clone())));
            Ok(())
        })?;
        purge.entries.push((entry.source, entry.key));
        slots.insert(slot);
    }
    if dry_run || slots.is_empty() {
        return Ok(purge);
    }
    let erasure = repository.erase(|kind, key| match kind {
        Kind::Entry => slots.contains(key),
        // A part's key is its entry's with two numbers of four bytes behind.
        Kind::EntryPart => key.len().checked_sub(8).is_some_and(|end| slots.contains(&key[..end])),
        // A vector tells of its text and not whose it was.
        Kind::Embedding => true,
        kind => doomed.contains(&(kind, key.to_vec())),
    })?;
    purge.records = erasure.records;
    Ok(purge)
}
