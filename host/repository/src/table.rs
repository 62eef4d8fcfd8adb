//! Typed access: which Rust type a kind's payloads are, and in which version.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{RepositoryError, printable};
use crate::kind::Kind;

/// Decodes a payload that an older schema wrote; `None` when it cannot.
pub type Upgrade<T> = fn(schema: u8, payload: &[u8]) -> Option<T>;

/// A kind's payload type and schema version, usually a constant:
///
/// ```
/// # use rehearsal_repository::{Kind, Table};
/// const CURSORS: Table<String> = Table::new(Kind::Cursor, 1);
/// ```
///
/// Payloads are [postcard](https://postcard.jamesmunns.com), which is compact
/// and fast but not self-describing: a field that is added, removed or moved
/// needs a new schema number, and serde's `flatten`, `untagged`, `tag` and
/// `skip_serializing_if` must not be used in `T`.
pub struct Table<T> {
    kind: Kind,
    schema: u8,
    upgrade: Option<Upgrade<T>>,
    payload: PhantomData<fn() -> T>,
}

impl<T> Table<T> {
    /// A table of `kind` whose payloads are written in version `schema`.
    #[must_use]
    pub const fn new(kind: Kind, schema: u8) -> Self {
        Self { kind, schema, upgrade: None, payload: PhantomData }
    }

    /// Reads payloads of older schemas through `upgrade`. Without it they are
    /// a [`RepositoryError::Schema`].
    #[must_use]
    pub const fn upgrading(mut self, upgrade: Upgrade<T>) -> Self {
        self.upgrade = Some(upgrade);
        self
    }

    /// The kind of this table's records.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The schema version that this table writes.
    #[must_use]
    pub const fn schema(&self) -> u8 {
        self.schema
    }
}

impl<T: Serialize> Table<T> {
    pub(crate) fn encode(&self, key: &[u8], value: &T) -> Result<Vec<u8>, RepositoryError> {
        postcard::to_allocvec(value).map_err(|source| RepositoryError::Encode {
            kind: self.kind,
            key: printable(key),
            source,
        })
    }
}

impl<T: DeserializeOwned> Table<T> {
    pub(crate) fn decode(
        &self,
        key: &[u8],
        schema: u8,
        payload: &[u8],
    ) -> Result<T, RepositoryError> {
        if schema == self.schema {
            return postcard::from_bytes(payload).map_err(|source| RepositoryError::Decode {
                kind: self.kind,
                key: printable(key),
                source,
            });
        }
        self.upgrade.and_then(|upgrade| upgrade(schema, payload)).ok_or_else(|| {
            RepositoryError::Schema {
                kind: self.kind,
                key: printable(key),
                found: schema,
                expected: self.schema,
            }
        })
    }
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<T> {}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({}, schema {})", self.kind, self.schema)
    }
}

/// What a record was made from, or what it holds, in 16 bytes: the caller's
/// cache key or content digest. It lies in the index, so that "is this
/// unchanged?" reads no payload.
///
/// 128 bits of a cryptographic digest: no accident makes two alike.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// For records that are not compared: all zero.
    pub const NONE: Self = Self([0; 16]);

    /// The first half of a 32-byte digest.
    #[must_use]
    pub const fn of_digest(digest: &[u8; 32]) -> Self {
        let mut half = [0; 16];
        let mut at = 0;
        while at < half.len() {
            half[at] = digest[at];
            at += 1;
        }
        Self(half)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
