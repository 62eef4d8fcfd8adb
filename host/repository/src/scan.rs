//! Reading a segment from front to back, over whatever may be broken in it.

use std::os::unix::fs::FileExt;

use crate::error::RepositoryError;
use crate::frame::{RecordView, UNIT_HEADER, UnitHeader};
use crate::segment::Segment;

/// One step through a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A whole unit; its records are in [`Scanner::records`].
    Unit,
    /// All before this had reached the disk when it was written.
    Marker,
    /// Bytes that are no whole unit. Where the unit's header is whole, the
    /// records that survive are in [`Scanner::records`]; else there are none.
    Broken { offset: u64, reason: &'static str, resumes: bool },
}

/// Walks over a segment's units in order. Holds one unit in memory.
pub(crate) struct Scanner<'a> {
    segment: &'a Segment,
    at: u64,
    end: u64,
    sequence: u64,
    body: Vec<u8>,
    body_at: u64,
}

impl<'a> Scanner<'a> {
    /// Starts at `at`, after the unit with number `sequence`.
    pub(crate) fn new(
        segment: &'a Segment,
        at: u64,
        sequence: u64,
    ) -> Result<Self, RepositoryError> {
        let end = segment.len()?;
        Ok(Self { segment, at, end, sequence, body: Vec::new(), body_at: at })
    }

    /// Where the next step begins: just behind the last one.
    pub(crate) const fn position(&self) -> u64 {
        self.at
    }

    /// The number of the last unit seen.
    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn next(&mut self) -> Result<Option<Step>, RepositoryError> {
        self.body.clear();
        if self.at >= self.end {
            return Ok(None);
        }
        let offset = self.at;
        let Some(salt) = self.segment.salt else {
            self.at = self.end;
            let reason = "the segment's header is damaged";
            return Ok(Some(Step::Broken { offset, reason, resumes: false }));
        };
        let mut head = [0; UNIT_HEADER];
        let there = (self.end - self.at).min(UNIT_HEADER as u64) as usize;
        self.read(&mut head[..there], self.at)?;
        match UnitHeader::parse(&head[..there], salt) {
            Some(header) if header.marker => {
                self.at += UNIT_HEADER as u64;
                Ok(Some(Step::Marker))
            }
            Some(header) if header.sequence > self.sequence => self.unit(offset, header).map(Some),
            Some(_) => self.resync(offset, "a unit is out of order").map(Some),
            None => self.resync(offset, "no whole unit begins here").map(Some),
        }
    }

    fn unit(&mut self, offset: u64, header: UnitHeader) -> Result<Step, RepositoryError> {
        self.sequence = header.sequence;
        self.body_at = offset + UNIT_HEADER as u64;
        let there = u64::from(header.body_len).min(self.end - self.body_at);
        let mut body = std::mem::take(&mut self.body);
        body.resize(there as usize, 0);
        self.read(&mut body, self.body_at)?;
        self.body = body;
        self.at = self.body_at + there;
        if there < u64::from(header.body_len) {
            let reason = "the file ends inside a unit";
            return Ok(Step::Broken { offset, reason, resumes: false });
        }
        if crc32fast::hash(&self.body) != header.body_crc {
            let reason = "a unit does not match its CRC";
            return Ok(Step::Broken { offset, reason, resumes: self.at < self.end });
        }
        Ok(Step::Unit)
    }

    /// Goes on at the next thing that is surely a unit's header.
    fn resync(&mut self, offset: u64, reason: &'static str) -> Result<Step, RepositoryError> {
        let sequence = self.sequence;
        let found = self.search(offset + 1, |header| {
            header.sequence > sequence || header.marker && header.sequence == sequence
        })?;
        self.at = found.unwrap_or(self.end);
        Ok(Step::Broken { offset, reason, resumes: found.is_some() })
    }

    /// Whether a marker lies behind `offset`, so that what is before it had
    /// reached the disk and is damaged rather than cut short.
    pub(crate) fn marker_after(&self, offset: u64) -> Result<bool, RepositoryError> {
        Ok(self.search(offset + 1, |header| header.marker)?.is_some())
    }

    fn search(
        &self,
        from: u64,
        wanted: impl Fn(&UnitHeader) -> bool,
    ) -> Result<Option<u64>, RepositoryError> {
        let Some(salt) = self.segment.salt else { return Ok(None) };
        let mut chunk = vec![0; 1 << 20];
        let mut at = from;
        while at + UNIT_HEADER as u64 <= self.end {
            let length = (self.end - at).min(chunk.len() as u64) as usize;
            self.read(&mut chunk[..length], at)?;
            // Headers across the border are found in the next chunk, which
            // begins where the last possible start of this one was.
            let starts = length - UNIT_HEADER + 1;
            let found = (0..starts).find(|&start| {
                matches!(chunk[start], b'U' | b'S')
                    && UnitHeader::parse(&chunk[start..length], salt).is_some_and(|h| wanted(&h))
            });
            if let Some(start) = found {
                return Ok(Some(at + start as u64));
            }
            at += starts as u64;
        }
        Ok(None)
    }

    /// The records of the unit just passed, each with its offset in the segment.
    pub(crate) fn records(&self) -> Records<'_> {
        Records { body: &self.body, at: 0, body_at: self.body_at }
    }

    fn read(&self, buffer: &mut [u8], at: u64) -> Result<(), RepositoryError> {
        self.segment
            .file
            .read_exact_at(buffer, at)
            .map_err(RepositoryError::io("read", &self.segment.path))
    }
}

/// The records of one unit, up to the first whose head is broken.
pub(crate) struct Records<'a> {
    body: &'a [u8],
    at: usize,
    body_at: u64,
}

impl<'a> Iterator for Records<'a> {
    type Item = (u64, RecordView<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let view = RecordView::parse(self.body.get(self.at..)?)?;
        let offset = self.body_at + self.at as u64;
        self.at += view.header.frame_len();
        Some((offset, view))
    }
}
