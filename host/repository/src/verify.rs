//! Checking every CRC of a segment.

use crate::error::RepositoryError;
use crate::frame::SEGMENT_HEADER;
use crate::recover::Damage;
use crate::scan::{Scanner, Step};
use crate::segment::Segment;

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
