//! What is broken in a segment, in words, and the search for it.

use std::fmt;
use std::path::PathBuf;

use crate::error::{RepositoryError, printable};
use crate::frame::SEGMENT_HEADER;
use crate::kind::Kind;
use crate::scan::{Scanner, Step};
use crate::segment::Segment;

/// A place in a segment that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment file.
    pub path: PathBuf,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// What does not fit.
    pub reason: &'static str,
    /// The record that is lost, where its head can still be read.
    pub record: Option<LostRecord>,
}

/// A record whose payload is gone but whose name is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostRecord {
    /// Its kind; `None` for one of a newer version.
    pub kind: Option<Kind>,
    /// Its key.
    pub key: Vec<u8>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.path.display(), self.offset, self.reason)?;
        if let Some(LostRecord { kind, key }) = &self.record {
            let kind = kind.map_or("record of an unknown kind", Kind::name);
            write!(f, "; the {kind} {} is lost", printable(key))?;
        }
        Ok(())
    }
}

/// Reads the whole segment and says what in it is damaged.
pub(crate) fn verify(segment: &Segment) -> Result<Vec<Damage>, RepositoryError> {
    let mut damage = Vec::new();
    let mut scanner = Scanner::new(segment, SEGMENT_HEADER as u64, 0)?;
    while let Some(step) = scanner.next()? {
        if let Step::Broken { offset, reason, .. } = step {
            damage.push(Damage { path: segment.path.clone(), offset, reason, record: None });
        }
    }
    Ok(damage)
}
