//! A blob as the readers of columnar formats want it.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use rehearsal_sdk::prelude::Blob;

/// Ranges of a blob, for Parquet.
pub(super) struct Ranges(pub(super) Arc<Blob>);

impl Length for Ranges {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Ranges {
    type T = io::BufReader<Stream>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(io::BufReader::with_capacity(64 * 1024, Stream::at(Arc::clone(&self.0), start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // What the file claims is checked before memory is reserved for it.
        if start.saturating_add(length as u64) > self.0.size() {
            return Err(ParquetError::EOF(format!("the file ends before byte {start} + {length}")));
        }
        let mut bytes = Vec::with_capacity(length);
        self.get_read(start)?.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A blob read from front to back, whose place can be seen and set from outside.
pub(super) struct Stream {
    blob: Arc<Blob>,
    at: Arc<AtomicU64>,
}

impl Stream {
    pub(super) fn at(blob: Arc<Blob>, start: u64) -> Self {
        Self { blob, at: Arc::new(AtomicU64::new(start)) }
    }

    /// Its place, in bytes.
    pub(super) fn place(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.at)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX).min(Blob::MAX_READ);
        let at = self.at.load(Ordering::Relaxed);
        let bytes = self.blob.read(at, len).map_err(|error| io::Error::other(error.message()))?;
        let bytes = &bytes[..bytes.len().min(buffer.len())];
        buffer[..bytes.len()].copy_from_slice(bytes);
        self.at.store(at + bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }
}
