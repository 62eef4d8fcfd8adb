//! Rows as Parquet columns, compressed by zstd, in row groups of bounded size.
//!
//! The bytes follow from the rows alone: rows are buffered up to fixed counts, and
//! nothing of the file says when or where it was written.

use std::mem;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, Field as Column, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::DatasetError;
use crate::files::{HashedFile, Written};
use crate::schema::{Cell, Field, Type};

/// Rows that are turned into columns together.
const BATCH_ROWS: usize = 256;
/// Text of such rows, at most: what a writer holds besides the open row group.
const BATCH_BYTES: usize = 4 << 20;
/// Rows of a row group.
const GROUP_ROWS: usize = 8_192;
/// Encoded bytes of a row group, which lie in memory until it is full.
const GROUP_BYTES: usize = 32 << 20;
/// Level 3 is zstd's own default: twice as small as snappy on dialogue, as fast to read.
const ZSTD_LEVEL: i32 = 3;

/// A `.parquet` file being written.
pub(crate) struct ParquetFile {
    path: std::path::PathBuf,
    writer: ArrowWriter<HashedFile>,
    schema: Arc<Schema>,
    columns: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

impl ParquetFile {
    pub(crate) fn new(file: HashedFile, fields: &[Field]) -> Result<Self, DatasetError> {
        let path = file.path().to_owned();
        let schema = Arc::new(Schema::new(columns(fields)));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default()))
            .set_created_by("rehearsal".to_owned())
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
            .map_err(|error| DatasetError::parquet(&path, &error))?;
        let columns = fields.iter().map(|field| Builder::of(&field.kind)).collect();
        Ok(Self { path, writer, schema, columns, rows: 0, bytes: 0 })
    }

    pub(crate) fn write(&mut self, row: &[Cell<'_>]) -> Result<(), DatasetError> {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            column.push(cell);
            self.bytes += cell.weight();
        }
        self.rows += 1;
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays = self.columns.iter_mut().map(Builder::finish).collect();
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(parquet::errors::ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .map_err(|error| DatasetError::parquet(&self.path, &error))
    }

    pub(crate) fn finish(mut self) -> Result<Written, DatasetError> {
        self.flush()?;
        let path = self.path;
        let file =
            self.writer.into_inner().map_err(|error| DatasetError::parquet(&path, &error))?;
        file.finish()
    }
}

fn columns(fields: &[Field]) -> Fields {
    fields.iter().map(|field| Column::new(field.name, data_type(&field.kind), true)).collect()
}

fn data_type(kind: &Type) -> DataType {
    match kind {
        Type::Text => DataType::Utf8,
        Type::Integer => DataType::Int64,
        Type::Number => DataType::Float64,
        Type::Flag => DataType::Boolean,
        Type::List(of) => DataType::List(item(of)),
        Type::Record(fields) => DataType::Struct(columns(fields)),
    }
}

fn item(of: &Type) -> Arc<Column> {
    Arc::new(Column::new("item", data_type(of), true))
}

/// Gathers a column's cells. A cell of another type than the column's is absent.
enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Flag(BooleanBuilder),
    List { item: Arc<Column>, lengths: Vec<usize>, valid: NullBufferBuilder, of: Box<Self> },
    Record { fields: Fields, valid: NullBufferBuilder, parts: Vec<Self> },
}

impl Builder {
    fn of(kind: &Type) -> Self {
        match kind {
            Type::Text => Self::Text(StringBuilder::new()),
            Type::Integer => Self::Integer(Int64Builder::new()),
            Type::Number => Self::Number(Float64Builder::new()),
            Type::Flag => Self::Flag(BooleanBuilder::new()),
            Type::List(of) => Self::List {
                item: item(of),
                lengths: Vec::new(),
                valid: NullBufferBuilder::new(BATCH_ROWS),
                of: Box::new(Self::of(of)),
            },
            Type::Record(fields) => Self::Record {
                fields: columns(fields),
                valid: NullBufferBuilder::new(BATCH_ROWS),
                parts: fields.iter().map(|field| Self::of(&field.kind)).collect(),
            },
        }
    }

    fn push(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Self::Text(column), Cell::Text(text)) => column.append_value(text),
            (Self::Text(column), _) => column.append_null(),
            (Self::Integer(column), Cell::Integer(number)) => column.append_value(*number),
            (Self::Integer(column), _) => column.append_null(),
            (Self::Number(column), Cell::Number(number)) => column.append_value(*number),
            (Self::Number(column), _) => column.append_null(),
            (Self::Flag(column), Cell::Flag(flag)) => column.append_value(*flag),
            (Self::Flag(column), _) => column.append_null(),
            (Self::List { lengths, valid, of, .. }, cell) => {
                let cells: &[Cell<'_>] = if let Cell::List(cells) = cell { cells } else { &[] };
                valid.append(matches!(cell, Cell::List(_)));
                lengths.push(cells.len());
                cells.iter().for_each(|cell| of.push(cell));
            }
            (Self::Record { valid, parts, .. }, cell) => {
                let cells: &[Cell<'_>] = if let Cell::Record(cells) = cell { cells } else { &[] };
                valid.append(matches!(cell, Cell::Record(_)));
                for (index, part) in parts.iter_mut().enumerate() {
                    part.push(cells.get(index).unwrap_or(&Cell::Null));
                }
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => {
                // As much room as was needed: growing anew moves all text several times.
                let (rows, bytes) = (column.len(), column.values_slice().len());
                let fresh = StringBuilder::with_capacity(rows, bytes);
                Arc::new(mem::replace(column, fresh).finish())
            }
            Self::Integer(column) => Arc::new(column.finish()),
            Self::Number(column) => Arc::new(column.finish()),
            Self::Flag(column) => Arc::new(column.finish()),
            Self::List { item, lengths, valid, of } => {
                let offsets = OffsetBuffer::from_lengths(lengths.drain(..));
                Arc::new(ListArray::new(Arc::clone(item), offsets, of.finish(), valid.finish()))
            }
            Self::Record { fields, valid, parts } => {
                let arrays = parts.iter_mut().map(Self::finish).collect();
                Arc::new(StructArray::new(fields.clone(), arrays, valid.finish()))
            }
        }
    }
}
