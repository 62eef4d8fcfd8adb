//! Fingerprints of files: the digest of the content, computed once per change.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rehearsal_model::Digest;

/// What the file system says of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// With all links resolved.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970 of its last change.
    pub modified: u128,
}

/// Keeps fingerprints between runs, so that a large recording is read once.
pub trait FingerprintStore: Send + Sync {
    /// The digest kept for exactly this stamp.
    fn get(&self, stamp: &Stamp) -> Option<Digest>;
    /// Keeps a digest. Losing it costs time only.
    fn put(&self, stamp: &Stamp, digest: Digest);
}

/// Digests of files by content, remembered by path, size and time of change.
#[derive(Default)]
pub struct Fingerprints {
    known: Mutex<HashMap<Stamp, Digest>>,
    store: Option<Arc<dyn FingerprintStore>>,
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprints").finish_non_exhaustive()
    }
}

/// A file changed this recently may change again within the resolution of its time
/// stamp, so what was read of it is not remembered. File systems count in steps of up
/// to 2 s (FAT).
const UNSETTLED: Duration = Duration::from_secs(2);

impl Fingerprints {
    /// Remembers within the process only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers in `store`, too.
    #[must_use]
    pub fn with_store(store: Arc<dyn FingerprintStore>) -> Self {
        Self { known: Mutex::default(), store: Some(store) }
    }

    /// The digest of a file's content. Reads the file unless it is known.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(&self, path: &Path) -> io::Result<Digest> {
        let meta = fs::metadata(path)?;
        let changed = meta.modified()?;
        let modified =
            changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let stamp = Stamp { path: path.to_owned(), size: meta.len(), modified };
        if let Some(digest) = self.recall(&stamp) {
            return Ok(digest);
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(fs::File::open(path)?)?;
        let digest = Digest::from_bytes(*hasher.finalize().as_bytes());
        // A time in the future is no sign of a settled file, either.
        if changed.elapsed().is_ok_and(|age| age > UNSETTLED) {
            self.remember(stamp, digest);
        }
        Ok(digest)
    }

    fn recall(&self, stamp: &Stamp) -> Option<Digest> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(stamp).copied();
        known.or_else(|| {
            let digest = self.store.as_ref()?.get(stamp)?;
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(stamp.clone(), digest);
            Some(digest)
        })
    }

    fn remember(&self, stamp: Stamp, digest: Digest) {
        if let Some(store) = &self.store {
            store.put(&stamp, digest);
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(stamp, digest);
    }
}
