//! CSV with a line of names at the top.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};
use rehearsal_dialogue::Cursor;
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

use super::{BYTES, LONGEST, ROWS, Row, Rows};

pub(super) fn read(blob: &Blob, offset: u64, delimiter: u8) -> Result<Rows> {
    let name = blob.name();
    let Header { names, first, pending } = header(blob, delimiter, &name)?;
    let from = if offset == 0 { first } else { Cursor::unpack(offset) };
    let budget = Rc::new(Cell::new(LONGEST));
    let mut reader = reader(blob, from.byte, delimiter, &budget);
    let mut rows = Rows::default();
    let mut record = ByteRecord::new();
    loop {
        let line = from.lines + reader.position().line() + pending;
        let more = reader.read_byte_record(&mut record);
        let position = format!("line {line}");
        if !more.map_err(|error| Error::invalid(format!("{name}:{line}: {error}")))? {
            return Ok(rows);
        }
        let number = line.saturating_sub(2);
        rows.rows.push(match fields(&names, &record) {
            Ok(fields) => {
                Ok(Row { fields, number, line: Some(u32::try_from(line).unwrap_or(u32::MAX)) })
            }
            Err(what) => Err(FailedItem {
                position,
                error: Error::invalid(format!("{name}:{line}: {what}")),
            }),
        });
        budget.set(LONGEST);
        let read = reader.position().byte();
        if rows.rows.len() >= ROWS || read >= BYTES as u64 {
            let lines = from.lines + reader.position().line() - 1;
            rows.next = Some(Cursor { byte: from.byte + read, lines }.pack(&name)?);
            return Ok(rows);
        }
    }
}

fn reader<'b>(
    blob: &'b Blob,
    at: u64,
    delimiter: u8,
    budget: &Rc<Cell<usize>>,
) -> csv::Reader<Bounded<'b>> {
    let source = Bounded { blob, at, budget: Rc::clone(budget) };
    // How many fields a record has is checked with a message of our own.
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(source)
}

/// The first record.
struct Header {
    names: Vec<String>,
    /// Where the rows begin.
    first: Cursor,
    /// The reader takes `\n` of `\r\n` for the start of the next record, so there its
    /// count of lines is one behind.
    pending: u64,
}

fn header(blob: &Blob, delimiter: u8, name: &str) -> Result<Header> {
    let budget = Rc::new(Cell::new(LONGEST));
    let mut reader = reader(blob, 0, delimiter, &budget);
    let mut record = ByteRecord::new();
    let read = reader.read_byte_record(&mut record);
    if !read.map_err(|error| Error::invalid(format!("{name}:1: {error}")))? {
        return Err(Error::invalid(format!("{name}:1: the file is empty")));
    }
    let names = record.iter().map(|field| {
        let text = std::str::from_utf8(field);
        let text = text.map_err(|_| Error::invalid(format!("{name}:1: not UTF-8")))?;
        Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
    });
    let names = names.collect::<Result<Vec<_>>>()?;
    let place = reader.position();
    let first = Cursor { byte: place.byte(), lines: place.line() - 1 };
    let pending = u64::from(blob.read(first.byte, 1)? == b"\n");
    Ok(Header { names, first, pending })
}

/// Empty cells are no cells.
fn fields(names: &[String], record: &ByteRecord) -> Result<Map<String, Value>, String> {
    if record.len() != names.len() {
        return Err(format!("{} fields, and the first line names {}", record.len(), names.len()));
    }
    let mut fields = Map::new();
    for (name, field) in names.iter().zip(record.iter()) {
        let text = std::str::from_utf8(field).map_err(|_| format!("`{name}` is not UTF-8"))?;
        if !text.is_empty() {
            fields.insert(name.clone(), Value::String(text.to_owned()));
        }
    }
    Ok(fields)
}

/// Ends a record that does not end: with a quote left open the rest of the file would be
/// one field.
struct Bounded<'a> {
    blob: &'a Blob,
    at: u64,
    budget: Rc<Cell<usize>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.get() == 0 {
            let most = LONGEST / (1024 * 1024);
            return Err(io::Error::other(format!(
                "a record of more than {most} MiB starts here; is a quote left open?"
            )));
        }
        let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX).min(Blob::MAX_READ);
        let bytes = self.blob.read(self.at, len).map_err(|e| io::Error::other(e.message()))?;
        let bytes = &bytes[..bytes.len().min(buffer.len())];
        buffer[..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len() as u64;
        self.budget.set(self.budget.get().saturating_sub(bytes.len()));
        Ok(bytes.len())
    }
}
