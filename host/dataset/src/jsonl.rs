//! Rows as JSON lines, keys in the order of the schema.
//!
//! Written out here rather than through a map of values: the order of keys is part of
//! the bytes, and must not follow from a feature of a JSON crate.

use std::io::Write;

use crate::DatasetError;
use crate::files::{HashedFile, Written};
use crate::schema::{Cell, Field, Type};

/// A `.jsonl` file being written.
pub(crate) struct JsonlFile {
    file: HashedFile,
    line: Vec<u8>,
}

impl JsonlFile {
    pub(crate) const fn new(file: HashedFile) -> Self {
        Self { file, line: Vec::new() }
    }

    pub(crate) fn write(&mut self, schema: &[Field], row: &[Cell<'_>]) -> Result<(), DatasetError> {
        self.line.clear();
        object(schema, row, &mut self.line);
        self.line.push(b'\n');
        let Self { file, line } = self;
        file.write_all(line).map_err(|error| file.failed(error))
    }

    pub(crate) fn finish(self) -> Result<Written, DatasetError> {
        self.file.finish()
    }
}

fn object(fields: &[Field], cells: &[Cell<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (field, cell)) in fields.iter().zip(cells).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        // Names of columns hold nothing to escape.
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
        value(&field.kind, cell, out);
    }
    out.push(b'}');
}

fn value(kind: &Type, cell: &Cell<'_>, out: &mut Vec<u8>) {
    match (kind, cell) {
        (_, Cell::Text(said)) => plain(&**said, out),
        (_, Cell::Integer(number)) => plain(number, out),
        // JSON has no infinities; nobody computes with a measure that is none.
        (_, Cell::Number(number)) if number.is_finite() => plain(number, out),
        (_, Cell::Flag(flag)) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        (Type::List(of), Cell::List(cells)) => {
            out.push(b'[');
            for (index, cell) in cells.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                value(of, cell, out);
            }
            out.push(b']');
        }
        (Type::Record(fields), Cell::Record(cells)) => object(fields, cells, out),
        _ => out.extend_from_slice(b"null"),
    }
}

fn plain<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = serde_json::to_writer(out, value);
}
