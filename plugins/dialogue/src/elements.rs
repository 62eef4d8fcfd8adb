//! Elements of a JSON array at the top of a file, one in memory at a time.
//!
//! A scanner that knows strings and nesting cuts the elements out; what is in one is
//! for a real parser. So an element that makes no sense costs itself, and a file of any
//! size is read in one pass, in as many calls as it takes.

use rehearsal_sdk::prelude::*;

use crate::{Cursor, RawLine};

/// Bytes asked of the host at once.
const PIECE: u32 = 256 * 1024;

/// Reads a file that is one JSON array.
#[derive(Debug)]
pub struct Elements<'a> {
    blob: &'a Blob,
    offset: u64,
    piece: Vec<u8>,
    at: usize,
    lines: u64,
    longest: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Inside,
    Done,
}

impl<'a> Elements<'a> {
    /// Starts at the top of a file, or at a cursor of [`Elements::cursor`]; elements of
    /// more than `longest` bytes are cut.
    #[must_use]
    pub fn at(blob: &'a Blob, cursor: Cursor, longest: usize) -> Self {
        let state = if cursor == Cursor::default() { State::Start } else { State::Inside };
        Self {
            blob,
            offset: cursor.byte,
            piece: Vec::new(),
            at: 0,
            lines: cursor.lines,
            longest,
            state,
        }
    }

    /// Whether the file is an array at all.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_array(blob: &Blob) -> Result<bool> {
        let head = blob.read(0, 4096)?;
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        Ok(head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'['))
    }

    /// Behind the element that was read last.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { byte: self.offset - (self.piece.len() - self.at) as u64, lines: self.lines }
    }

    /// The bytes of the next element and the line that it starts on; none behind the
    /// last.
    ///
    /// # Errors
    /// The file cannot be read, or is no array.
    pub fn next_element(&mut self) -> Result<Option<RawLine>> {
        if self.state == State::Done {
            return Ok(None);
        }
        loop {
            match self.peek()? {
                None if self.state == State::Inside => {
                    self.state = State::Done;
                    return Err(self.broken("the file ends inside its array: it was cut off"));
                }
                None => return Err(self.broken("the file is empty; a JSON array was expected")),
                Some(b'[') if self.state == State::Start => {
                    self.step();
                    self.state = State::Inside;
                }
                Some(byte) if is_gap(byte) && self.state == State::Inside => self.step(),
                Some(byte) if byte.is_ascii_whitespace() || self.is_mark(byte) => self.step(),
                Some(_) if self.state == State::Start => {
                    return Err(self.broken("a JSON array was expected: the file starts with `[`"));
                }
                Some(b']') => {
                    self.state = State::Done;
                    return Ok(None);
                }
                Some(_) => return self.element().map(Some),
            }
        }
    }

    fn element(&mut self) -> Result<RawLine> {
        let number = u32::try_from(self.lines + 1).unwrap_or(u32::MAX);
        let mut element = RawLine { number, bytes: Vec::new(), cut: false };
        let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
        while let Some(byte) = self.peek()? {
            if depth == 0 && !in_string && matches!(byte, b',' | b']') {
                break;
            }
            self.step();
            if element.bytes.len() < self.longest {
                element.bytes.push(byte);
            } else {
                element.cut = true;
            }
            if in_string {
                (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
                continue;
            }
            match byte {
                b'"' => in_string = true,
                b'[' | b'{' => depth += 1,
                b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        Ok(element)
    }

    /// A byte order mark's bytes, before the array.
    fn is_mark(&self, byte: u8) -> bool {
        self.state == State::Start
            && self.offset - ((self.piece.len() - self.at) as u64) < 3
            && matches!(byte, 0xef | 0xbb | 0xbf)
    }

    fn peek(&mut self) -> Result<Option<u8>> {
        if self.at == self.piece.len() {
            self.piece = self.blob.read(self.offset, PIECE)?;
            self.offset += self.piece.len() as u64;
            self.at = 0;
        }
        Ok(self.piece.get(self.at).copied())
    }

    fn step(&mut self) {
        self.lines += u64::from(self.piece.get(self.at) == Some(&b'\n'));
        self.at += 1;
    }

    fn broken(&self, what: &str) -> Error {
        Error::invalid(format!("{}:{}: {what}", self.blob.name(), self.lines + 1))
    }
}

fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b','
}
