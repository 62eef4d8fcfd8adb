//! Files that know their own hash, and folders that appear all at once.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::DatasetError;
use crate::manifest::FileRecord;
use crate::merkle::hex;

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
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(DatasetError::io("create", folder))?;
        }
        let out = File::create(&path).map_err(DatasetError::io("create", &path))?;
        Ok(Self {
            path,
            name: name.to_owned(),
            out: BufWriter::with_capacity(1 << 16, out),
            hasher: Sha256::new(),
            bytes: 0,
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), DatasetError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(DatasetError::io("write", &self.path))
    }

    pub(crate) fn finish(self) -> Result<FileRecord, DatasetError> {
        let Self { path, name, out, hasher, bytes } = self;
        let file = out
            .into_inner()
            .map_err(|error| DatasetError::io("write", &path)(error.into_error()))?;
        file.sync_all().map_err(DatasetError::io("write", &path))?;
        Ok(FileRecord { path: name, bytes, sha256: hex(&hasher.finalize()) })
    }
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
