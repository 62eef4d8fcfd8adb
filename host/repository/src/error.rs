//! What can go wrong, in words for the person who has to act on it.

use std::io;
use std::path::{Path, PathBuf};

use crate::kind::Kind;

/// Why a repository could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// Another process, or another part of this one, holds the repository.
    #[error("the repository {} is in use by {}; wait for it to end or stop it",
        path.display(), holder(*pid))]
    InUse {
        /// The repository's folder.
        path: PathBuf,
        /// The holder's process id, where it could be read.
        pid: Option<u32>,
    },
    /// The file system is full. Everything acknowledged is safe.
    #[error("no space left to {action} {}; free some and run again, nothing acknowledged is lost",
        path.display())]
    DiskFull {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused a file operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The index failed. It is rebuilt from the segments at the next open.
    #[error("the index {} failed: {reason}; run again, it will be rebuilt from the segments",
        path.display())]
    Index {
        /// The index's folder.
        path: PathBuf,
        /// sled's words.
        reason: String,
    },
    /// A record's bytes are not those that were written.
    #[error("{} is damaged at byte {offset}: {reason}; `repair` lists what is affected",
        path.display())]
    Damaged {
        /// The segment file.
        path: PathBuf,
        /// Where the record begins.
        offset: u64,
        /// What does not fit.
        reason: &'static str,
    },
    /// A payload was written in a schema that the table cannot read.
    #[error("the {kind} {key} was written in schema {found}, this version reads {expected}")]
    Schema {
        /// The record's kind.
        kind: Kind,
        /// The record's key.
        key: String,
        /// The schema on disk.
        found: u8,
        /// The table's schema.
        expected: u8,
    },
    /// A value cannot be encoded as postcard.
    #[error("cannot encode the {kind} {key}: {source}")]
    Encode {
        /// The record's kind.
        kind: Kind,
        /// The record's key.
        key: String,
        /// The codec's answer.
        source: postcard::Error,
    },
    /// A payload is whole but does not fit the table's type.
    #[error("cannot decode the {kind} {key}: {source}; was its type changed without a new schema?")]
    Decode {
        /// The record's kind.
        kind: Kind,
        /// The record's key.
        key: String,
        /// The codec's answer.
        source: postcard::Error,
    },
    /// A key, record or unit exceeds what the format can hold.
    #[error("{what} of {size} bytes is more than the {limit} that a repository can hold")]
    TooLarge {
        /// Which limit.
        what: &'static str,
        /// The size asked for, in bytes.
        size: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A newer version of the program wrote this.
    #[error("{} has format {found}, this version reads up to {supported}; use the newer version",
        path.display())]
    NewerFormat {
        /// The segment file.
        path: PathBuf,
        /// The format on disk.
        found: u8,
        /// The newest format known here.
        supported: u8,
    },
    /// A record's kind is unknown here, so it cannot be judged for erasure.
    #[error("{} holds records of kind {number}, written by a newer version; erase with that one",
        path.display())]
    UnknownKind {
        /// The segment file.
        path: PathBuf,
        /// The kind's number.
        number: u8,
    },
    /// The target of a backup holds something already.
    #[error("{} exists already; name a folder that does not, or remove it", path.display())]
    TargetExists {
        /// The target.
        path: PathBuf,
    },
    /// An earlier failure ended writing; opening again recovers.
    #[error("the repository no longer writes after an earlier failure ({reason}); open it again")]
    Stopped {
        /// The earlier failure.
        reason: String,
    },
}

impl RepositoryError {
    /// Wraps a file error, telling a full disk apart.
    pub(crate) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { action, path }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

fn holder(pid: Option<u32>) -> String {
    match pid {
        Some(pid) if pid == std::process::id() => "this very process".to_owned(),
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

/// A key as people can read it: text where it is text, else hexadecimal.
pub(crate) fn printable(key: &[u8]) -> String {
    match std::str::from_utf8(key) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => key.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
