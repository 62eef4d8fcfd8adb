//! The door: open, look up, commit, checkpoint.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::RepositoryError;
use crate::frame::SEGMENT_HEADER;
use crate::kind::Kind;
use crate::ledger::{Ledger, Mark};
use crate::lock::Lock;
use crate::recover::{Recovered, Recovery, recover};
use crate::segment::{Segment, Segments, create_directory, sync_directory};
use crate::store::{Layout, Store};
use crate::table::{Fingerprint, Table};
use crate::unit::{MAX_UNIT, Unit, full_key};
use crate::writer::Writer;

/// How a repository writes. The defaults suit a run on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A segment is ended before it would pass this. At most 2 GiB, for
    /// offsets are 32 bits wide and a unit may have 1 GiB.
    pub segment_bytes: u64,
    /// Units after which a checkpoint is made.
    pub checkpoint_units: u64,
    /// Written bytes after which a checkpoint is made.
    pub checkpoint_bytes: u64,
    /// A commit makes a checkpoint when the last one is older than this: slow
    /// work is made to last at once, fast work is gathered.
    pub checkpoint_age: Duration,
    /// Payloads from this size on are compressed, in bytes.
    pub compress_from: usize,
    /// zstd's level.
    pub compression_level: i32,
    /// What sled is asked to keep in memory, in bytes. It takes more.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 256 << 20,
            // Each checkpoint costs two fsyncs, some milliseconds in all.
            checkpoint_units: 1000,
            checkpoint_bytes: 16 << 20,
            checkpoint_age: Duration::from_secs(1),
            compress_from: 512,
            compression_level: 1,
            // Pages in memory take about three times what they take on disk: an index of a
            // million records is held whole by 64 MiB, which is then 200 MiB.
            cache_bytes: 8 << 20,
        }
    }
}

/// A folder of typed records. One process holds it at a time; in it, any
/// number of threads may read and commit through a shared reference.
///
/// What rewrites files ([`Self::compact`], [`Self::erase`], [`Self::repair`])
/// takes `&mut self`: no reader can be at work meanwhile.
pub struct Repository {
    pub(crate) root: PathBuf,
    pub(crate) options: Options,
    pub(crate) store: Store,
    writer: Mutex<Writer>,
    recovery: Recovery,
    // Last, so that it is let go of after sled has closed.
    _lock: Lock,
}

impl Repository {
    /// Opens the repository at `path`, creating it where there is none, and
    /// recovers what an unclean stop left. Commands that only read open it the
    /// same way: they wait for no one, and fail while a run holds it.
    ///
    /// # Errors
    /// [`RepositoryError::InUse`] while another process holds it; else what the
    /// file system said.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RepositoryError> {
        Self::open_with(path, Options::default())
    }

    /// Opens with other [`Options`]. They may differ from one time to the next.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, RepositoryError> {
        let root = path.as_ref().to_owned();
        let options =
            Options { segment_bytes: options.segment_bytes.min(2 * MAX_UNIT as u64), ..options };
        create_directory(&root)?;
        let lock = Lock::acquire(&root)?;
        let segments = Segments::new(Layout(&root).segments());
        create_directory(&segments.directory)?;
        sync_directory(&root)?;
        let recovered = recover(&root, &segments, options.cache_bytes)?;
        let (store, writer, recovery) = resume(segments, recovered)?;
        Ok(Self { root, options, store, writer: Mutex::new(writer), recovery, _lock: lock })
    }

    /// What opening found and did: worth telling the user unless it is empty.
    #[must_use]
    pub const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The repository's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The record of `table` under `key`.
    ///
    /// # Errors
    /// [`RepositoryError::Damaged`] when the record's bytes are not those that
    /// were written, [`RepositoryError::Schema`] when another version wrote it:
    /// what can be made again may take both for "not there".
    pub fn get<T: DeserializeOwned>(
        &self,
        table: &Table<T>,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<T>, RepositoryError> {
        let full_key = full_key(table.kind().number(), key.as_ref());
        let Some(pointer) = self.store.lookup(&full_key)? else { return Ok(None) };
        let payload = self.store.payload(&full_key, &pointer)?;
        table.decode(key.as_ref(), payload.schema, &payload.bytes).map(Some)
    }

    /// Whether there is a record. Reads the index only.
    ///
    /// # Errors
    /// When the index fails.
    pub fn contains(&self, kind: Kind, key: impl AsRef<[u8]>) -> Result<bool, RepositoryError> {
        Ok(self.fingerprint(kind, key)?.is_some())
    }

    /// The fingerprint that the record was put with: "is this unchanged?" in
    /// one look at the index.
    ///
    /// # Errors
    /// When the index fails.
    pub fn fingerprint(
        &self,
        kind: Kind,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<Fingerprint>, RepositoryError> {
        let pointer = self.store.lookup(&full_key(kind.number(), key.as_ref()))?;
        Ok(pointer.map(|pointer| pointer.fingerprint))
    }

    /// How many records of `kind` there are. Costs nothing.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.writer().ledger.kinds.get(&kind.number()).map_or(0, |tally| tally.records)
    }

    /// An empty unit to fill and [`commit`](Self::commit).
    #[must_use]
    pub fn unit(&self) -> Unit {
        Unit::new(self.options.compress_from, self.options.compression_level)
    }

    /// Makes a unit's changes visible, all at once, and returns its number.
    ///
    /// It outlasts the end of this process from here on, and a power cut from
    /// the next checkpoint on, which comes by itself (see [`Options`]) or by
    /// [`Self::checkpoint`]. Call that after work that was expensive.
    ///
    /// # Errors
    /// When the unit cannot be written; then none of it is visible. After
    /// [`RepositoryError::DiskFull`] on a segment it may be tried again; a
    /// full disk under the index, or [`RepositoryError::Stopped`], take a new
    /// opening. An automatic checkpoint that fails is reported here too,
    /// although the unit itself stands.
    pub fn commit(&self, unit: Unit) -> Result<u64, RepositoryError> {
        self.writer().commit(&self.store, &self.options, unit)
    }

    /// Makes all that was committed outlast a power cut, and returns the number
    /// of the last unit that does.
    ///
    /// # Errors
    /// When the disk refuses; the repository then has to be opened again.
    pub fn checkpoint(&self) -> Result<u64, RepositoryError> {
        self.writer().checkpoint(&self.store)
    }

    /// The number of the last unit that outlasts a power cut.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.writer().durable()
    }

    /// Makes a last checkpoint and lets go of the repository. Dropping it does
    /// the same, but cannot say whether it worked.
    ///
    /// # Errors
    /// As [`Self::checkpoint`].
    pub fn close(self) -> Result<(), RepositoryError> {
        self.checkpoint().map(drop)
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    // A panic in another thread cannot leave the writer half-changed where it
    // matters: the segment's end moves only after the unit is staged.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Both halves of a repository that nobody else can be using.
    pub(crate) fn exclusive(&mut self) -> (&mut Store, &mut Writer, &Options, &Path) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        (&mut self.store, writer, &self.options, &self.root)
    }
}

/// Sets up store and writer after a recovery, with a segment to append to.
pub(crate) fn resume(
    segments: Segments,
    recovered: Recovered,
) -> Result<(Store, Writer, Recovery), RepositoryError> {
    let Recovered { index, mut ledger, mut mark, appendable, report } = recovered;
    let last = segments.list()?.last().copied();
    let active = match last {
        // Not where the mark's own segment is gone: its place is in no other.
        Some(id) if appendable && id == mark.segment => segments.get(id)?,
        _ => {
            let id = last.unwrap_or(0) + 1;
            begin_segment(&segments, &mut ledger, &mut mark, id)?
        }
    };
    // Only a segment with a whole header is appendable.
    let salt = active.salt.unwrap_or_default();
    let writer = Writer::new(active, salt, mark, ledger);
    Ok((Store::new(segments, index), writer, report))
}

fn begin_segment(
    segments: &Segments,
    ledger: &mut Ledger,
    mark: &mut Mark,
    id: u32,
) -> Result<Arc<Segment>, RepositoryError> {
    let segment = segments.create(id)?;
    ledger.add_segment(id, segment.salt.unwrap_or_default());
    mark.segment = id;
    mark.offset = SEGMENT_HEADER as u64;
    ledger.set_length(id, mark.offset);
    Ok(segment)
}

impl Drop for Repository {
    fn drop(&mut self) {
        // Nothing is lost without it: the next open replays the segments.
        let _ = self.checkpoint();
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository").field("path", &self.root).finish_non_exhaustive()
    }
}
