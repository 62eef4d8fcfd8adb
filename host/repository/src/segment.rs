//! Segment files: numbered, append-only, the truth from which all else is rebuilt.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::RepositoryError;
use crate::frame::{self, RecordView, SEGMENT_HEADER, SegmentHeader};
use crate::pointer::Pointer;

/// Open files kept for reading. Far below the usual 1,024 a process may open.
const OPEN_FILES: usize = 128;

/// From this size on, in bytes, a read first asks whether the file has so much.
const LARGE: usize = 1 << 20;

/// One open segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: u32,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// `None` when the header is damaged: records can still be read by pointer,
    /// but units can no longer be told apart.
    pub(crate) salt: Option<u32>,
}

impl Segment {
    fn open(directory: &Path, id: u32) -> Result<Self, RepositoryError> {
        let path = directory.join(file_name(id));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(RepositoryError::io("open", &path))?;
        let mut bytes = [0; SEGMENT_HEADER];
        let salt = match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => match frame::parse_segment_header(&bytes) {
                SegmentHeader::Salt(salt) => Some(salt),
                SegmentHeader::Broken => None,
                SegmentHeader::Newer(found) => {
                    let supported = frame::FORMAT;
                    return Err(RepositoryError::NewerFormat { path, found, supported });
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(RepositoryError::io("read", &path)(error)),
        };
        Ok(Self { id, path, file, salt })
    }

    /// Creates the file so that it outlasts a power cut: contents first, then
    /// the folder's entry.
    fn create(directory: &Path, id: u32) -> Result<Self, RepositoryError> {
        let path = directory.join(file_name(id));
        // The salt has to be unknown to whoever writes texts, not secret.
        let salt = RandomState::new().build_hasher().finish() as u32;
        let created = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|file| {
                file.write_all_at(&frame::segment_header(salt), 0)?;
                file.sync_all()?;
                Ok(file)
            })
            .map_err(RepositoryError::io("create", &path));
        let file = match created {
            Ok(file) => file,
            Err(error) => {
                // Half a header would only be reported as damage later.
                let _ = fs::remove_file(&path);
                return Err(error);
            }
        };
        sync_directory(directory)?;
        Ok(Self { id, path, file, salt: Some(salt) })
    }

    pub(crate) fn len(&self) -> Result<u64, RepositoryError> {
        let metadata = self.file.metadata().map_err(RepositoryError::io("inspect", &self.path))?;
        Ok(metadata.len())
    }

    pub(crate) fn sync(&self) -> Result<(), RepositoryError> {
        self.file.sync_data().map_err(RepositoryError::io("sync", &self.path))
    }

    pub(crate) fn damaged(&self, offset: u64, reason: &'static str) -> RepositoryError {
        RepositoryError::Damaged { path: self.path.clone(), offset, reason }
    }

    /// Reads the frame at `pointer` into `buffer` and checks that it is the
    /// record of `full_key` (kind byte, then key) that the index means.
    pub(crate) fn read<'a>(
        &self,
        pointer: &Pointer,
        full_key: &[u8],
        buffer: &'a mut Vec<u8>,
    ) -> Result<(RecordView<'a>, &'a [u8]), RepositoryError> {
        let offset = u64::from(pointer.offset);
        // A broken index may ask for anything: look before reserving much.
        if pointer.length as usize > LARGE && offset + u64::from(pointer.length) > self.len()? {
            return Err(self.damaged(offset, "the file ends early"));
        }
        buffer.clear();
        buffer.resize(pointer.length as usize, 0);
        self.file.read_exact_at(buffer, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged(offset, "the file ends early"),
            _ => RepositoryError::io("read", &self.path)(error),
        })?;
        let view = RecordView::parse(buffer)
            .ok_or_else(|| self.damaged(offset, "a record's head does not match its CRC"))?;
        let same_key = full_key.split_first() == Some((&view.header.kind, view.key));
        if !same_key || view.header.fingerprint != pointer.fingerprint {
            return Err(self.damaged(offset, "another record is where the index points"));
        }
        let stored = view
            .stored()
            .ok_or_else(|| self.damaged(offset, "a record's payload does not match its CRC"))?;
        Ok((view, stored))
    }
}

/// The folder of segments and the files open in it.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) directory: PathBuf,
    open: RwLock<HashMap<u32, Arc<Segment>>>,
}

impl Segments {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory, open: RwLock::default() }
    }

    /// The numbers of all segments, ascending.
    pub(crate) fn list(&self) -> Result<Vec<u32>, RepositoryError> {
        let failed = || RepositoryError::io("list", &self.directory);
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".seg"));
            ids.extend(id.and_then(|digits| digits.parse::<u32>().ok()));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    pub(crate) fn get(&self, id: u32) -> Result<Arc<Segment>, RepositoryError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(segment) = open.get(&id) {
            return Ok(Arc::clone(segment));
        }
        drop(open);
        let segment = Arc::new(Segment::open(&self.directory, id)?);
        self.keep(&segment);
        Ok(segment)
    }

    pub(crate) fn create(&self, id: u32) -> Result<Arc<Segment>, RepositoryError> {
        let segment = Arc::new(Segment::create(&self.directory, id)?);
        self.keep(&segment);
        Ok(segment)
    }

    fn keep(&self, segment: &Arc<Segment>) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        // Reads go where work goes, so a full table is simply begun anew.
        if open.len() >= OPEN_FILES {
            open.clear();
        }
        open.insert(segment.id, Arc::clone(segment));
    }

    /// Takes the file out of use: to `quarantine` where given, else for good.
    pub(crate) fn retire(&self, id: u32, quarantine: Option<&Path>) -> Result<(), RepositoryError> {
        self.open.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let path = self.directory.join(file_name(id));
        match quarantine {
            Some(folder) => {
                create_directory(folder)?;
                fs::rename(&path, folder.join(file_name(id)))
                    .map_err(RepositoryError::io("move aside", &path))?;
                sync_directory(folder)?;
            }
            None => fs::remove_file(&path).map_err(RepositoryError::io("remove", &path))?,
        }
        sync_directory(&self.directory)
    }
}

/// Eight digits sort by name as they do by number.
pub(crate) fn file_name(id: u32) -> String {
    format!("{id:08}.seg")
}

/// Makes a folder's entries outlast a power cut.
pub(crate) fn sync_directory(path: &Path) -> Result<(), RepositoryError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(RepositoryError::io("sync", path))
}

/// A folder that only its owner can read: it holds confidential calls.
pub(crate) fn create_directory(path: &Path) -> Result<(), RepositoryError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(RepositoryError::io("create", path))
}
