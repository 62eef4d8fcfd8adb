//! Answers that are kept as files: too large for memory, named by what is in them, so that
//! the same answer is kept once.

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use tempfile::NamedTempFile;

use crate::SendError;
use crate::shelf::{Full, Shelf};

/// The body of an answer as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it is; its name is its digest.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of its content.
    pub digest: [u8; 32],
}

/// Why an answer could not be kept.
#[derive(Debug)]
pub(crate) enum KeepError {
    /// It goes on after so many bytes.
    TooLarge(u64),
    /// It has no room beside what is kept.
    Full(Full),
    /// It broke off.
    Read(io::Error),
    /// The folder does not take it.
    Write(io::Error),
}

impl std::error::Error for KeepError {}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(most) => write!(f, "more than {most} bytes"),
            Self::Full(full) => SendError::from(full.clone()).fmt(f),
            Self::Read(error) | Self::Write(error) => error.fmt(f),
        }
    }
}

/// Bytes moved at once.
const PIECE: usize = 64 * 1024;

impl Kept {
    /// Reads `from` to its end into a file of `shelf`, at most `most` bytes and no more
    /// than there is room for. What breaks off leaves nothing behind. `announced` is the
    /// size that it is said to have: what has no room is not begun.
    pub(crate) fn keep(
        shelf: &Shelf,
        mut from: impl Read,
        announced: Option<u64>,
        most: u64,
    ) -> Result<Self, KeepError> {
        let folder = &shelf.folder;
        let held = shelf.held().map_err(KeepError::Write)?;
        let room = shelf.most.saturating_sub(held);
        match announced {
            Some(size) if size > most => return Err(KeepError::TooLarge(most)),
            Some(size) if size > room => {
                return Err(KeepError::Full(shelf.full(held, announced)));
            }
            _ => {}
        }
        fs::create_dir_all(folder).map_err(KeepError::Write)?;
        let mut file = NamedTempFile::new_in(folder).map_err(KeepError::Write)?;
        let mut hasher = blake3::Hasher::new();
        let (mut size, mut piece) = (0_u64, vec![0; PIECE]);
        loop {
            let read = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(KeepError::Read(error)),
            };
            size += read as u64;
            if size > most {
                return Err(KeepError::TooLarge(most));
            }
            if size > room {
                return Err(KeepError::Full(shelf.full(held, announced)));
            }
            hasher.update(&piece[..read]);
            file.write_all(&piece[..read]).map_err(KeepError::Write)?;
        }
        let digest = *hasher.finalize().as_bytes();
        let path = folder.join(HEXLOWER.encode(&digest));
        file.as_file().sync_all().map_err(KeepError::Write)?;
        file.persist(&path).map_err(|error| KeepError::Write(error.error))?;
        Ok(Self { path, size, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_off_or_is_too_large_leaves_nothing() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf { folder: folder.path().to_owned(), most: 400_000 };
        let keep = |from: &mut dyn Read| Kept::keep(&shelf, from, None, 200_000);
        let sound = vec![7; 200_000];
        assert!(matches!(keep(&mut [0; 200_001].as_slice()), Err(KeepError::TooLarge(200_000))));
        assert!(matches!(keep(&mut sound.as_slice().chain(Broken)), Err(KeepError::Read(_))));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let kept = keep(&mut sound.as_slice()).expect("it fits");
        assert_eq!(keep(&mut sound.as_slice()).expect("it fits"), kept);
        assert_eq!(fs::read(&kept.path).expect("a file"), sound);
        // Beside it there is room for half as much, whether its size is said before or not.
        let shelf = Shelf { most: 300_000, ..shelf.clone() };
        let announced = |size| Kept::keep(&shelf, [1; 150_000].as_slice(), size, 200_000);
        for size in [None, Some(150_000), Some(3)] {
            assert!(matches!(announced(size), Err(KeepError::Full(_))), "{size:?}");
        }
        assert!(matches!(announced(Some(200_001)), Err(KeepError::TooLarge(_))));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        assert_eq!(kept.digest, *blake3::hash(&sound).as_bytes());
    }
}
