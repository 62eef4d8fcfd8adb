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
        text(field.name, out);
        out.push(b':');
        value(&field.kind, cell, out);
    }
    out.push(b'}');
}

fn value(kind: &Type, cell: &Cell<'_>, out: &mut Vec<u8>) {
    match (kind, cell) {
        (_, Cell::Text(said)) => text(said, out),
        (_, Cell::Integer(number)) => out.extend_from_slice(number.to_string().as_bytes()),
        // JSON has no infinities; nobody computes with a measure that is none.
        (_, Cell::Number(number)) if number.is_finite() => {
            // Writing to a vector cannot fail.
            let _ = serde_json::to_writer(out, number);
        }
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

/// As `serde_json` writes it, byte for byte; but text that wants no escaping, nearly all
/// there is, is found and copied many bytes at a time.
fn text(said: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = said.as_bytes();
    while let Some(at) = special(rest) {
        out.extend_from_slice(&rest[..at]);
        escape(rest[at], out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Where the first byte stands that JSON wants escaped.
fn special(text: &[u8]) -> Option<usize> {
    /// Bytes that the compiler looks at together.
    const BLOCK: usize = 32;
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    // Without an early exit a block is a few vector instructions.
    let is_plain = |block: &[u8]| !block.iter().fold(false, |any, byte| any | is_special(byte));
    let plain = text.chunks_exact(BLOCK).take_while(|block| is_plain(block)).count() * BLOCK;
    text[plain..].iter().position(is_special).map(|at| plain + at)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        b'"' | b'\\' => byte,
        _ => {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(said: &str) -> String {
        let mut out = Vec::new();
        text(said, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_character_below_a_space_and_the_quotes_are_escaped() {
        let all: String = (0..=0x7f_u8).map(char::from).collect();
        assert_eq!(written(&all), serde_json::to_string(&all).expect("JSON"));
    }

    proptest! {
        #[test]
        fn text_is_written_as_serde_json_writes_it(said in "(\\PC|[\\x00-\\x7f]){0,200}") {
            prop_assert_eq!(written(&said), serde_json::to_string(&said).expect("JSON"));
        }
    }
}
