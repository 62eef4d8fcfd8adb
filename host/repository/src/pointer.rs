//! What the index holds of a record: 28 bytes that say where it lies.

use crate::table::Fingerprint;

pub(crate) const POINTER: usize = 28;

/// Where a record's frame lies, and its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) segment: u32,
    pub(crate) offset: u32,
    /// Of the whole frame, in bytes.
    pub(crate) length: u32,
    pub(crate) fingerprint: Fingerprint,
}

impl Pointer {
    pub(crate) fn to_bytes(self) -> [u8; POINTER] {
        let mut bytes = [0; POINTER];
        bytes[..4].copy_from_slice(&self.segment.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.offset.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_be_bytes());
        bytes[12..].copy_from_slice(&self.fingerprint.0);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, fingerprint) = bytes.split_at_checked(12)?;
        let number = |at: usize| numbers[at..at + 4].try_into().map(u32::from_be_bytes).ok();
        Some(Self {
            segment: number(0)?,
            offset: number(4)?,
            length: number(8)?,
            fingerprint: Fingerprint(fingerprint.try_into().ok()?),
        })
    }
}
