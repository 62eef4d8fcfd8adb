//! Segments written anew without what nobody wants: compaction, erasure and
//! repair are the same move, and differ in what they leave behind.

use std::fs;
use std::io;
use std::ops::Bound;
use std::path::Path;

use crate::damage::{Damage, LostRecord, verify};
use crate::error::RepositoryError;
use crate::frame::SEGMENT_HEADER;
use crate::kind::Kind;
use crate::merge::Pointers;
use crate::recover::rebuild;
use crate::repository::{Options, Repository, resume};
use crate::scan::{Scanner, Step};
use crate::segment::Segments;
use crate::store::{Layout, Store};
use crate::unit::{Unit, full_key};
use crate::writer::Writer;

/// Moved records are committed in units of about this many bytes.
const MOVE_BYTES: usize = 4 << 20;

/// What [`Repository::compact`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Segments written anew.
    pub segments: usize,
    /// Bytes that the files take less than before.
    pub freed_bytes: u64,
}

/// What [`Repository::erase`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Records erased. Their older versions are gone too and not counted.
    pub records: u64,
    /// Segments written anew.
    pub segments: usize,
}

/// What [`Repository::repair`] found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Records in the index that was built anew.
    pub records: u64,
    /// What was damaged, and which records were lost by it.
    pub damage: Vec<Damage>,
    /// Segments replaced by what could be read of them; the originals lie in
    /// the folder `quarantine`.
    pub quarantined: usize,
}

impl Repository {
    /// Gives back the room of replaced and deleted records, in segments of
    /// which less than `live_below` (0 to 1) is live.
    ///
    /// # Errors
    /// What the file system said. Nothing is lost; it may be called again.
    pub fn compact(&mut self, live_below: f64) -> Result<Compaction, RepositoryError> {
        let mut rewriter = Rewriter::begin(self)?;
        let before = rewriter.total_bytes()?;
        let mut segments = 0;
        for id in rewriter.sealed()? {
            let tally = rewriter.writer.ledger.segments.get(&id).copied().unwrap_or_default();
            if tally.live_bytes as f64 >= live_below * tally.length as f64 {
                continue;
            }
            let lost = rewriter.rewrite(id, &|_, _| true)?;
            rewriter.retire(id, !lost.is_empty())?;
            segments += 1;
        }
        rewriter.finish()?;
        let freed_bytes = before.saturating_sub(rewriter.total_bytes()?);
        Ok(Compaction { segments, freed_bytes })
    }

    /// Erases every record that `matches`, with all its older versions and
    /// every trace of its key: from the segments, the index and the quarantine.
    /// Backups, and blocks that the file system has freed, are out of its reach.
    ///
    /// Interrupted, the records are gone for readers but traces may remain:
    /// call it again. `matches` is asked more than once for a record.
    ///
    /// # Errors
    /// [`RepositoryError::UnknownKind`] when there are records that cannot be
    /// judged; else what the file system said.
    pub fn erase(
        &mut self,
        matches: impl Fn(Kind, &[u8]) -> bool,
    ) -> Result<Erasure, RepositoryError> {
        let directory = self.store().segments.directory.clone();
        let judge = |number: u8, key: &[u8]| match Kind::from_number(number) {
            Some(kind) => Ok(matches(kind, key)),
            None => Err(RepositoryError::UnknownKind { path: directory.clone(), number }),
        };
        let mut rewriter = Rewriter::begin(self)?;
        let mut report = Erasure { records: rewriter.delete(&judge)?, segments: 0 };
        // In ascending order, so that a deletion is never gone before what it
        // deletes.
        for id in rewriter.sealed()? {
            if rewriter.concerns(id, &judge)? {
                // Judged before, so every kind in it is known.
                rewriter.rewrite(id, &|number, key| !judge(number, key).unwrap_or(true))?;
                rewriter.retire(id, false)?;
                report.segments += 1;
            }
        }
        rewriter.finish()?;
        let quarantine = Layout(&self.root).quarantine();
        match fs::remove_dir_all(&quarantine) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(RepositoryError::io("remove", &quarantine)(error));
            }
            _ => {}
        }
        // sled keeps old entries in its files for a while; a new one has none.
        self.reindex("records were erased")?;
        Ok(report)
    }

    /// Checks every CRC, replaces damaged segments by what can be read of them
    /// and builds the index anew.
    ///
    /// # Errors
    /// What the file system said. It may be called again.
    pub fn repair(&mut self) -> Result<Repair, RepositoryError> {
        let mut rewriter = Rewriter::begin(self)?;
        let mut report = Repair::default();
        for id in rewriter.sealed()? {
            let segment = rewriter.store.segments.get(id)?;
            let mut damage = verify(&segment)?;
            if damage.is_empty() {
                continue;
            }
            report.damage.append(&mut damage);
            report.damage.append(&mut rewriter.rewrite(id, &|_, _| true)?);
            rewriter.retire(id, true)?;
            report.quarantined += 1;
        }
        rewriter.finish()?;
        self.reindex("repair was asked for")?;
        report.records = self.writer().ledger.kinds.values().map(|tally| tally.records).sum();
        Ok(report)
    }

    fn reindex(&mut self, reason: &str) -> Result<(), RepositoryError> {
        let (store, writer, options, root) = self.exclusive();
        store.index.close();
        let durable = writer.mark();
        let segments = Segments::new(store.segments.directory.clone());
        let recovered = rebuild(root, &segments, options.cache_bytes, reason, durable)?;
        let (new_store, new_writer, _) = resume(segments, recovered)?;
        *store = new_store;
        *writer = new_writer;
        Ok(())
    }
}

struct Rewriter<'a> {
    store: &'a Store,
    writer: &'a mut Writer,
    options: &'a Options,
    root: &'a Path,
}

/// Says whether a record (kind number, key) is to be kept.
type Keep<'k> = dyn Fn(u8, &[u8]) -> bool + 'k;
/// Says whether a record is to be erased, or that this cannot be said.
type Judge<'j> = dyn Fn(u8, &[u8]) -> Result<bool, RepositoryError> + 'j;

impl<'a> Rewriter<'a> {
    fn begin(repository: &'a mut Repository) -> Result<Self, RepositoryError> {
        let (store, writer, options, root) = repository.exclusive();
        writer.checkpoint(store)?;
        Ok(Self { store, writer, options, root })
    }

    /// Ends the active segment and lists all before the new one, ascending.
    fn sealed(&mut self) -> Result<Vec<u32>, RepositoryError> {
        if !self.writer.is_fresh() {
            self.writer.rotate(self.store)?;
        }
        let active = self.writer.mark().segment;
        let mut ids = self.store.segments.list()?;
        ids.retain(|&id| id < active);
        Ok(ids)
    }

    fn total_bytes(&self) -> Result<u64, RepositoryError> {
        let ids = self.store.segments.list()?;
        ids.into_iter().map(|id| self.store.segments.get(id)?.len()).sum()
    }

    fn unit(&self) -> Unit {
        Unit::new(self.options.compress_from, self.options.compression_level)
    }

    fn commit(&mut self, unit: &mut Unit) -> Result<(), RepositoryError> {
        let full = std::mem::replace(unit, self.unit());
        self.writer.commit(self.store, self.options, full).map(drop)
    }

    fn all(&self) -> Result<Pointers<'a>, RepositoryError> {
        Pointers::new(self.store, (Bound::Included(vec![1]), Bound::Unbounded))
    }

    /// Deletes what is live and to be erased, so that it is gone at once.
    fn delete(&mut self, judge: &Judge<'_>) -> Result<u64, RepositoryError> {
        let mut unit = self.unit();
        let mut records = 0;
        for found in self.all()? {
            let (key, _) = found?;
            if judge(key[0], &key[1..])? {
                unit.delete_raw(key[0], &key[1..])?;
                records += 1;
            }
            if unit.bytes() >= MOVE_BYTES {
                self.commit(&mut unit)?;
            }
        }
        self.commit(&mut unit)?;
        self.writer.checkpoint(self.store)?;
        Ok(records)
    }

    /// Whether the segment holds, or may hold, a trace of what is to be erased.
    fn concerns(&self, id: u32, judge: &Judge<'_>) -> Result<bool, RepositoryError> {
        let segment = self.store.segments.get(id)?;
        let mut scanner = Scanner::new(&segment, SEGMENT_HEADER as u64, 0)?;
        let mut concerned = false;
        while let Some(step) = scanner.next()? {
            concerned |= matches!(step, Step::Broken { .. });
            for (_, view) in scanner.records() {
                concerned |= judge(view.header.kind, view.key)?;
            }
        }
        Ok(concerned)
    }

    /// Moves what is live in a segment, and `keep` lets through, to the end.
    /// Returns the live records that could not be read; they are deleted.
    fn rewrite(&mut self, id: u32, keep: &Keep<'_>) -> Result<Vec<Damage>, RepositoryError> {
        // Without an older segment there is nothing that a deletion hides.
        let oldest = self.store.segments.list()?.first() == Some(&id);
        let segment = self.store.segments.get(id)?;
        let mut unit = self.unit();
        let mut scanner = Scanner::new(&segment, SEGMENT_HEADER as u64, 0)?;
        while scanner.next()?.is_some() {
            for (offset, view) in scanner.records() {
                let (header, key) = (&view.header, view.key);
                if !keep(header.kind, key) {
                    continue;
                }
                let live = self.store.lookup(&full_key(header.kind, key))?;
                let here = live.is_some_and(|pointer| {
                    pointer.segment == id && u64::from(pointer.offset) == offset
                });
                match view.stored() {
                    Some(stored) if here => drop(unit.append(header, key, stored)?),
                    Some(_) if header.is_deletion() && live.is_none() && !oldest => {
                        unit.append(header, key, &[])?;
                    }
                    _ => {}
                }
            }
            if unit.bytes() >= MOVE_BYTES {
                self.commit(&mut unit)?;
            }
        }
        self.commit(&mut unit)?;
        let lost = self.rescue(id)?;
        self.writer.checkpoint(self.store)?;
        Ok(lost)
    }

    /// Moves what the index still finds in a segment where the units around it
    /// are too broken to be walked through, and gives up the rest.
    fn rescue(&mut self, id: u32) -> Result<Vec<Damage>, RepositoryError> {
        let mut lost = Vec::new();
        if self.writer.ledger.segments.get(&id).is_none_or(|tally| tally.live_records == 0) {
            return Ok(lost);
        }
        let segment = self.store.segments.get(id)?;
        let mut unit = self.unit();
        let mut buffer = Vec::new();
        for found in self.all()? {
            let (full_key, pointer) = found?;
            if pointer.segment != id {
                continue;
            }
            match segment.read(&pointer, &full_key, &mut buffer) {
                Ok((view, stored)) => drop(unit.append(&view.header, view.key, stored)?),
                Err(RepositoryError::Damaged { path, offset, reason }) => {
                    let (kind, key) = (Kind::from_number(full_key[0]), full_key[1..].to_vec());
                    unit.delete_raw(full_key[0], &key)?;
                    let record = Some(LostRecord { kind, key });
                    lost.push(Damage { path, offset, reason, record });
                }
                Err(error) => return Err(error),
            }
            if unit.bytes() >= MOVE_BYTES {
                self.commit(&mut unit)?;
            }
        }
        self.commit(&mut unit)?;
        Ok(lost)
    }

    /// Takes a segment away that nothing points into any more.
    fn retire(&mut self, id: u32, keep_original: bool) -> Result<(), RepositoryError> {
        let quarantine = Layout(self.root).quarantine();
        self.store.segments.retire(id, keep_original.then_some(&*quarantine))?;
        self.writer.ledger.remove_segment(id);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), RepositoryError> {
        self.writer.save(self.store).map(drop)
    }
}
