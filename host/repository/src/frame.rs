//! The bytes of a segment. All numbers are little-endian.
//!
//! ```text
//! segment  = header header { unit | marker }               twice, for it is needed most
//! header   = "RHSLSEG" format:u8 salt:u32 crc:u32          crc over the 12 before
//! unit     = "UNIT" sequence:u64 body_len:u32 records:u32 body_crc:u32 crc:u32 body
//! marker   = "SYNC" sequence:u64 0:u32 0:u32 0:u32 crc:u32
//! body     = { record }
//! record   = crc:u32 payload_crc:u32 stored_len:u32 raw_len:u32
//!            key_len:u16 kind:u8 flags:u8 schema:u8 fingerprint:[u8; 16] key payload
//! ```
//!
//! A unit counts only when its header and its body's CRC agree: that is its
//! commit. A marker says that all before it had reached the disk when it was
//! written, so a broken unit before a marker is damage and one after it may be
//! a write that was cut short.
//!
//! The CRCs of unit headers start from the segment's salt. Text that a caller
//! stores can therefore never pass for a unit when a damaged segment is searched.

use crate::table::Fingerprint;

pub(crate) const FORMAT: u8 = 1;
const HEADER_COPY: usize = 16;
pub(crate) const SEGMENT_HEADER: usize = 2 * HEADER_COPY;
pub(crate) const UNIT_HEADER: usize = 28;
pub(crate) const RECORD_HEADER: usize = 37;

const SEGMENT_MAGIC: &[u8; 7] = b"RHSLSEG";
const UNIT_MAGIC: &[u8; 4] = b"UNIT";
const MARKER_MAGIC: &[u8; 4] = b"SYNC";

pub(crate) const FLAG_DELETED: u8 = 1;
pub(crate) const FLAG_ZSTD: u8 = 2;

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

fn crc_from(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

/// What a segment's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SegmentHeader {
    Salt(u32),
    Newer(u8),
    Broken,
}

pub(crate) fn segment_header(salt: u32) -> [u8; SEGMENT_HEADER] {
    let mut bytes = [0; SEGMENT_HEADER];
    let (first, second) = bytes.split_at_mut(HEADER_COPY);
    first[..7].copy_from_slice(SEGMENT_MAGIC);
    first[7] = FORMAT;
    first[8..12].copy_from_slice(&salt.to_le_bytes());
    let crc = crc32fast::hash(&first[..12]);
    first[12..].copy_from_slice(&crc.to_le_bytes());
    second.copy_from_slice(first);
    bytes
}

pub(crate) fn parse_segment_header(bytes: &[u8; SEGMENT_HEADER]) -> SegmentHeader {
    let whole = bytes.chunks_exact(HEADER_COPY).find(|copy| {
        &copy[..7] == SEGMENT_MAGIC && u32_at(copy, 12) == crc32fast::hash(&copy[..12])
    });
    match whole {
        Some(copy) if copy[7] > FORMAT => SegmentHeader::Newer(copy[7]),
        Some(copy) => SegmentHeader::Salt(u32_at(copy, 8)),
        None => SegmentHeader::Broken,
    }
}

/// The head of a unit or, with no body, of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnitHeader {
    pub(crate) marker: bool,
    pub(crate) sequence: u64,
    pub(crate) body_len: u32,
    pub(crate) records: u32,
    pub(crate) body_crc: u32,
}

impl UnitHeader {
    pub(crate) fn marker(sequence: u64) -> Self {
        Self { marker: true, sequence, body_len: 0, records: 0, body_crc: 0 }
    }

    pub(crate) fn encode(&self, salt: u32) -> [u8; UNIT_HEADER] {
        let mut bytes = [0; UNIT_HEADER];
        bytes[..4].copy_from_slice(if self.marker { MARKER_MAGIC } else { UNIT_MAGIC });
        bytes[4..12].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.body_len.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.records.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.body_crc.to_le_bytes());
        let crc = crc_from(salt, &bytes[..24]);
        bytes[24..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`, if one is there and whole.
    pub(crate) fn parse(bytes: &[u8], salt: u32) -> Option<Self> {
        let bytes = bytes.get(..UNIT_HEADER)?;
        let marker = match &bytes[..4] {
            magic if magic == UNIT_MAGIC => false,
            magic if magic == MARKER_MAGIC => true,
            _ => return None,
        };
        (u32_at(bytes, 24) == crc_from(salt, &bytes[..24])).then(|| Self {
            marker,
            sequence: u64_at(bytes, 4),
            body_len: u32_at(bytes, 12),
            records: u32_at(bytes, 16),
            body_crc: u32_at(bytes, 20),
        })
    }
}

/// A record's head; the key and the stored payload follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) payload_crc: u32,
    pub(crate) stored_len: u32,
    pub(crate) raw_len: u32,
    pub(crate) key_len: u16,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) schema: u8,
    pub(crate) fingerprint: Fingerprint,
}

impl RecordHeader {
    /// Appends the head, `key` and `stored` to `out`.
    pub(crate) fn write(&self, key: &[u8], stored: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.payload_crc.to_le_bytes());
        out.extend_from_slice(&self.stored_len.to_le_bytes());
        out.extend_from_slice(&self.raw_len.to_le_bytes());
        out.extend_from_slice(&self.key_len.to_le_bytes());
        out.extend_from_slice(&[self.kind, self.flags, self.schema]);
        out.extend_from_slice(&self.fingerprint.0);
        out.extend_from_slice(key);
        let crc = crc32fast::hash(&out[start + 4..]);
        out[start..start + 4].copy_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(stored);
    }

    pub(crate) const fn is_deletion(&self) -> bool {
        self.flags & FLAG_DELETED != 0
    }

    /// Bytes of the whole record.
    pub(crate) const fn frame_len(&self) -> usize {
        RECORD_HEADER + self.key_len as usize + self.stored_len as usize
    }
}

/// A record inside a buffer, its head verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordView<'a> {
    pub(crate) header: RecordHeader,
    pub(crate) key: &'a [u8],
    /// As stored; shorter than the head says when the buffer ends early.
    stored: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// The record at the start of `bytes`; `None` when its head is broken.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let head = bytes.get(..RECORD_HEADER)?;
        let key_len = u16::from_le_bytes([head[16], head[17]]);
        let key_end = RECORD_HEADER + usize::from(key_len);
        let covered = bytes.get(4..key_end)?;
        if u32_at(head, 0) != crc32fast::hash(covered) {
            return None;
        }
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&head[21..RECORD_HEADER]);
        let header = RecordHeader {
            payload_crc: u32_at(head, 4),
            stored_len: u32_at(head, 8),
            raw_len: u32_at(head, 12),
            key_len,
            kind: head[18],
            flags: head[19],
            schema: head[20],
            fingerprint: Fingerprint(fingerprint),
        };
        let end = header.frame_len().min(bytes.len());
        Some(Self { header, key: &bytes[RECORD_HEADER..key_end], stored: &bytes[key_end..end] })
    }

    /// The stored payload, when it is all there and its CRC agrees.
    pub(crate) fn stored(&self) -> Option<&'a [u8]> {
        let whole = self.stored.len() == self.header.stored_len as usize
            && crc32fast::hash(self.stored) == self.header.payload_crc;
        whole.then_some(self.stored)
    }
}
