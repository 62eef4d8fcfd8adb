//! Cells of Arrow arrays as JSON values, the common tongue of all formats.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

use super::{BYTES, Row, Rows};

/// More than this in one batch is beyond what a call may hand over, in bytes.
const MOST: usize = 4 * BYTES;

/// Adds the rows of a batch; `number` is that of its first.
///
/// # Errors
/// They are more than one chunk can hold.
pub(super) fn rows(batch: &RecordBatch, number: u64, into: &mut Rows) -> Result<usize> {
    let schema = batch.schema();
    let mut size = 0;
    for row in 0..batch.num_rows() {
        let mut fields = Map::new();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let value = value(column, row, &mut size);
            if !value.is_null() {
                fields.insert(field.name().clone(), value);
            }
        }
        if size > MOST {
            return Err(Error::invalid(format!(
                "rows {number} to {} hold more than {MOST} bytes; write smaller batches",
                number + row as u64
            )));
        }
        into.rows.push(Ok(Row { fields, number: number + row as u64, line: None }));
    }
    Ok(size)
}

/// Null for what no call needs: times, binary, decimals.
fn value(array: &dyn Array, row: usize, size: &mut usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    *size += 8;
    let mut text = |text: &str| {
        *size += text.len();
        Value::from(text)
    };
    macro_rules! number {
        ($kind:ty) => {
            array.as_primitive::<$kind>().value(row).into()
        };
    }
    match array.data_type() {
        DataType::Utf8 => text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => text(array.as_string_view().value(row)),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::List(_) => list(&*array.as_list::<i32>().value(row), size),
        DataType::LargeList(_) => list(&*array.as_list::<i64>().value(row), size),
        DataType::FixedSizeList(..) => list(&*array.as_fixed_size_list().value(row), size),
        DataType::Struct(_) => {
            let array = array.as_struct();
            let fields = array.fields().iter().zip(array.columns());
            let fields =
                fields.map(|(field, column)| (field.name().clone(), value(column, row, size)));
            Value::Object(fields.collect())
        }
        _ => Value::Null,
    }
}

fn list(array: &dyn Array, size: &mut usize) -> Value {
    (0..array.len()).map(|row| value(array, row, size)).collect()
}
