//! JSON: an object a line, or an array of objects.

use rehearsal_dialogue::{Cursor, Elements, Lines, RawLine, json};
use rehearsal_sdk::prelude::*;

use super::{BYTES, LONGEST, ROWS, Row, Rows};

pub(super) fn lines(blob: &Blob, offset: u64) -> Result<Rows> {
    let from = Cursor::unpack(offset);
    let mut lines = Lines::at(blob, from, LONGEST);
    let mut rows = Rows::default();
    while let Some(raw) = lines.next_raw()? {
        if !raw.bytes.iter().all(u8::is_ascii_whitespace) {
            rows.rows.push(row(lines.name(), &raw, u64::from(raw.number) - 1));
        }
        let cursor = lines.cursor();
        if rows.rows.len() >= ROWS || cursor.byte - from.byte >= BYTES as u64 {
            rows.next = Some(cursor.pack(lines.name())?);
            break;
        }
    }
    Ok(rows)
}

pub(super) fn array(blob: &Blob, offset: u64) -> Result<Rows> {
    let name = blob.name();
    let from = Cursor::unpack(offset);
    let mut elements = Elements::at(blob, from, LONGEST);
    let mut rows = Rows::default();
    loop {
        match elements.next_element() {
            Ok(Some(raw)) => rows.rows.push(row(&name, &raw, u64::from(raw.number) - 1)),
            Ok(None) => return Ok(rows),
            Err(error) if rows.rows.is_empty() && offset == 0 => return Err(error),
            Err(error) => {
                let position = format!("line {}", elements.cursor().lines + 1);
                rows.rows.push(Err(FailedItem { position, error }));
                return Ok(rows);
            }
        }
        let cursor = elements.cursor();
        if rows.rows.len() >= ROWS || cursor.byte - from.byte >= BYTES as u64 {
            rows.next = Some(cursor.pack(&name)?);
            return Ok(rows);
        }
    }
}

fn row(name: &str, raw: &RawLine, number: u64) -> Result<Row, FailedItem> {
    let fields = if raw.cut {
        let most = LONGEST / (1024 * 1024);
        Err(Error::invalid(format!("{name}:{}: a row of more than {most} MiB", raw.number)))
    } else {
        json::parse(name, raw.number, &raw.bytes)
    };
    match fields {
        Ok(fields) => Ok(Row { fields, number, line: Some(raw.number) }),
        Err(error) => Err(FailedItem { position: format!("line {}", raw.number), error }),
    }
}
