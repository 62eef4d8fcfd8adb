//! A place in a file in the one number that the contract has room for.

use rehearsal_sdk::prelude::*;

/// Bits of the byte: files up to 64 GiB.
const BYTE_BITS: u32 = 36;
/// What is left counts lines: 268 million.
const MOST_LINES: u64 = (1 << (u64::BITS - BYTE_BITS)) - 1;

/// Where the next chunk of a file begins: a byte, and how many lines lie before it, so
/// that messages can name the line without reading the file from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// From the start of the file.
    pub byte: u64,
    /// Lines (or rows) before it.
    pub lines: u64,
}

impl Cursor {
    /// As an offset of the contract.
    ///
    /// # Errors
    /// The file is too large for it.
    pub fn pack(self, name: &str) -> Result<u64> {
        if self.byte >> BYTE_BITS != 0 || self.lines > MOST_LINES {
            return Err(Error::invalid(format!(
                "{name}: files of more than 64 GiB or 268 million lines are not read; split it"
            )));
        }
        Ok(self.lines << BYTE_BITS | self.byte)
    }

    /// From an offset of the contract.
    #[must_use]
    pub const fn unpack(offset: u64) -> Self {
        Self { byte: offset & ((1 << BYTE_BITS) - 1), lines: offset >> BYTE_BITS }
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn what_fits_comes_back_and_what_does_not_is_refused() {
        for (byte, lines) in [(0, 0), ((1 << 36) - 1, (1 << 28) - 1), (77, 3)] {
            let cursor = Cursor { byte, lines };
            assert_eq!(Cursor::unpack(cursor.pack("x").unwrap()), cursor);
        }
        assert!(Cursor { byte: 1 << 36, lines: 0 }.pack("x.jsonl").is_err());
        assert!(Cursor { byte: 0, lines: 1 << 28 }.pack("x.jsonl").is_err());
    }
}
