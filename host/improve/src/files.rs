//! Files of models: hashed, and in a folder that appears all at once.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use rehearsal_dataset::FileRecord;
use sha2::{Digest, Sha256};

use crate::ImproveError;

/// Writes a small file so that it outlasts a power cut.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<FileRecord, ImproveError> {
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(ImproveError::io("write", &path))?;
    Ok(FileRecord {
        path: name.to_owned(),
        bytes: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
    })
}

/// What a file of any length is listed as.
pub(crate) fn record(folder: &Path, name: &str) -> Result<FileRecord, ImproveError> {
    let path = folder.join(name);
    let read = || -> io::Result<(u64, String)> {
        let mut file = File::open(&path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let length = file.read(&mut buffer)?;
            if length == 0 {
                return Ok((bytes, hex(&hasher.finalize())));
            }
            bytes += length as u64;
            hasher.update(&buffer[..length]);
        }
    };
    let (bytes, sha256) = read().map_err(ImproveError::io("read", &path))?;
    Ok(FileRecord { path: name.to_owned(), bytes, sha256 })
}

/// Names of all files under a folder, relative to it, sorted. Links are not followed.
pub(crate) fn all(folder: &Path) -> Result<Vec<String>, ImproveError> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).map_err(ImproveError::io("list", &next))? {
            let entry = entry.map_err(ImproveError::io("list", &next))?;
            let kind = entry.file_type().map_err(ImproveError::io("list", &next))?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file()
                && let Ok(name) = entry.path().strip_prefix(folder)
            {
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// An empty folder, whatever stood there.
pub(crate) fn fresh(folder: &Path) -> Result<(), ImproveError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(ImproveError::io("remove", folder)(error));
        }
        _ => {}
    }
    fs::create_dir_all(folder).map_err(ImproveError::io("create", folder))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
