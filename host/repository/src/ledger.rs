//! Counts and sizes, kept up to date with every change so that nobody has to
//! scan for them, and saved with every checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use crate::pointer::Pointer;

/// Live records of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KindTally {
    pub(crate) records: u64,
    /// Of their frames in the segments.
    pub(crate) bytes: u64,
}

/// One segment file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SegmentTally {
    /// Identifies the file; 0 when its header is damaged.
    pub(crate) salt: u32,
    /// Bytes that have reached the disk.
    pub(crate) length: u64,
    pub(crate) live_records: u64,
    pub(crate) live_bytes: u64,
}

/// How far the index has taken in the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    /// Of the last unit before this place.
    pub(crate) sequence: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) kinds: BTreeMap<u8, KindTally>,
    pub(crate) segments: BTreeMap<u32, SegmentTally>,
    dirty_kinds: BTreeSet<u8>,
    dirty_segments: BTreeSet<u32>,
}

impl Ledger {
    pub(crate) fn new(
        kinds: BTreeMap<u8, KindTally>,
        segments: BTreeMap<u32, SegmentTally>,
    ) -> Self {
        Self { kinds, segments, ..Self::default() }
    }

    /// Takes in that a record of `kind` moves from `old` to `new`.
    pub(crate) fn change(&mut self, kind: u8, old: Option<Pointer>, new: Option<Pointer>) {
        if let Some(pointer) = old {
            self.adjust(kind, &pointer, false);
        }
        if let Some(pointer) = new {
            self.adjust(kind, &pointer, true);
        }
    }

    // Saturating: after damage the numbers may be off, and a wrong statistic
    // must not stop a repository. `repair` counts anew.
    fn adjust(&mut self, kind: u8, pointer: &Pointer, add: bool) {
        let bytes = u64::from(pointer.length);
        let step = |value: &mut u64, by: u64| {
            *value = if add { value.saturating_add(by) } else { value.saturating_sub(by) };
        };
        let tally = self.kinds.entry(kind).or_default();
        step(&mut tally.records, 1);
        step(&mut tally.bytes, bytes);
        self.dirty_kinds.insert(kind);
        if let Some(tally) = self.segments.get_mut(&pointer.segment) {
            step(&mut tally.live_records, 1);
            step(&mut tally.live_bytes, bytes);
            self.dirty_segments.insert(pointer.segment);
        }
    }

    pub(crate) fn add_segment(&mut self, id: u32, salt: u32) {
        self.segments.entry(id).or_default().salt = salt;
        self.dirty_segments.insert(id);
    }

    pub(crate) fn set_length(&mut self, id: u32, length: u64) {
        self.segments.entry(id).or_default().length = length;
        self.dirty_segments.insert(id);
    }

    pub(crate) fn remove_segment(&mut self, id: u32) {
        self.segments.remove(&id);
        self.dirty_segments.insert(id);
    }

    /// What changed since the last call.
    pub(crate) fn take_changes(&mut self) -> LedgerChanges {
        let kinds = std::mem::take(&mut self.dirty_kinds);
        let segments = std::mem::take(&mut self.dirty_segments);
        let kind = |kind| (kind, self.kinds.get(&kind).copied().unwrap_or_default());
        LedgerChanges {
            kinds: kinds.into_iter().map(kind).collect(),
            segments: segments
                .into_iter()
                .map(|id| (id, self.segments.get(&id).copied()))
                .collect(),
        }
    }
}

/// Tallies to be saved.
pub(crate) struct LedgerChanges {
    pub(crate) kinds: Vec<(u8, KindTally)>,
    /// `None` for a segment that is gone.
    pub(crate) segments: Vec<(u32, Option<SegmentTally>)>,
}
