//! Bytes that the host holds.

use std::fmt;

use crate::Result;
use crate::bindings::base::rehearsal::plugin::blobs as wit;

enum Inner {
    #[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "made in the sandbox"))]
    Host(wit::Blob),
    #[cfg(not(target_family = "wasm"))]
    Memory { name: String, bytes: std::sync::Arc<[u8]> },
}

/// A granted file or the body of an answer, read in pieces.
pub struct Blob {
    inner: Inner,
}

impl Blob {
    #[cfg(target_family = "wasm")]
    pub(crate) fn of_host(blob: wit::Blob) -> Self {
        Self { inner: Inner::Host(blob) }
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn of_memory(name: &str, bytes: std::sync::Arc<[u8]>) -> Self {
        Self { inner: Inner::Memory { name: name.to_owned(), bytes } }
    }

    /// Most bytes that one read may ask for.
    pub const MAX_READ: u32 = 16 * 1024 * 1024;

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.inner {
            Inner::Host(blob) => blob.len(),
            #[cfg(not(target_family = "wasm"))]
            Inner::Memory { bytes, .. } => bytes.len() as u64,
        }
    }

    /// At most `len` bytes from `offset`; fewer at the end, none past it.
    ///
    /// # Errors
    /// The file cannot be read, or changed under the reader.
    pub fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>> {
        match &self.inner {
            Inner::Host(blob) => blob.read(offset, len),
            #[cfg(not(target_family = "wasm"))]
            Inner::Memory { bytes, .. } => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(len as usize).min(bytes.len());
                Ok(bytes[start..end].to_vec())
            }
        }
    }

    /// The whole file, if it has no more than `limit` bytes.
    ///
    /// # Errors
    /// As [`Blob::read`]; or it is larger.
    pub fn read_all(&self, limit: u64) -> Result<Vec<u8>> {
        let size = self.size();
        if size > limit {
            return Err(crate::types::Error::invalid(format!(
                "{} has {size} bytes; at most {limit} are read",
                self.name()
            )));
        }
        let mut all = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        loop {
            let part = self.read(all.len() as u64, Self::MAX_READ)?;
            if part.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(&part);
        }
    }

    /// Its name, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.inner {
            Inner::Host(blob) => blob.name(),
            #[cfg(not(target_family = "wasm"))]
            Inner::Memory { name, .. } => name.clone(),
        }
    }

    pub(crate) fn into_host(self) -> Option<wit::Blob> {
        match self.inner {
            Inner::Host(blob) => Some(blob),
            #[cfg(not(target_family = "wasm"))]
            Inner::Memory { .. } => None,
        }
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Blob").field("name", &self.name()).finish_non_exhaustive()
    }
}
