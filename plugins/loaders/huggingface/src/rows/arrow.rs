//! Arrow streams, as `save_to_disk` writes them: a schema, then record batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_ipc::reader::StreamReader;
use rehearsal_dialogue::Cursor;
use rehearsal_sdk::prelude::*;

use super::blob::Stream;
use super::{BYTES, ROWS, Rows, cells};
use rehearsal_rows::Mapping;

pub(super) fn read(blob: Blob, offset: u64, mapping: &Mapping) -> Result<Rows> {
    let name = blob.name();
    let failed = |what: &dyn std::fmt::Display| Error::invalid(format!("{name}: {what}"));
    if blob.read(0, 6)? == b"ARROW1" {
        return Err(failed(
            &"an Arrow file, where `save_to_disk` writes Arrow streams; write it as Parquet",
        ));
    }
    let blob = Arc::new(blob);
    let schema = StreamReader::try_new(Stream::at(Arc::clone(&blob), 0), None)
        .map_err(|error| failed(&format!("no readable Arrow stream: {error}")))?
        .schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let wanted = mapping.wanted(&columns).map_err(|error| failed(&error.message()))?;
    let projection = (0..columns.len()).filter(|&at| wanted.contains(columns[at])).collect();
    let stream = Stream::at(blob, 0);
    let place = stream.place();
    // The reader has the schema and no buffer, so it can be set down anywhere else.
    let reader = StreamReader::try_new(stream, Some(projection));
    let mut reader = reader.map_err(|error| failed(&error))?;
    let from = Cursor::unpack(offset);
    if offset > 0 {
        place.store(from.byte, Ordering::Relaxed);
    }
    let mut rows = Rows::default();
    let mut bytes = 0;
    loop {
        let number = from.lines + rows.rows.len() as u64;
        let Some(batch) = reader.next() else { return Ok(rows) };
        let batch = batch.map_err(|error| failed(&format!("row {number}: {error}")))?;
        bytes += cells::rows(&batch, number, &mut rows).map_err(|e| failed(&e.message()))?;
        if rows.rows.len() >= ROWS || bytes >= BYTES {
            let lines = from.lines + rows.rows.len() as u64;
            let byte = place.load(Ordering::Relaxed);
            rows.next = Some(Cursor { byte, lines }.pack(&name)?);
            return Ok(rows);
        }
    }
}
