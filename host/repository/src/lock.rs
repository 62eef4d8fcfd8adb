//! One process at a time: an advisory lock that ends with its holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::RepositoryError;

/// Holds the repository for as long as it lives. The kernel lets go of it when
/// the process ends, however it ends, so there is no stale lock to clean up.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn acquire(root: &Path) -> Result<Self, RepositoryError> {
        let path = root.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(RepositoryError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Best effort: without the id the message is still right.
                let _ = file.read_to_string(&mut holder);
                return Err(RepositoryError::InUse {
                    path: root.to_owned(),
                    pid: holder.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(RepositoryError::Io { action: "lock", path, source });
            }
        }
        // The id only serves another process's message; a full disk must not
        // keep a repository from being opened for that.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}
