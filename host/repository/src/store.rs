//! What readers and the writer share: the segments, the index over them, and
//! the changes that the index does not hold yet.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::codec;
use crate::error::RepositoryError;
use crate::frame::FLAG_ZSTD;
use crate::index::{Changes, Index};
use crate::pointer::Pointer;
use crate::segment::Segments;

pub(crate) struct Store {
    pub(crate) segments: Segments,
    pub(crate) index: Index,
    /// Committed since the last checkpoint. sled gets to see them only when
    /// the segments that they point into are on disk.
    overlay: RwLock<Changes>,
}

/// A payload as its table decodes it.
pub(crate) struct Payload {
    pub(crate) schema: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Store {
    pub(crate) fn new(segments: Segments, index: Index) -> Self {
        Self { segments, index, overlay: RwLock::default() }
    }

    pub(crate) fn overlay(&self) -> RwLockReadGuard<'_, Changes> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn overlay_mut(&self) -> RwLockWriteGuard<'_, Changes> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lookup(&self, full_key: &[u8]) -> Result<Option<Pointer>, RepositoryError> {
        // The overlay is emptied only after sled has its entries, so a key is
        // never missing from both.
        if let Some(change) = self.overlay().get(full_key) {
            return Ok(*change);
        }
        self.index.get(full_key)
    }

    /// Reads, checks and decompresses the payload at `pointer`.
    pub(crate) fn payload(
        &self,
        full_key: &[u8],
        pointer: &Pointer,
    ) -> Result<Payload, RepositoryError> {
        let segment = self.segments.get(pointer.segment)?;
        let mut buffer = Vec::new();
        let (view, stored) = segment.read(pointer, full_key, &mut buffer)?;
        let schema = view.header.schema;
        if view.header.flags & FLAG_ZSTD == 0 {
            return Ok(Payload { schema, bytes: stored.to_vec() });
        }
        let bytes = codec::decompress(stored, view.header.raw_len as usize).ok_or_else(|| {
            segment.damaged(u64::from(pointer.offset), "a payload does not decompress")
        })?;
        Ok(Payload { schema, bytes })
    }
}

/// The places inside a repository's folder.
pub(crate) struct Layout<'a>(pub(crate) &'a Path);

impl Layout<'_> {
    pub(crate) fn segments(&self) -> PathBuf {
        self.0.join("segments")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// An index on its way out.
    pub(crate) fn old_index(&self) -> PathBuf {
        self.0.join("index.old")
    }

    /// Segments that `repair` replaced, kept for whoever wants to look.
    pub(crate) fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }
}
