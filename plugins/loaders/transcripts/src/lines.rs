//! Lines of a file, read in bounded pieces.

use rehearsal_sdk::prelude::*;

/// Bytes asked of the host at once.
const PIECE: u32 = 256 * 1024;

/// Longest line that is believed: more is no transcript.
const LONGEST: usize = 1024 * 1024;

/// A line without its ending, and its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// Without line ending and byte order mark.
    pub text: String,
}

/// Reads a file line by line; `\n`, `\r\n` and `\r` end a line.
#[derive(Debug)]
pub struct Lines<'a> {
    blob: &'a Blob,
    offset: u64,
    piece: Vec<u8>,
    at: usize,
    number: u32,
}

impl<'a> Lines<'a> {
    /// Starts at the top of a file.
    pub fn new(blob: &'a Blob) -> Self {
        Self { blob, offset: 0, piece: Vec::new(), at: 0, number: 0 }
    }

    /// The next line; none at the end.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or has a line beyond all measure.
    pub fn next_line(&mut self) -> Result<Option<Line>> {
        let mut bytes = Vec::new();
        let mut read_any = false;
        loop {
            if self.at == self.piece.len() && !self.fill()? {
                break;
            }
            read_any = true;
            let rest = &self.piece[self.at..];
            match rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                Some(end) => {
                    bytes.extend_from_slice(&rest[..end]);
                    let carriage = rest[end] == b'\r';
                    self.at += end + 1;
                    if carriage && (self.at < self.piece.len() || self.fill()?) {
                        self.at += usize::from(self.piece[self.at] == b'\n');
                    }
                    break;
                }
                None => {
                    bytes.extend_from_slice(rest);
                    self.at = self.piece.len();
                }
            }
            if bytes.len() > LONGEST {
                return Err(self.broken("a line of more than 1 MiB; this is no transcript"));
            }
        }
        if !read_any {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        if self.number == 1 {
            strip_mark(&mut bytes).map_err(|what| self.broken(what))?;
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Line { number: self.number, text })),
            Err(error) => {
                let column = error.utf8_error().valid_up_to() + 1;
                Err(self.broken(&format!("byte {column} is not UTF-8; save the file as UTF-8")))
            }
        }
    }

    /// An error about the present line.
    pub fn broken(&self, what: &str) -> Error {
        Error::invalid(format!("{}:{}: {what}", self.blob.name(), self.number.max(1)))
    }

    fn fill(&mut self) -> Result<bool> {
        self.piece = self.blob.read(self.offset, PIECE)?;
        self.offset += self.piece.len() as u64;
        self.at = 0;
        Ok(!self.piece.is_empty())
    }
}

/// Takes a UTF-8 byte order mark off, and names the other encodings that have one.
fn strip_mark(bytes: &mut Vec<u8>) -> Result<(), &'static str> {
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            bytes.drain(..3);
            Ok(())
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err("the file is UTF-16; save it as UTF-8"),
        _ => Ok(()),
    }
}
