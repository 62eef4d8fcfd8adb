//! A unit: changes over several kinds that become visible, and last, together.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::codec;
use crate::error::RepositoryError;
use crate::frame::{FLAG_DELETED, FLAG_ZSTD, RecordHeader, UNIT_HEADER, UnitHeader};
use crate::kind::Kind;
use crate::table::{Fingerprint, Table};

/// Longest key, in bytes. Keys lie in memory with the index: short ones are cheap.
pub const MAX_KEY: usize = 1024;
/// Largest record and largest unit, in bytes.
pub const MAX_UNIT: usize = 1 << 30;

/// A record's place in a unit's buffer; `length` 0 is a deletion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) fingerprint: Fingerprint,
}

/// Puts and deletions that become visible together, usually those of one
/// processed item. Encoding and compression happen here, in the caller's
/// thread; [`Repository::commit`](crate::Repository::commit) only appends.
#[derive(Debug)]
pub struct Unit {
    /// Room for the header, then the records.
    buffer: Vec<u8>,
    slots: BTreeMap<Box<[u8]>, Slot>,
    records: u32,
    compress_from: usize,
    level: i32,
}

impl Unit {
    pub(crate) fn new(compress_from: usize, level: i32) -> Self {
        Self {
            buffer: vec![0; UNIT_HEADER],
            slots: BTreeMap::new(),
            records: 0,
            compress_from,
            level,
        }
    }

    /// Puts `value` under `key`, in place of what is there. Of several changes
    /// to one key in a unit the last counts.
    ///
    /// # Errors
    /// When the value cannot be encoded, or key or unit are too large.
    pub fn put<T: Serialize>(
        &mut self,
        table: &Table<T>,
        key: impl AsRef<[u8]>,
        fingerprint: Fingerprint,
        value: &T,
    ) -> Result<&mut Self, RepositoryError> {
        let key = key.as_ref();
        let payload = table.encode(key, value)?;
        let frame = (payload.len() >= self.compress_from)
            .then(|| codec::compress(&payload, self.level))
            .flatten();
        let (stored, flags) = match &frame {
            Some(frame) => (&frame[..], FLAG_ZSTD),
            None => (&payload[..], 0),
        };
        // Checked before the numbers below are narrowed.
        check("a key", key.len(), MAX_KEY)?;
        check("a record", payload.len(), MAX_UNIT)?;
        let header = RecordHeader {
            payload_crc: crc32fast::hash(stored),
            stored_len: stored.len() as u32,
            raw_len: payload.len() as u32,
            key_len: key.len() as u16,
            kind: table.kind().number(),
            flags,
            schema: table.schema(),
            fingerprint,
        };
        self.append(&header, key, stored)
    }

    /// Deletes the record of `kind` under `key`, if there is one.
    ///
    /// # Errors
    /// When key or unit are too large.
    pub fn delete(
        &mut self,
        kind: Kind,
        key: impl AsRef<[u8]>,
    ) -> Result<&mut Self, RepositoryError> {
        self.delete_raw(kind.number(), key.as_ref())
    }

    pub(crate) fn delete_raw(
        &mut self,
        kind: u8,
        key: &[u8],
    ) -> Result<&mut Self, RepositoryError> {
        check("a key", key.len(), MAX_KEY)?;
        let header = RecordHeader {
            payload_crc: crc32fast::hash(&[]),
            stored_len: 0,
            raw_len: 0,
            key_len: key.len() as u16,
            kind,
            flags: FLAG_DELETED,
            schema: 0,
            fingerprint: Fingerprint::NONE,
        };
        self.append(&header, key, &[])
    }

    pub(crate) fn append(
        &mut self,
        header: &RecordHeader,
        key: &[u8],
        stored: &[u8],
    ) -> Result<&mut Self, RepositoryError> {
        let offset = self.buffer.len();
        check("a unit", offset + header.frame_len(), MAX_UNIT)?;
        header.write(key, stored, &mut self.buffer);
        let length = if header.is_deletion() { 0 } else { header.frame_len() };
        let full_key = full_key(header.kind, key).into_boxed_slice();
        self.slots.insert(full_key, Slot { offset, length, fingerprint: header.fingerprint });
        self.records += 1;
        Ok(self)
    }

    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Bytes that this unit will take in a segment.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// The framed bytes, ready to be written, and what they change.
    pub(crate) fn seal(mut self, sequence: u64, salt: u32) -> (Vec<u8>, BTreeMap<Box<[u8]>, Slot>) {
        let body = &self.buffer[UNIT_HEADER..];
        let header = UnitHeader {
            marker: false,
            sequence,
            body_len: body.len() as u32,
            records: self.records,
            body_crc: crc32fast::hash(body),
        };
        self.buffer[..UNIT_HEADER].copy_from_slice(&header.encode(salt));
        (self.buffer, self.slots)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.slots.keys().map(|key| &**key)
    }
}

/// A key of the index: the kind's number, then the caller's key.
pub(crate) fn full_key(kind: u8, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(1 + key.len());
    full.push(kind);
    full.extend_from_slice(key);
    full
}

fn check(what: &'static str, size: usize, limit: usize) -> Result<(), RepositoryError> {
    if size > limit {
        return Err(RepositoryError::TooLarge { what, size: size as u64, limit: limit as u64 });
    }
    Ok(())
}
