//! Index and overlay read as one ordered sequence.

use std::ops::Bound;

use crate::error::RepositoryError;
use crate::index::Found;
use crate::pointer::Pointer;
use crate::store::Store;

/// Lowest and highest full key of interest.
pub(crate) type KeyRange = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// The pointers of a range of keys, in byte order: the index's, with the
/// overlay's in their place.
pub(crate) struct Pointers<'a> {
    store: &'a Store,
    indexed: sled::Iter,
    /// The overlay's part of the range, as it was at the start. It is at most
    /// one checkpoint long.
    staged: std::vec::IntoIter<(Box<[u8]>, Option<Pointer>)>,
    next_indexed: Option<Found>,
    next_staged: Option<(Box<[u8]>, Option<Pointer>)>,
    failed: bool,
}

impl<'a> Pointers<'a> {
    pub(crate) fn new(store: &'a Store, range: KeyRange) -> Result<Self, RepositoryError> {
        let range = if is_empty(&range) { nothing() } else { range };
        // The overlay first: what a checkpoint moves in between is then in
        // both, and met once, rather than in neither.
        let bounds = (range.0.as_ref().map(|k| &k[..]), range.1.as_ref().map(|k| &k[..]));
        let staged: Vec<_> = store
            .overlay()
            .range::<[u8], _>(bounds)
            .map(|(key, change)| (key.clone(), *change))
            .collect();
        let mut staged = staged.into_iter();
        let mut indexed = store.index.range(range.0, range.1)?;
        let next_indexed = store.index.advance(&mut indexed)?;
        let next_staged = staged.next();
        Ok(Self { store, indexed, staged, next_indexed, next_staged, failed: false })
    }

    fn step(&mut self) -> Result<Option<Found>, RepositoryError> {
        loop {
            let from_index = match (&self.next_indexed, &self.next_staged) {
                (None, None) => return Ok(None),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some((indexed, _)), Some((staged, _))) if indexed == staged => {
                    // The staged change stands for both.
                    self.next_indexed = self.store.index.advance(&mut self.indexed)?;
                    false
                }
                (Some((indexed, _)), Some((staged, _))) => indexed < staged,
            };
            if from_index {
                let following = self.store.index.advance(&mut self.indexed)?;
                return Ok(std::mem::replace(&mut self.next_indexed, following));
            }
            let staged = std::mem::replace(&mut self.next_staged, self.staged.next());
            if let Some((key, Some(pointer))) = staged {
                return Ok(Some((key, pointer)));
            }
        }
    }
}

impl Iterator for Pointers<'_> {
    type Item = Result<Found, RepositoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

// Bounds that cross make `BTreeMap::range` panic.
fn is_empty(range: &KeyRange) -> bool {
    match range {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (
            Bound::Included(from) | Bound::Excluded(from),
            Bound::Included(to) | Bound::Excluded(to),
        ) => from >= to,
        _ => false,
    }
}

/// A valid range without keys: nothing is as short as a lone kind byte 255.
fn nothing() -> KeyRange {
    (Bound::Included(vec![u8::MAX]), Bound::Excluded(vec![u8::MAX, 0]))
}
