//! Files of lines that are only appended to and survive a power cut.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Appends lines, given without their ends; they are on the disk when this returns. The
/// file is open for reading and appending.
///
/// # Errors
/// The file cannot be read or written.
pub fn append(file: &mut File, lines: impl IntoIterator<Item = String>) -> io::Result<()> {
    let mut text = String::new();
    // A line that a power cut left half stays alone, and costs no other.
    if file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.push('\n');
        }
    }
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
