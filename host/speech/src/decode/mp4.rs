//! MP4 and QuickTime files that were cut off.
//!
//! Symphonia passes over an `mdat` box that reaches beyond the end of the file, and with
//! it over all the audio that is there. It does so only where it can learn the length of
//! the file: a cut file is therefore given to it as a stream.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Boxes at the top of a file that are looked at before it is taken for no such file.
const MOST_BOXES: usize = 1_000;

/// Whether this is such a file, its index at its beginning, whose media reach beyond
/// its end. The file is left where it was: at its start.
pub(super) fn is_cut(file: &mut File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let cut = reaches_beyond(file, length);
    file.rewind()?;
    cut
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
