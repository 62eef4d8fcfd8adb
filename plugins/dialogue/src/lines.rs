//! Lines of a file, read in bounded pieces.

use rehearsal_sdk::prelude::*;

use crate::Cursor;

/// Bytes asked of the host at once.
const PIECE: u32 = 256 * 1024;

/// A line without its ending, and its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// Without line ending and byte order mark.
    pub text: String,
}

/// A line as it lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLine {
    /// From 1.
    pub number: u32,
    /// Without line ending and byte order mark. A longer line than was allowed is cut
    /// there.
    pub bytes: Vec<u8>,
    /// Whether it was longer than allowed.
    pub cut: bool,
}

/// Reads a file line by line; `\n`, `\r\n` and `\r` end a line.
#[derive(Debug)]
pub struct Lines<'a> {
    /// What is left of the file; none for a text in memory.
    blob: Option<&'a Blob>,
    name: String,
    /// Of the byte behind `piece`.
    offset: u64,
    piece: Vec<u8>,
    at: usize,
    number: u64,
    longest: usize,
}

impl<'a> Lines<'a> {
    /// Longest line of a transcript that is believed, in bytes.
    pub const LONGEST: usize = 1024 * 1024;

    /// Starts at the top of a file.
    #[must_use]
    pub fn new(blob: &'a Blob) -> Self {
        Self::at(blob, Cursor::default(), Self::LONGEST)
    }

    /// Starts at a cursor that [`Lines::cursor`] gave, with lines of at most `longest`
    /// bytes.
    #[must_use]
    pub fn at(blob: &'a Blob, cursor: Cursor, longest: usize) -> Self {
        Self {
            blob: Some(blob),
            name: blob.name(),
            offset: cursor.byte,
            piece: Vec::new(),
            at: 0,
            number: cursor.lines,
            longest,
        }
    }

    /// Over a text that was taken out of the file `name`.
    #[must_use]
    pub fn of_text(name: &str, text: String) -> Self {
        Self {
            blob: None,
            name: name.to_owned(),
            offset: text.len() as u64,
            piece: text.into_bytes(),
            at: 0,
            number: 0,
            longest: usize::MAX,
        }
    }

    /// The file's name, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Behind the line that was read last.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { byte: self.offset - (self.piece.len() - self.at) as u64, lines: self.number }
    }

    /// The next line as it is; none at the end. A line that is too long is cut and
    /// skipped to its end, in flat memory.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_raw(&mut self) -> Result<Option<RawLine>> {
        let (mut bytes, mut cut, mut any) = (Vec::new(), false, false);
        while self.at < self.piece.len() || self.fill()? {
            any = true;
            let rest = &self.piece[self.at..];
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &rest[..end.unwrap_or(rest.len())];
            let room = self.longest.saturating_sub(bytes.len());
            cut |= part.len() > room;
            bytes.extend_from_slice(&part[..part.len().min(room)]);
            self.at += part.len();
            if end.is_some() {
                let carriage = self.piece[self.at] == b'\r';
                self.at += 1;
                if carriage && (self.at < self.piece.len() || self.fill()?) {
                    self.at += usize::from(self.piece[self.at] == b'\n');
                }
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        if self.number == 0 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        self.number += 1;
        let number = u32::try_from(self.number).unwrap_or(u32::MAX);
        Ok(Some(RawLine { number, bytes, cut }))
    }

    /// The next line of a text; none at the end.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or has a line beyond all measure.
    pub fn next_line(&mut self) -> Result<Option<Line>> {
        let Some(RawLine { number, bytes, cut }) = self.next_raw()? else { return Ok(None) };
        if cut {
            let most = self.longest / (1024 * 1024);
            return Err(self.broken(&format!("a line of more than {most} MiB; is this text?")));
        }
        if number == 1 && matches!(*bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(self.broken("the file is UTF-16; save it as UTF-8"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Line { number, text })),
            Err(error) => {
                let column = error.utf8_error().valid_up_to() + 1;
                Err(self.broken(&format!("byte {column} is not UTF-8; save the file as UTF-8")))
            }
        }
    }

    /// An error about the present line.
    #[must_use]
    pub fn broken(&self, what: &str) -> Error {
        Error::invalid(format!("{}:{}: {what}", self.name, self.number.max(1)))
    }

    fn fill(&mut self) -> Result<bool> {
        let Some(blob) = self.blob else { return Ok(false) };
        self.piece = blob.read(self.offset, PIECE)?;
        self.offset += self.piece.len() as u64;
        self.at = 0;
        Ok(!self.piece.is_empty())
    }
}
