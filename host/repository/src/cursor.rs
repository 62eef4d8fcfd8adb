//! Ordered iteration over a kind, one record in memory at a time.

use std::ops::{Bound, RangeBounds};

use serde::de::DeserializeOwned;

use crate::error::RepositoryError;
use crate::kind::Kind;
use crate::merge::{KeyRange, Pointers};
use crate::pointer::Pointer;
use crate::repository::Repository;
use crate::store::Store;
use crate::table::{Fingerprint, Table};
use crate::unit::full_key;

/// A record as the index knows it, its payload unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record's key.
    pub key: Vec<u8>,
    /// What the caller gave when it put the record.
    pub fingerprint: Fingerprint,
    /// Bytes that the record takes in its segment.
    pub stored_bytes: u32,
}

/// A record with its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<T> {
    /// The record's key.
    pub key: Vec<u8>,
    /// What the caller gave when it put the record.
    pub fingerprint: Fingerprint,
    /// The payload.
    pub value: T,
}

/// Iterates over entries in key order; see [`Repository::entries`].
pub struct Entries<'a> {
    pointers: Pointers<'a>,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, RepositoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.pointers.next()?;
        Some(found.map(|(key, pointer)| Entry {
            key: key[1..].to_vec(),
            fingerprint: pointer.fingerprint,
            stored_bytes: pointer.length,
        }))
    }
}

/// Iterates over records in key order; see [`Repository::scan`].
pub struct Scan<'a, T> {
    store: &'a Store,
    pointers: Pointers<'a>,
    table: Table<T>,
}

impl<T: DeserializeOwned> Scan<'_, T> {
    fn record(&self, full_key: &[u8], pointer: &Pointer) -> Result<Record<T>, RepositoryError> {
        let payload = self.store.payload(full_key, pointer)?;
        let key = full_key[1..].to_vec();
        let value = self.table.decode(&key, payload.schema, &payload.bytes)?;
        Ok(Record { key, fingerprint: pointer.fingerprint, value })
    }
}

impl<T: DeserializeOwned> Iterator for Scan<'_, T> {
    type Item = Result<Record<T>, RepositoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.pointers.next()?;
        Some(found.and_then(|(key, pointer)| self.record(&key, &pointer)))
    }
}

impl Repository {
    /// The records of `table` whose keys begin with `prefix`, in key order.
    /// Memory stays flat: each record is read when it is asked for.
    ///
    /// Every record that stands unchanged meanwhile is met once; one that is
    /// changed may be met as it was or as it is. Writers are not held up.
    ///
    /// A record that cannot be read is an error in its place; iteration goes on
    /// behind it. After an index error it ends.
    ///
    /// # Errors
    /// When the index fails.
    pub fn scan<T: DeserializeOwned>(
        &self,
        table: &Table<T>,
        prefix: impl AsRef<[u8]>,
    ) -> Result<Scan<'_, T>, RepositoryError> {
        self.records(table, prefix_range(table.kind(), prefix.as_ref()))
    }

    /// The records of `table` whose keys lie in `range`, in key order, as
    /// [`Self::scan`] gives them.
    ///
    /// # Errors
    /// When the index fails.
    pub fn range<'k, T: DeserializeOwned>(
        &self,
        table: &Table<T>,
        range: impl RangeBounds<&'k [u8]>,
    ) -> Result<Scan<'_, T>, RepositoryError> {
        self.records(table, key_range(table.kind(), &range))
    }

    /// The keys and fingerprints of `kind` whose keys begin with `prefix`, in
    /// key order. Reads the index only.
    ///
    /// # Errors
    /// When the index fails.
    pub fn entries(
        &self,
        kind: Kind,
        prefix: impl AsRef<[u8]>,
    ) -> Result<Entries<'_>, RepositoryError> {
        let pointers = Pointers::new(self.store(), prefix_range(kind, prefix.as_ref()))?;
        Ok(Entries { pointers })
    }

    fn records<T>(
        &self,
        table: &Table<T>,
        range: KeyRange,
    ) -> Result<Scan<'_, T>, RepositoryError> {
        let store = self.store();
        Ok(Scan { store, pointers: Pointers::new(store, range)?, table: *table })
    }
}

fn prefix_range(kind: Kind, prefix: &[u8]) -> KeyRange {
    let from = full_key(kind.number(), prefix);
    let to = successor(&from);
    (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded))
}

fn key_range<'k>(kind: Kind, range: &impl RangeBounds<&'k [u8]>) -> KeyRange {
    let full = |key: &&[u8]| full_key(kind.number(), key);
    let whole = prefix_range(kind, &[]);
    let from = match range.start_bound() {
        Bound::Unbounded => whole.0,
        bound => bound.map(full),
    };
    let to = match range.end_bound() {
        Bound::Unbounded => whole.1,
        bound => bound.map(full),
    };
    (from, to)
}

/// The first key behind all that begin with `prefix`; `None` when every byte
/// is 255.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}
