//! How many channels a WAV file has, from its header alone.

use rehearsal_sdk::prelude::*;

/// The header of any WAV file lies in here, in bytes.
const HEAD: u32 = 4_096;

/// None where the file is no WAV, or its header cannot be made sense of: whoever decodes
/// it will say what is wrong.
pub(crate) fn channels(file: &Blob) -> Result<Option<u16>> {
    Ok(of_header(&file.read(0, HEAD)?))
}

fn of_header(head: &[u8]) -> Option<u16> {
    let mut rest = head.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    loop {
        let (id, size) = (rest.get(..4)?, rest.get(4..8)?);
        let size = u32::from_le_bytes(size.try_into().ok()?) as usize;
        let body = rest.get(8..)?;
        if id == b"fmt " {
            return Some(u16::from_le_bytes(body.get(2..4)?.try_into().ok()?));
        }
        // Chunks are padded to even lengths.
        rest = body.get(size.checked_add(size % 2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::of_header;

    #[test]
    fn the_format_is_found_behind_other_chunks() {
        let fmt = b"fmt \x10\0\0\0\x07\0\x02\0\x40\x1f\0\0";
        let list = b"LIST\x03\0\0\0abc\0";
        let wav = |chunks: &[&[u8]]| [b"RIFF\0\0\0\0WAVE".as_slice(), &chunks.concat()].concat();
        assert_eq!(of_header(&wav(&[fmt])), Some(2));
        assert_eq!(of_header(&wav(&[list, fmt])), Some(2));
        assert_eq!(of_header(&wav(&[list])), None);
        assert_eq!(of_header(b"ID3"), None);
    }
}
