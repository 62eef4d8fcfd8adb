//! What entries hold, however many records it lies in.

use rehearsal_repository::Repository;

use crate::PipelineError;
use crate::records::{EntryRecord, PARTS, Part};

/// Calls `each` on all parts of an entry, one in memory at a time. While an entry is
/// being loaded anew, parts of its former version are among them.
pub(crate) fn for_each_part(
    repository: &Repository,
    slot: &[u8],
    record: &EntryRecord,
    mut each: impl FnMut(&Part) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    for part in repository.scan(&PARTS, slot)? {
        each(&part?.value)?;
    }
    each(&record.last)
}

/// Which loading a part belongs to, by its key.
pub(crate) fn loading_of(part_key: &[u8]) -> Option<u32> {
    let (rest, _part) = part_key.split_last_chunk::<4>()?;
    rest.last_chunk::<4>().map(|loading| u32::from_be_bytes(*loading))
}
