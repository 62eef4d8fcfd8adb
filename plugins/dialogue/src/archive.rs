//! ZIP archives out of a granted file, a member at a time, whatever the archive claims.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use rehearsal_sdk::prelude::*;
use zip::ZipArchive;
use zip::result::ZipError;

/// Bytes asked of the host at once: most members are smaller.
const PIECE: usize = 64 * 1024;

/// An opened archive. Its directory is read, its members are not.
pub struct Archive<'a> {
    name: String,
    zip: ZipArchive<BufReader<BlobReader<'a>>>,
}

/// A member as the archive's directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive.
    pub name: String,
    /// Whether it is a file.
    pub is_file: bool,
}

impl<'a> Archive<'a> {
    /// Reads an archive's directory.
    ///
    /// # Errors
    /// It is no ZIP archive, or damaged.
    pub fn open(blob: &'a Blob) -> Result<Self> {
        let name = blob.name();
        let reader = BufReader::with_capacity(PIECE, BlobReader { blob, at: 0 });
        let zip = ZipArchive::new(reader).map_err(|error| {
            Error::invalid(format!("{name}: no readable ZIP archive: {}", plain(&error)))
        })?;
        Ok(Self { name, zip })
    }

    /// How many members it has, folders among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.zip.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zip.is_empty()
    }

    /// A member by its place in the directory.
    ///
    /// # Errors
    /// The directory's entry makes no sense.
    pub fn member(&mut self, index: usize) -> Result<Member> {
        let archive = self.name.clone();
        let file = self.zip.by_index_raw(index);
        let failed = |error: &ZipError| {
            Error::invalid(format!("{archive}: member {index}: {}", plain(error)))
        };
        let file = file.map_err(|error| failed(&error))?;
        let name = file.name().map_err(|error| failed(&error))?.into_owned();
        Ok(Member { name, is_file: file.is_file() })
    }

    /// The bytes of a member, if it has no more than `most`. What it claims to have is
    /// not believed: unpacking stops there.
    ///
    /// # Errors
    /// It is larger, encrypted, packed by an unknown method, or damaged.
    pub fn read(&mut self, index: usize, most: u64) -> Result<Vec<u8>> {
        let Member { name, .. } = self.member(index)?;
        let place = format!("{}/{name}", self.name);
        let file = self.zip.by_index(index);
        let file = file.map_err(|error| Error::invalid(format!("{place}: {}", plain(&error))))?;
        let mut bytes = Vec::new();
        let read = file.take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::invalid(format!("{place}: damaged: {error}")))?;
        if bytes.len() as u64 > most {
            return Err(Error::invalid(format!(
                "{place}: unpacks to more than {most} bytes; no transcript does"
            )));
        }
        Ok(bytes)
    }

    /// The place of a member by its path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<usize> {
        self.zip.index_for_name(path)
    }
}

fn plain(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(what) if what.contains("assword") => {
            "it is encrypted; unpack it first".to_owned()
        }
        ZipError::CompressionMethodNotSupported(method) => {
            format!("packed by method {method}; pack it with deflate, as every tool does")
        }
        error => error.to_string(),
    }
}

struct BlobReader<'a> {
    blob: &'a Blob,
    at: u64,
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX).min(Blob::MAX_READ);
        let bytes = self.blob.read(self.at, len).map_err(|e| io::Error::other(e.message()))?;
        let bytes = &bytes[..bytes.len().min(buffer.len())];
        buffer[..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for BlobReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.blob.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
