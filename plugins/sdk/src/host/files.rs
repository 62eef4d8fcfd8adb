//! Granted files.

use super::blobs::Blob;
use crate::Result;
#[cfg(target_family = "wasm")]
use crate::bindings::base::rehearsal::plugin::files as wit;
pub use crate::bindings::base::rehearsal::plugin::files::File as FileInfo;
#[cfg(not(target_family = "wasm"))]
use crate::testing::MemoryFiles;

/// Files that the operator granted, and nothing else of the disk.
#[derive(Clone)]
pub struct Files {
    #[cfg(not(target_family = "wasm"))]
    memory: MemoryFiles,
}

impl Files {
    /// The host's; natively none at all.
    pub(crate) fn of_host() -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            memory: MemoryFiles::default(),
        }
    }

    /// Natively: files in memory.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn of_memory(memory: MemoryFiles) -> Self {
        Self { memory }
    }

    /// Files whose names come after `after` in byte order, at most `limit`.
    ///
    /// # Errors
    /// The host cannot list what it granted.
    pub fn list(&self, after: Option<&str>, limit: u32) -> Result<Vec<FileInfo>> {
        #[cfg(target_family = "wasm")]
        return wit::list(after, limit);
        #[cfg(not(target_family = "wasm"))]
        Ok(self.memory.list(after, limit))
    }

    /// One file by its name.
    ///
    /// # Errors
    /// There is no such file among the granted ones.
    pub fn open(&self, name: &str) -> Result<Blob> {
        #[cfg(target_family = "wasm")]
        return wit::open(name).map(Blob::of_host);
        #[cfg(not(target_family = "wasm"))]
        self.memory.open(name).map(|bytes| Blob::of_memory(name, bytes))
    }

    /// One file's facts; none where there is no such file.
    ///
    /// # Errors
    /// The host cannot look.
    pub fn find(&self, name: &str) -> Result<Option<FileInfo>> {
        #[cfg(target_family = "wasm")]
        return wit::find(name);
        #[cfg(not(target_family = "wasm"))]
        Ok(self.memory.find(name))
    }

    /// As [`Files::open`]; none where there is no such file.
    ///
    /// # Errors
    /// The file is there and cannot be opened.
    pub fn open_if_present(&self, name: &str) -> Result<Option<Blob>> {
        self.find(name)?.map(|file| self.open(&file.name)).transpose()
    }
}
