//! Files that know their own hash, and folders that appear all at once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::DatasetError;
use crate::manifest::FileRecord;
use crate::merkle::hex;

/// What a finished file is listed as.
pub(crate) type Written = FileRecord;

/// A file being written, hashed on the way.
pub(crate) struct HashedFile {
    path: PathBuf,
    name: String,
    out: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
}

impl HashedFile {
    pub(crate) fn create(root: &Path, name: &str) -> Result<Self, DatasetError> {
        let path = root.join(name);
        make_folder_of(&path)?;
        let out = File::create(&path).map_err(DatasetError::io("create", &path))?;
        Ok(Self {
            path,
            name: name.to_owned(),
            out: BufWriter::with_capacity(1 << 16, out),
            hasher: Sha256::new(),
            bytes: 0,
        })
    }

    /// A whole small file.
    pub(crate) fn write_whole(
        root: &Path,
        name: &str,
        bytes: &[u8],
    ) -> Result<Written, DatasetError> {
        let mut file = Self::create(root, name)?;
        file.write_all(bytes).map_err(|error| file.failed(error))?;
        let written = file.finish()?;
        sync(root, &written)?;
        Ok(written)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn failed(&self, error: io::Error) -> DatasetError {
        DatasetError::io("write", &self.path)(error)
    }

    /// Closes it. It lies on the disk after [`sync`] only.
    pub(crate) fn finish(self) -> Result<Written, DatasetError> {
        let Self { path, name, mut out, hasher, bytes } = self;
        out.flush().map_err(DatasetError::io("write", &path))?;
        Ok(FileRecord { path: name, bytes, sha256: hex(&hasher.finalize()) })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Waits until a finished file lies on the disk.
pub(crate) fn sync(root: &Path, file: &Written) -> Result<(), DatasetError> {
    let path = root.join(&file.path);
    let synced = File::open(&path).and_then(|file| file.sync_all());
    synced.map_err(DatasetError::io("write", &path))
}

fn make_folder_of(path: &Path) -> Result<(), DatasetError> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder).map_err(DatasetError::io("create", folder)),
        None => Ok(()),
    }
}

/// Takes a file over from another folder without copying it where the file system
/// lets two names share one file.
pub(crate) fn take_over(from: &Path, to: &Path) -> Result<(), DatasetError> {
    make_folder_of(to)?;
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(_) => fs::copy(from, to).map(drop).map_err(DatasetError::io("copy", from)),
    }
}

/// An empty folder, whatever stood there.
pub(crate) fn fresh_folder(path: &Path) -> Result<(), DatasetError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(DatasetError::io("remove", path)(error));
        }
        _ => {}
    }
    fs::create_dir_all(path).map_err(DatasetError::io("create", path))
}

/// Puts `built` where `target` is, and removes what stood there.
pub(crate) fn replace_folder(built: &Path, target: &Path) -> Result<(), DatasetError> {
    let replace = DatasetError::io("replace", target);
    if target.exists() {
        // Exchanged in one step, so that a reader never finds the folder missing.
        let here = rustix::fs::CWD;
        let swap = rustix::fs::RenameFlags::EXCHANGE;
        match rustix::fs::renameat_with(here, built, here, target, swap) {
            Ok(()) => return fs::remove_dir_all(built).map_err(DatasetError::io("remove", built)),
            // A file system without the exchange: two steps.
            Err(_) => fs::remove_dir_all(target).map_err(DatasetError::io("remove", target))?,
        }
    }
    fs::rename(built, target).map_err(replace)
}
