//! Identities: by content (digests) and by place (conversation ids).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// BLAKE3 of some content, 32 bytes; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of plain bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Of many megabytes, by all cores.
    #[must_use]
    pub fn of_large(bytes: &[u8]) -> Self {
        Self(*blake3::Hasher::new().update_rayon(bytes).finalize().as_bytes())
    }

    /// Of a value's canonical encoding.
    ///
    /// # Panics
    /// Never for this crate's types: their encoding cannot fail.
    #[must_use]
    pub fn of_value<T: Serialize>(value: &T) -> Self {
        let bytes = postcard::to_allocvec(value).expect("domain types encode");
        Self::of(&bytes)
    }

    /// The raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Digest of several parts, each framed by its length so that parts cannot run
/// into each other.
#[derive(Default)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Starts with a name for what is being hashed.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        let mut hasher = Self(blake3::Hasher::new());
        hasher.part(purpose.as_bytes());
        hasher
    }

    /// Adds one part.
    pub fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The digest so far.
    #[must_use]
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0[..6])
    }
}

impl FromStr for Digest {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse_hex(text).map(Self)
    }
}

/// Names a conversation by where it comes from: source, entry and item. It stays
/// the same when the content changes, and over machines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId([u8; 16]);

impl ConversationId {
    /// The id of one item of one entry of a source.
    #[must_use]
    pub fn new(source: &str, entry: &str, item: &str) -> Self {
        let mut hasher = Hasher::new("conversation");
        hasher.part(source.as_bytes()).part(entry.as_bytes()).part(item.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finish().as_bytes()[..16]);
        Self(id)
    }

    /// The raw bytes; their order is the order in which calls are worked on.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// From raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0[..4])
    }
}

impl FromStr for ConversationId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse_hex(text).map(Self)
    }
}

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: {digits} hexadecimal digits are expected")]
pub struct ParseIdError {
    text: String,
    digits: usize,
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    let text = &mut text[..bytes.len() * 2];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    f.write_str(std::str::from_utf8(text).unwrap_or_default())
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    let error = || ParseIdError { text: text.to_owned(), digits: 2 * N };
    if text.len() != 2 * N || !text.is_ascii() {
        return Err(error());
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| error())?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(error());
        }
        *byte = u8::from_str_radix(pair, 16).map_err(|_| error())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_print_and_parse() {
        let id = ConversationId::new("calls", "a.vtt", "");
        assert_eq!(id.to_string().parse(), Ok(id));
        let digest = Digest::of(b"x");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("zz".parse::<ConversationId>().is_err());
        assert!("é".repeat(16).parse::<ConversationId>().is_err());
        assert!("+1".repeat(16).parse::<ConversationId>().is_err());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(ConversationId::new("a", "bc", ""), ConversationId::new("ab", "c", ""));
    }
}
