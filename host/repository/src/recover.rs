//! Opening after whatever happened: take in what the index lacks, cut what was
//! never finished, report what is damaged, rebuild what cannot be trusted.

use std::fs;
use std::io;
use std::path::Path;

use crate::damage::{Damage, LostRecord};
use crate::error::RepositoryError;
use crate::frame::{RecordView, SEGMENT_HEADER};
use crate::index::{Changes, Index, suspect_flag};
use crate::kind::Kind;
use crate::ledger::{Ledger, Mark, SegmentTally};
use crate::pointer::Pointer;
use crate::scan::{Scanner, Step};
use crate::segment::{Segment, Segments, file_name};
use crate::store::Layout;
use crate::unit::full_key;

/// Index entries that a replay gathers before it hands them to sled.
const BATCH: usize = 8192;

/// What opening a repository found and did. After a clean stop all is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Units taken from the segments because the index lacked them.
    pub units: u64,
    /// Records in those units.
    pub records: u64,
    /// Bytes at the end that belonged to no finished unit and were cut.
    pub cut_bytes: u64,
    /// Why the index was built anew, if it was.
    pub rebuilt: Option<String>,
    /// What is damaged. Records that were not hit are kept.
    pub damage: Vec<Damage>,
}

/// The index brought up to date, and where writing goes on.
pub(crate) struct Recovered {
    pub(crate) index: Index,
    pub(crate) ledger: Ledger,
    pub(crate) mark: Mark,
    /// Whether the last segment can be appended to.
    pub(crate) appendable: bool,
    pub(crate) report: Recovery,
}

/// Opens the index, rebuilding it where it is broken or does not fit the
/// segments, and replays what it lacks.
pub(crate) fn recover(
    root: &Path,
    segments: &Segments,
    cache_bytes: u64,
) -> Result<Recovered, RepositoryError> {
    remove_unborn(segments)?;
    let layout = Layout(root);
    let path = layout.index();
    // Left by a rebuild that was interrupted; the new one goes on from its mark.
    remove_folder(&layout.old_index())?;
    if suspect_flag(&path).exists() {
        return rebuild(root, segments, cache_bytes, "it failed when last used", Mark::default());
    }
    let opened = Index::open(&path, cache_bytes)
        .and_then(|index| index.load().map(|(mark, ledger)| (index, mark, ledger)));
    let (index, mark, ledger) = match opened {
        Ok(opened) => opened,
        Err(RepositoryError::Index { reason, .. }) => {
            return rebuild(root, segments, cache_bytes, &reason, Mark::default());
        }
        Err(error) => return Err(error),
    };
    let mut report = Recovery::default();
    let mut ledger = ledger;
    let ids = segments.list()?;
    forget_retired(&ids, &mut ledger);
    check_files(segments, &ids, &ledger, &mut report.damage)?;
    let known = ids.iter().filter(|&&id| id <= mark.segment);
    if !report.damage.is_empty() || !known.eq(ledger.segments.keys()) {
        drop(index);
        let reason = "it does not fit the segments";
        let mut recovered = rebuild(root, segments, cache_bytes, reason, mark)?;
        report.damage.append(&mut recovered.report.damage);
        recovered.report.damage = report.damage;
        return Ok(recovered);
    }
    Replay::new(index, ledger, mark, mark, report).run(segments)
}

/// Builds the index anew from the segments. Stopped half-way, the next open
/// goes on from its mark. `durable` is the last place known to be on disk.
pub(crate) fn rebuild(
    root: &Path,
    segments: &Segments,
    cache_bytes: u64,
    reason: &str,
    durable: Mark,
) -> Result<Recovered, RepositoryError> {
    let layout = Layout(root);
    let (path, old) = (layout.index(), layout.old_index());
    remove_folder(&old)?;
    match fs::rename(&path, &old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(RepositoryError::io("move aside", &path)(error));
        }
        _ => {}
    }
    let _ = fs::remove_file(suspect_flag(&path));
    let index = Index::open(&path, cache_bytes)?;
    let report = Recovery { rebuilt: Some(reason.to_owned()), ..Recovery::default() };
    let recovered =
        Replay::new(index, Ledger::default(), Mark::default(), durable, report).run(segments)?;
    // Nothing in it that the segments do not say; and it may name erased keys.
    remove_folder(&old)?;
    Ok(recovered)
}

/// A rewrite removes a segment's file before the index forgets it.
fn forget_retired(ids: &[u32], ledger: &mut Ledger) {
    let gone = |(id, tally): (&u32, &SegmentTally)| {
        (tally.live_records == 0 && !ids.contains(id)).then_some(*id)
    };
    let retired: Vec<u32> = ledger.segments.iter().filter_map(gone).collect();
    retired.into_iter().for_each(|id| ledger.remove_segment(id));
}

/// Compares the files with what the index knows of them.
fn check_files(
    segments: &Segments,
    ids: &[u32],
    ledger: &Ledger,
    damage: &mut Vec<Damage>,
) -> Result<(), RepositoryError> {
    for (&id, tally) in &ledger.segments {
        let mut note = |offset, reason| {
            let path = segments.directory.join(file_name(id));
            damage.push(Damage { path, offset, reason, record: None });
        };
        if !ids.contains(&id) {
            note(0, "the segment is missing");
            continue;
        }
        let segment = segments.get(id)?;
        if segment.salt.unwrap_or_default() != tally.salt {
            note(0, "the segment's header is not the one that was written");
        } else if segment.len()? < tally.length {
            note(segment.len()?, "the segment is shorter than what was acknowledged");
        }
    }
    Ok(())
}

/// Removes a last segment that was created but never got its header.
fn remove_unborn(segments: &Segments) -> Result<(), RepositoryError> {
    if let Some(&id) = segments.list()?.last()
        && segments.get(id)?.len()? < SEGMENT_HEADER as u64
    {
        segments.retire(id, None)?;
    }
    Ok(())
}

fn remove_folder(path: &Path) -> Result<(), RepositoryError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(RepositoryError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

struct Replay {
    index: Index,
    ledger: Ledger,
    mark: Mark,
    durable: Mark,
    changes: Changes,
    appendable: bool,
    report: Recovery,
}

impl Replay {
    fn new(index: Index, ledger: Ledger, mark: Mark, durable: Mark, report: Recovery) -> Self {
        Self { index, ledger, mark, durable, changes: Changes::new(), appendable: true, report }
    }

    fn run(mut self, segments: &Segments) -> Result<Recovered, RepositoryError> {
        let mut ids = segments.list()?;
        ids.retain(|&id| id >= self.mark.segment);
        let last = ids.last().copied();
        for id in ids {
            let segment = segments.get(id)?;
            // What a killed process wrote may still be on its way to the disk.
            segment.sync()?;
            if id > self.mark.segment {
                self.ledger.add_segment(id, segment.salt.unwrap_or_default());
                self.mark.segment = id;
                self.mark.offset = SEGMENT_HEADER as u64;
            }
            self.replay(&segment, Some(id) == last)?;
        }
        if self.report.units > 0 || self.report.rebuilt.is_some() {
            self.flush()?;
            self.index.sync()?;
        }
        let Self { index, ledger, mark, appendable, report, .. } = self;
        Ok(Recovered { index, ledger, mark, appendable, report })
    }

    fn replay(&mut self, segment: &Segment, last: bool) -> Result<(), RepositoryError> {
        let mut scanner = Scanner::new(segment, self.mark.offset, self.mark.sequence)?;
        self.appendable = segment.salt.is_some();
        while let Some(step) = scanner.next()? {
            match step {
                Step::Unit => {
                    self.report.units += 1;
                    self.take(segment, &scanner, true)?;
                }
                Step::Marker => {}
                Step::Broken { offset, reason, resumes } => {
                    let acknowledged =
                        (segment.id, offset) < (self.durable.segment, self.durable.offset);
                    if last
                        && !acknowledged
                        && segment.salt.is_some()
                        && !scanner.marker_after(offset)?
                    {
                        return self.cut(segment, offset);
                    }
                    self.damage(segment, offset, reason);
                    self.take(segment, &scanner, false)?;
                    self.appendable = resumes;
                }
            }
            self.mark.offset = scanner.position();
            self.mark.sequence = scanner.sequence();
            if self.changes.len() >= BATCH {
                self.flush()?;
            }
        }
        self.ledger.set_length(segment.id, self.mark.offset);
        Ok(())
    }

    /// Takes in a unit's records: all of a whole one, of a damaged one those
    /// that can still be read.
    fn take(
        &mut self,
        segment: &Segment,
        scanner: &Scanner<'_>,
        whole: bool,
    ) -> Result<(), RepositoryError> {
        for (offset, view) in scanner.records() {
            if !whole && view.stored().is_none() {
                let kind = Kind::from_number(view.header.kind);
                self.report.damage.push(Damage {
                    path: segment.path.clone(),
                    offset,
                    reason: "a record's payload does not match its CRC",
                    record: Some(LostRecord { kind, key: view.key.to_vec() }),
                });
                // Gone, rather than silently as it was before.
                self.stage(segment.id, offset, &view, true)?;
                continue;
            }
            self.report.records += 1;
            let gone = view.header.is_deletion();
            self.stage(segment.id, offset, &view, gone)?;
        }
        Ok(())
    }

    fn stage(
        &mut self,
        segment: u32,
        offset: u64,
        view: &RecordView<'_>,
        gone: bool,
    ) -> Result<(), RepositoryError> {
        let header = &view.header;
        let key = full_key(header.kind, view.key).into_boxed_slice();
        let old = match self.changes.get(&key) {
            Some(change) => *change,
            None => self.index.get(&key)?,
        };
        let new = (!gone).then(|| Pointer {
            segment,
            offset: offset as u32,
            length: header.frame_len() as u32,
            fingerprint: header.fingerprint,
        });
        self.ledger.change(header.kind, old, new);
        self.changes.insert(key, new);
        Ok(())
    }

    fn cut(&mut self, segment: &Segment, offset: u64) -> Result<(), RepositoryError> {
        self.report.cut_bytes = segment.len()? - offset;
        segment.file.set_len(offset).map_err(RepositoryError::io("truncate", &segment.path))?;
        segment.sync()?;
        self.ledger.set_length(segment.id, offset);
        Ok(())
    }

    fn damage(&mut self, segment: &Segment, offset: u64, reason: &'static str) {
        let path = segment.path.clone();
        self.report.damage.push(Damage { path, offset, reason, record: None });
    }

    fn flush(&mut self) -> Result<(), RepositoryError> {
        self.index.apply(&self.changes, &mut self.ledger, self.mark)?;
        self.changes.clear();
        Ok(())
    }
}
