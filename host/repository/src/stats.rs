//! How much of what a repository holds.

use crate::error::RepositoryError;
use crate::kind::Kind;
use crate::repository::Repository;

/// A repository's size, from its ledger: cheap to ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// Every kind that has records.
    pub kinds: Vec<KindStats>,
    /// Segment files.
    pub segments: usize,
    /// Bytes of all segment files.
    pub segment_bytes: u64,
    /// Bytes of records that are neither replaced nor deleted.
    pub live_bytes: u64,
    /// Bytes of the index on disk.
    pub index_bytes: u64,
}

/// The live records of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindStats {
    /// The kind.
    pub kind: Kind,
    /// How many there are.
    pub records: u64,
    /// Bytes that they take in the segments.
    pub bytes: u64,
}

impl Stats {
    /// Live bytes over all bytes of the segments, 0 to 1. Below a half
    /// [`Repository::compact`] is worth its time.
    #[must_use]
    pub fn live_ratio(&self) -> f64 {
        if self.segment_bytes == 0 {
            return 1.0;
        }
        self.live_bytes as f64 / self.segment_bytes as f64
    }
}

impl Repository {
    /// Counts and sizes.
    ///
    /// # Errors
    /// When the segments cannot be listed.
    pub fn stats(&self) -> Result<Stats, RepositoryError> {
        let ids = self.store().segments.list()?;
        let mut segment_bytes = 0;
        for &id in &ids {
            segment_bytes += self.store().segments.get(id)?.len()?;
        }
        let index_bytes = self.store().index.size_on_disk();
        let ledger = &self.writer().ledger;
        let kinds = ledger
            .kinds
            .iter()
            .filter(|(_, tally)| tally.records > 0)
            .filter_map(|(&number, tally)| {
                let kind = Kind::from_number(number)?;
                Some(KindStats { kind, records: tally.records, bytes: tally.bytes })
            })
            .collect();
        let live_bytes = ledger.segments.values().map(|tally| tally.live_bytes).sum();
        Ok(Stats { kinds, segments: ids.len(), segment_bytes, live_bytes, index_bytes })
    }
}
