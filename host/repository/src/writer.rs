//! The one place that appends: units in, checkpoints out.

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;

use crate::error::RepositoryError;
use crate::frame::{SEGMENT_HEADER, UNIT_HEADER, UnitHeader};
use crate::ledger::{Ledger, Mark};
use crate::pointer::Pointer;
use crate::repository::Options;
use crate::segment::Segment;
use crate::store::Store;
use crate::unit::Unit;

pub(crate) struct Writer {
    active: Arc<Segment>,
    salt: u32,
    /// Where the next unit goes.
    end: u64,
    sequence: u64,
    durable: u64,
    pub(crate) ledger: Ledger,
    units: u64,
    bytes: u64,
    checkpointed: Instant,
    fault: Option<String>,
}

impl Writer {
    /// Writes on at `mark`, in the segment `active` whose header is whole.
    pub(crate) fn new(active: Arc<Segment>, salt: u32, mark: Mark, ledger: Ledger) -> Self {
        Self {
            active,
            salt,
            end: mark.offset,
            sequence: mark.sequence,
            durable: mark.sequence,
            ledger,
            units: 0,
            bytes: 0,
            checkpointed: Instant::now(),
            fault: None,
        }
    }

    /// The number of the last unit that outlasts a power cut.
    pub(crate) const fn durable(&self) -> u64 {
        self.durable
    }

    /// Whether the active segment holds nothing yet.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.end == SEGMENT_HEADER as u64
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { segment: self.active.id, offset: self.end, sequence: self.sequence }
    }

    /// Appends a unit and makes it visible. The operating system has it when
    /// this returns, so it outlasts the process; the next checkpoint makes it
    /// outlast the machine.
    pub(crate) fn commit(
        &mut self,
        store: &Store,
        options: &Options,
        unit: Unit,
    ) -> Result<u64, RepositoryError> {
        self.check()?;
        if unit.is_empty() {
            return Ok(self.sequence);
        }
        // Looked up first: once the unit is written, nothing may fail any more.
        let replaced = unit.keys().map(|key| store.lookup(key)).collect::<Result<Vec<_>, _>>()?;
        let length = unit.bytes() as u64;
        if self.end > SEGMENT_HEADER as u64 && self.end + length > options.segment_bytes {
            self.rotate(store)?;
        }
        let (bytes, slots) = unit.seal(self.sequence + 1, self.salt);
        self.write(&bytes)?;
        let mut overlay = store.overlay_mut();
        for ((key, slot), old) in slots.into_iter().zip(replaced) {
            let new = (slot.length > 0).then(|| Pointer {
                segment: self.active.id,
                offset: (self.end + slot.offset as u64) as u32,
                length: slot.length as u32,
                fingerprint: slot.fingerprint,
            });
            self.ledger.change(key[0], old, new);
            overlay.insert(key, new);
        }
        drop(overlay);
        self.end += length;
        self.sequence += 1;
        self.units += 1;
        self.bytes += length;
        let sequence = self.sequence;
        if self.is_due(options) {
            self.checkpoint(store)?;
        }
        Ok(sequence)
    }

    fn is_due(&self, options: &Options) -> bool {
        self.units >= options.checkpoint_units
            || self.bytes >= options.checkpoint_bytes
            || self.checkpointed.elapsed() >= options.checkpoint_age
    }

    /// Makes all that was committed outlast a power cut. The order is the
    /// point: the index must never know a record that the disk does not.
    pub(crate) fn checkpoint(&mut self, store: &Store) -> Result<u64, RepositoryError> {
        self.check()?;
        if self.units == 0 {
            return Ok(self.durable);
        }
        self.save(store)
    }

    /// A checkpoint even where no unit asks for one: the ledger may have changed.
    pub(crate) fn save(&mut self, store: &Store) -> Result<u64, RepositoryError> {
        self.check()?;
        self.sync_active()?;
        let mark = self.mark();
        self.ledger.set_length(self.active.id, self.end);
        // The marker needs no sync: that it can be read is all that it says.
        // A full disk may do without.
        if self.write(&UnitHeader::marker(self.sequence).encode(self.salt)).is_ok() {
            self.end += UNIT_HEADER as u64;
        }
        let applied = store.index.apply(&store.overlay(), &mut self.ledger, mark);
        applied.and_then(|()| store.index.sync()).map_err(|error| self.fail(error))?;
        store.overlay_mut().clear();
        self.durable = self.sequence;
        self.units = 0;
        self.bytes = 0;
        self.checkpointed = Instant::now();
        Ok(self.durable)
    }

    /// Ends the active segment and begins the next one. What is not in the
    /// last segment is therefore always on disk.
    pub(crate) fn rotate(&mut self, store: &Store) -> Result<(), RepositoryError> {
        self.check()?;
        self.sync_active()?;
        let next = store.segments.create(self.active.id + 1)?;
        self.ledger.set_length(self.active.id, self.end);
        self.salt = next.salt.unwrap_or_default();
        self.ledger.add_segment(next.id, self.salt);
        self.ledger.set_length(next.id, SEGMENT_HEADER as u64);
        self.active = next;
        self.end = SEGMENT_HEADER as u64;
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> Result<(), RepositoryError> {
        self.active.file.write_all_at(bytes, self.end).map_err(|error| {
            // Half a unit would be cut at the next open anyway; the next
            // write begins at the same place.
            let _ = self.active.file.set_len(self.end);
            RepositoryError::io("write to", &self.active.path)(error)
        })
    }

    fn sync_active(&mut self) -> Result<(), RepositoryError> {
        // After a failed fsync the kernel may call unwritten pages clean, so a
        // second try proves nothing: writing ends here.
        self.active.sync().map_err(|error| self.fail(error))
    }

    fn fail(&mut self, error: RepositoryError) -> RepositoryError {
        self.fault = Some(error.to_string());
        error
    }

    fn check(&self) -> Result<(), RepositoryError> {
        match &self.fault {
            Some(reason) => Err(RepositoryError::Stopped { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}
