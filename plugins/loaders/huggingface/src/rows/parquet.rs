//! Parquet: the wanted columns, read through ranges of the file, some rows at a time.

use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use rehearsal_sdk::prelude::*;

use super::blob::Ranges;
use super::{BYTES, ROWS, Rows, cells};
use rehearsal_rows::Mapping;

/// Rows decoded at once: few, since a row may be long.
const BATCH: usize = 100;
/// Rows of one chunk. Each chunk reads the footer again and skips to its place, so more
/// than of formats that are read from a byte.
const CHUNK: usize = 4 * ROWS;

pub(super) fn read(blob: Blob, offset: u64, mapping: &Mapping) -> Result<Rows> {
    let name = blob.name();
    let file = Arc::new(blob);
    let failed = |what: &dyn std::fmt::Display| Error::invalid(format!("{name}: {what}"));
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&Ranges(Arc::clone(&file)), options)
        .map_err(|error| failed(&format!("no readable Parquet file: {error}")))?;
    let columns: Vec<&str> = metadata.schema().fields().iter().map(|f| f.name().as_str()).collect();
    let wanted = mapping.wanted(&columns).map_err(|error| failed(&error.message()))?;
    let roots = (0..columns.len()).filter(|&index| wanted.contains(columns[index]));
    let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
    check_codecs(metadata.metadata(), &mask).map_err(|what| failed(&what))?;

    let mut rows = Rows::default();
    let mut first = 0;
    let mut bytes = 0;
    for (index, group) in metadata.metadata().row_groups().iter().enumerate() {
        let count = u64::try_from(group.num_rows()).map_err(|error| failed(&error))?;
        let here = offset + rows.rows.len() as u64;
        let behind = first + count;
        if here >= behind || count == 0 {
            first = behind;
            continue;
        }
        let skip = usize::try_from(here - first).map_err(|error| failed(&error))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
            Ranges(Arc::clone(&file)),
            metadata.clone(),
        );
        let reader = reader
            .with_row_groups(vec![index])
            .with_projection(mask.clone())
            .with_batch_size(BATCH)
            .with_offset(skip)
            .with_limit(CHUNK - rows.rows.len())
            .build()
            .map_err(|error| failed(&format!("row group {index}: {error}")))?;
        for batch in reader {
            let number = offset + rows.rows.len() as u64;
            let batch = batch.map_err(|error| failed(&format!("row {number}: {error}")))?;
            bytes += cells::rows(&batch, number, &mut rows).map_err(|e| failed(&e.message()))?;
            if rows.rows.len() >= CHUNK || bytes >= BYTES {
                rows.next = Some(offset + rows.rows.len() as u64);
                return Ok(rows);
            }
        }
        let read = offset + rows.rows.len() as u64;
        if read < behind {
            let what =
                format!("row group {index} says {count} rows and ends after {}", read - first);
            return Err(failed(&what));
        }
        first = behind;
    }
    Ok(rows)
}

/// Codecs in C are not part of a component.
fn check_codecs(metadata: &ParquetMetaData, mask: &ProjectionMask) -> Result<(), String> {
    for group in metadata.row_groups() {
        let wanted =
            group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
        for (_, column) in wanted {
            let codec = match column.compression() {
                Compression::UNCOMPRESSED
                | Compression::SNAPPY
                | Compression::GZIP(_)
                | Compression::LZ4
                | Compression::LZ4_RAW => continue,
                codec => format!("{codec:?}"),
            };
            return Err(format!(
                "column `{}` is compressed with {codec}, which this loader cannot read; write the \
                 file again with snappy: python -c \"import pyarrow.parquet as p; \
                 p.write_table(p.read_table('IN'), 'OUT', compression='snappy')\"",
                column.column_path().string()
            ));
        }
    }
    Ok(())
}
