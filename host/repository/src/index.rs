//! sled, kept at arm's length: every call is guarded against its panics, and
//! nothing in it is beyond rebuilding.
//!
//! One tree holds everything, so that one batch is one atomic change: under the
//! kind's number and the key a record's [`Pointer`], under 0 the ledger and the
//! mark up to which the segments are taken in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::RepositoryError;
use crate::ledger::{KindTally, Ledger, Mark, SegmentTally};
use crate::pointer::Pointer;
use crate::segment::{create_directory, sync_directory};

const STATE: u8 = 0;

/// Changes to the index that become visible together.
pub(crate) type Changes = BTreeMap<Box<[u8]>, Option<Pointer>>;

/// A full key (the kind's number, then the caller's key) and its pointer.
pub(crate) type Found = (Box<[u8]>, Pointer);

pub(crate) struct Index {
    path: PathBuf,
    /// Its presence tells the next open to rebuild.
    suspect: PathBuf,
    /// `None` once it is closed.
    db: Option<sled::Db>,
    /// sled flushes with `sync_file_range`, which a power cut undoes; this
    /// handle is for a real fsync of the same file.
    data: File,
}

impl Index {
    pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<Self, RepositoryError> {
        create_directory(path)?;
        // Half-written by a killed process, and enough to make sled refuse.
        remove_snapshots(path, ".generating")?;
        let db = match open_released(path, cache_bytes) {
            Err(RepositoryError::Index { .. }) => {
                // A snapshot only shortens recovery; without one sled reads its log.
                remove_snapshots(path, "")?;
                open_released(path, cache_bytes)
            }
            other => other,
        }?;
        let data_path = path.join("db");
        let data = File::open(&data_path).map_err(RepositoryError::io("open", &data_path))?;
        data.sync_all().map_err(RepositoryError::io("sync", &data_path))?;
        sync_directory(path)?;
        Ok(Self { path: path.to_owned(), suspect: suspect_flag(path), db: Some(db), data })
    }

    /// Runs `call` on sled; a panic or an error marks the index for rebuilding.
    fn call<T>(
        &self,
        call: impl FnOnce(&sled::Tree) -> sled::Result<T>,
    ) -> Result<T, RepositoryError> {
        let Some(db) = &self.db else {
            return Err(broken(&self.path, "it is closed".to_owned()));
        };
        guarded(&self.path, || call(db)).inspect_err(|error| {
            if matches!(error, RepositoryError::Index { .. }) {
                // Best effort: at worst the next open meets the same fault.
                let _ = File::create(&self.suspect);
            }
        })
    }

    pub(crate) fn get(&self, full_key: &[u8]) -> Result<Option<Pointer>, RepositoryError> {
        let Some(bytes) = self.call(|tree| tree.get(full_key))? else { return Ok(None) };
        self.pointer(&bytes).map(Some)
    }

    fn pointer(&self, bytes: &[u8]) -> Result<Pointer, RepositoryError> {
        Pointer::from_bytes(bytes).ok_or_else(|| {
            let _ = File::create(&self.suspect);
            broken(&self.path, "an entry has the wrong size".to_owned())
        })
    }

    pub(crate) fn range(
        &self,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
    ) -> Result<sled::Iter, RepositoryError> {
        self.call(|tree| Ok(tree.range::<Vec<u8>, _>((from, to))))
    }

    pub(crate) fn advance(
        &self,
        iterator: &mut sled::Iter,
    ) -> Result<Option<Found>, RepositoryError> {
        match self.call(|_| iterator.next().transpose())? {
            Some((key, value)) => Ok(Some((Box::from(&*key), self.pointer(&value)?))),
            None => Ok(None),
        }
    }

    /// Applies everything as one atomic batch. It lasts only after [`Self::sync`].
    pub(crate) fn apply(
        &self,
        changes: &Changes,
        ledger: &mut Ledger,
        mark: Mark,
    ) -> Result<(), RepositoryError> {
        let mut batch = sled::Batch::default();
        for (key, pointer) in changes {
            match pointer {
                Some(pointer) => batch.insert(&**key, &pointer.to_bytes()),
                None => batch.remove(&**key),
            }
        }
        let changed = ledger.take_changes();
        for (kind, tally) in changed.kinds {
            batch.insert(&[STATE, b'K', kind], numbers(&[tally.records, tally.bytes]));
        }
        for (id, tally) in changed.segments {
            let key = [&[STATE, b'S'][..], &id.to_be_bytes()].concat();
            match tally {
                Some(tally) => batch.insert(
                    key,
                    numbers(&[
                        u64::from(tally.salt),
                        tally.length,
                        tally.live_records,
                        tally.live_bytes,
                    ]),
                ),
                None => batch.remove(key),
            }
        }
        batch.insert(
            &[STATE, b'M'],
            numbers(&[u64::from(mark.segment), mark.offset, mark.sequence]),
        );
        self.call(|tree| tree.apply_batch(batch))
    }

    /// Makes all that was applied outlast a power cut.
    pub(crate) fn sync(&self) -> Result<(), RepositoryError> {
        self.call(|tree| tree.flush())?;
        self.data.sync_all().map_err(RepositoryError::io("sync", self.path.join("db")))
    }

    /// The mark and ledger of the last checkpoint that sled remembers.
    pub(crate) fn load(&self) -> Result<(Mark, Ledger), RepositoryError> {
        let mut mark = Mark::default();
        let (mut kinds, mut segments) = (BTreeMap::new(), BTreeMap::new());
        let entries = self.call(|tree| tree.scan_prefix([STATE]).collect::<Result<Vec<_>, _>>())?;
        for (key, value) in entries {
            let values: Vec<u64> = value.chunks_exact(8).map(be_u64).collect();
            match (&key[1..], &*values) {
                ([b'M'], &[segment, offset, sequence]) => {
                    mark = Mark { segment: segment as u32, offset, sequence };
                }
                (&[b'K', kind], &[records, bytes]) => {
                    kinds.insert(kind, KindTally { records, bytes });
                }
                (&[b'S', a, b, c, d], &[salt, length, live_records, live_bytes]) => {
                    let tally =
                        SegmentTally { salt: salt as u32, length, live_records, live_bytes };
                    segments.insert(u32::from_be_bytes([a, b, c, d]), tally);
                }
                _ => return Err(broken(&self.path, "its state is unreadable".to_owned())),
            }
        }
        Ok((mark, Ledger::new(kinds, segments)))
    }

    /// Bytes that the index occupies on disk.
    pub(crate) fn size_on_disk(&self) -> u64 {
        fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.metadata().ok())
            .map(|metadata| metadata.len())
            .sum()
    }
}

impl Index {
    /// Lets go of the files. Every later call fails.
    pub(crate) fn close(&mut self) {
        let db = self.db.take();
        // A broken sled may panic once more while it closes.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.close();
    }
}

/// The file whose presence beside an index makes the next open rebuild it.
pub(crate) fn suspect_flag(index: &Path) -> PathBuf {
    index.with_extension("suspect")
}

/// Waits for the threads of a sled that this process has just closed: they may
/// hold its lock a little longer. No other process can, for the repository's
/// own lock is taken before.
fn open_released(path: &Path, cache_bytes: u64) -> Result<sled::Db, RepositoryError> {
    let mut result = open_sled(path, cache_bytes);
    for _ in 0..50 {
        match &result {
            Err(RepositoryError::Index { reason, .. })
                if reason.contains("could not acquire lock") =>
            {
                std::thread::sleep(Duration::from_millis(20));
                result = open_sled(path, cache_bytes);
            }
            _ => break,
        }
    }
    result
}

fn open_sled(path: &Path, cache_bytes: u64) -> Result<sled::Db, RepositoryError> {
    guarded(path, || {
        sled::Config::new()
            .path(path)
            .mode(sled::Mode::LowSpace)
            // Large segments keep leaves out of `blobs/`, which sled never
            // fsyncs; with the default ones power cuts left it unusable.
            .segment_size(8 << 20)
            .flush_every_ms(Some(500))
            .cache_capacity(cache_bytes)
            .open()
    })
}

fn guarded<T>(path: &Path, call: impl FnOnce() -> sled::Result<T>) -> Result<T, RepositoryError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) => Err(match error.kind() {
            // sled's own words for damage that it finds in its files.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::Other => {
                broken(path, error.to_string())
            }
            _ => RepositoryError::io("use", path)(error),
        }),
        Ok(Err(error)) => Err(broken(path, error.to_string())),
        Err(payload) => {
            let said = payload
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| payload.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Err(broken(path, said.unwrap_or_else(|| "sled panicked".to_owned())))
        }
    }
}

fn broken(path: &Path, reason: String) -> RepositoryError {
    RepositoryError::Index { path: path.to_owned(), reason }
}

fn remove_snapshots(path: &Path, suffix: &str) -> Result<(), RepositoryError> {
    let failed = || RepositoryError::io("list", path);
    for entry in fs::read_dir(path).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(suffix) {
            fs::remove_file(entry.path()).map_err(RepositoryError::io("remove", entry.path()))?;
        }
    }
    Ok(())
}

fn numbers(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn be_u64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
