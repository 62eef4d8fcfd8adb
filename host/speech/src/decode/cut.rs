//! MP4, QuickTime, Matroska and WebM files that were cut off.
//!
//! Symphonia passes over an `mdat` box that reaches beyond the end of the file, and with
//! it over all the audio that is there; and it refuses a Matroska file whose index, at its
//! end, is missing. It does so only where it can learn the length of the file: a cut file
//! is therefore given to it as a stream.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Boxes at the top of a file that are looked at before it is taken for no such file.
const MOST_BOXES: usize = 1_000;

/// How a Matroska file begins, and its segment.
const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];

/// Whether this is such a file whose media reach beyond its end (of MP4: with its index at
/// its beginning). The file is left where it was: at its start.
pub(super) fn is_cut(file: &mut File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut magic = [0; 4];
    let read = file.read(&mut magic)?;
    let cut = match magic {
        EBML if read == magic.len() => segment_reaches_beyond(file, length),
        _ => reaches_beyond(file, length),
    };
    file.rewind()?;
    cut
}

/// Whether the segment that follows the head of a Matroska file is longer than the rest of
/// the file (RFC 8794, section 4 and 6: sizes are integers of variable length).
fn segment_reaches_beyond(file: &mut File, length: u64) -> io::Result<bool> {
    let mut head = [0; 64];
    file.rewind()?;
    let read = file.read(&mut head)?;
    let head = &head[..read];
    let segment = head.get(EBML.len()..).and_then(size_at).and_then(|(size, bytes)| {
        let at = EBML.len() + bytes + usize::try_from(size?).ok()?;
        let (id, rest) = head.get(at..)?.split_at_checked(SEGMENT.len())?;
        let (size, bytes) = size_at(rest).filter(|_| id == SEGMENT)?;
        Some(((at + SEGMENT.len() + bytes) as u64).saturating_add(size?))
    });
    Ok(segment.is_some_and(|end| end > length))
}

/// A size of variable length and the bytes it takes; all ones stand for an unknown size.
fn size_at(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..length)?;
    let marked = u64::from(first) & (0xff >> length.min(8));
    let size = rest.iter().fold(marked, |size, byte| size << 8 | u64::from(*byte));
    Some(((size != (1 << (7 * length)) - 1).then_some(size), length))
}

fn reaches_beyond(file: &mut File, length: u64) -> io::Result<bool> {
    let mut at = 0_u64;
    for number in 0..MOST_BOXES {
        if length.saturating_sub(at) < 16 {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        file.read_exact(&mut head)?;
        let (size, kind) = (&head[..4], &head[4..8]);
        if number == 0 && kind != b"ftyp" {
            break;
        }
        let size = match u32::from_be_bytes([size[0], size[1], size[2], size[3]]) {
            // To the end of the file, wherever that is.
            0 => break,
            1 => u64::from_be_bytes(std::array::from_fn(|i| head[8 + i])),
            size => u64::from(size),
        };
        let end = at.saturating_add(size.max(8));
        if kind == b"mdat" && end > length {
            return Ok(true);
        }
        at = end;
    }
    Ok(false)
}
