//! The journal of verdicts: one JSON object a line, appended and never changed.
//!
//! An event is named by a hash of what it holds, so two journals are joined by taking
//! the events of both, and a line that lost bytes is known. A later event of the same
//! rater on the same item and rubric replaces the former for whoever reads
//! ([`standing`]); the former stays in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Verdict, VerdictError, lines};

/// A verdict that was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// 32 hexadecimal digits of a hash of the rest.
    pub id: String,
    /// Milliseconds since 1970 on the clock of the machine that took it in, and later
    /// than all that it follows.
    pub at: u64,
    /// The rater is still at work on it: kept so that nothing is lost, counted nowhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// What was said.
    pub verdict: Verdict,
}

impl Event {
    fn new(at: u64, draft: bool, mut verdict: Verdict) -> Self {
        // Tenths are read back as they were written, digit by digit.
        for number in [&mut verdict.score, &mut verdict.seconds].into_iter().flatten() {
            *number = (*number * 10.0).round() / 10.0;
        }
        let id = name(at, draft, &verdict);
        Self { id, at, draft, verdict }
    }

    /// A line of a journal.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let event: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if event.id == name(event.at, event.draft, &event.verdict) {
            Ok(event)
        } else {
            Err("its id is not that of what it holds: the line was changed or damaged; mended \
                 verdicts go in through `rehearsal review take`"
                .to_owned())
        }
    }

    /// Its line, without the line's end.
    ///
    /// # Panics
    /// Never: verdicts are maps of texts and finite numbers.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("verdicts encode")
    }

    /// Whose verdict on what.
    fn slot(&self) -> (String, String, String) {
        let Verdict { item_id, rater, rubric, .. } = &self.verdict;
        (item_id.clone(), rater.clone(), rubric.clone())
    }
}

fn name(at: u64, draft: bool, verdict: &Verdict) -> String {
    let said = serde_json::to_vec(verdict).unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(at.to_le_bytes());
    hasher.update([u8::from(draft)]);
    hasher.update(&said);
    hasher.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The verdicts that hold now: of each rater on each item and rubric the last one that
/// is no draft, by item and rater.
#[must_use]
pub fn standing(events: &[Event]) -> Vec<Verdict> {
    let mut last: BTreeMap<_, &Event> = BTreeMap::new();
    for event in events.iter().filter(|event| !event.draft) {
        let newest = last.entry(event.slot()).or_insert(event);
        if (event.at, &event.id) > (newest.at, &newest.id) {
            *newest = event;
        }
    }
    last.into_values().map(|event| event.verdict.clone()).collect()
}

/// A journal's file. It need not exist yet.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
}

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// In the order in which they came.
    pub events: Vec<Event>,
    /// Lines that cannot be used; they cost no other.
    pub damaged: Vec<VerdictError>,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// What the system says.
    #[error("the journal of verdicts {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else was faster: the verdict rests on one that is no longer the last.
    #[error("{rater} judged {item_id} elsewhere in the meantime")]
    Overtaken {
        /// Who.
        rater: String,
        /// What.
        item_id: String,
        /// The event that stands.
        newest: Option<Box<Event>>,
    },
}

impl Journal {
    /// The journal in a file.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of it; nothing where there is no file yet.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<Kept, JournalError> {
        match File::open(&self.path) {
            Ok(mut file) => self.io(read_all(&mut file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(self.error(error)),
        }
    }

    /// Takes verdicts in; they are on the disk when this returns. What stands already,
    /// word for word, is not written again. Returns the new events.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record(&self, verdicts: Vec<Verdict>) -> Result<Vec<Event>, JournalError> {
        self.append(|kept| {
            let mut newest = newest(&kept.events);
            let mut fresh = Vec::new();
            let now = later(&kept.events);
            for (at, verdict) in (now..).zip(verdicts) {
                let event = Event::new(at, false, verdict);
                let former = newest.get(&event.slot());
                if former.is_some_and(|former| !former.draft && former.verdict == event.verdict) {
                    continue;
                }
                newest.insert(event.slot(), event.clone());
                fresh.push(event);
            }
            Ok(fresh)
        })
    }

    /// Takes in one verdict of somebody who saw the event `after` as their last one on
    /// the item: two windows of one rater cannot overwrite each other.
    ///
    /// # Errors
    /// The file cannot be written, or `after` is not the last.
    pub fn follow(
        &self,
        verdict: Verdict,
        draft: bool,
        after: Option<&str>,
    ) -> Result<Event, JournalError> {
        let written = self.append(|kept| {
            let event = Event::new(later(&kept.events), draft, verdict);
            let former = newest(&kept.events).remove(&event.slot());
            if former.as_ref().map(|former| former.id.as_str()) != after {
                return Err(JournalError::Overtaken {
                    rater: event.verdict.rater,
                    item_id: event.verdict.item_id,
                    newest: former.map(Box::new),
                });
            }
            Ok(vec![event])
        })?;
        // One goes in, one comes out.
        written.into_iter().next().ok_or_else(|| self.error(io::ErrorKind::WriteZero.into()))
    }

    /// Takes in events of another journal, those that are not in it. Returns how many.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn join(&self, events: &[Event]) -> Result<usize, JournalError> {
        let joined = self.append(|kept| {
            let known: BTreeSet<&str> = kept.events.iter().map(|event| event.id.as_str()).collect();
            Ok(events.iter().filter(|event| !known.contains(event.id.as_str())).cloned().collect())
        })?;
        Ok(joined.len())
    }

    /// Writes the journal without some events: the one exception to "never changed",
    /// for people who ask to be forgotten. Returns how many went.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was.
    pub fn erase(&self, condemned: impl Fn(&Event) -> bool) -> Result<usize, JournalError> {
        if !self.path.exists() {
            return Ok(0);
        }
        let (lock, kept) = self.locked()?;
        let (gone, left): (Vec<Event>, Vec<Event>) = kept.events.into_iter().partition(condemned);
        // A damaged line may be about anybody.
        if gone.is_empty() && kept.damaged.is_empty() {
            return Ok(0);
        }
        let draft = self.path.with_extension("jsonl.new");
        self.io(write_lines(&draft, &left))?;
        self.io(std::fs::rename(&draft, &self.path))?;
        drop(lock);
        Ok(gone.len())
    }

    fn append(
        &self,
        make: impl FnOnce(&Kept) -> Result<Vec<Event>, JournalError>,
    ) -> Result<Vec<Event>, JournalError> {
        let (mut file, kept) = self.locked()?;
        let events = make(&kept)?;
        if !events.is_empty() {
            self.io(append_lines(&mut file, &events))?;
        }
        Ok(events)
    }

    /// The file, which nobody else writes until it is closed, and what it holds.
    fn locked(&self) -> Result<(File, Kept), JournalError> {
        if let Some(folder) = self.path.parent() {
            self.io(std::fs::create_dir_all(folder))?;
        }
        loop {
            let open = File::options().read(true).append(true).create(true).open(&self.path);
            let mut file = self.io(open)?;
            self.io(file.lock())?;
            // An erasure may have put another file in its place in the meantime.
            if self.io(same_file(&file, &self.path))? {
                let kept = self.io(read_all(&mut file))?;
                return Ok((file, kept));
            }
        }
    }

    fn io<T>(&self, result: io::Result<T>) -> Result<T, JournalError> {
        result.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), source }
    }
}

fn read_all(file: &mut File) -> io::Result<Kept> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let mut kept = Kept::default();
    let mut known = BTreeSet::new();
    for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match Event::parse(line) {
            // Journals that were joined by hand hold some events twice.
            Ok(event) if !known.insert(event.id.clone()) => {}
            Ok(event) => kept.events.push(event),
            Err(problem) => kept.damaged.push(VerdictError { line: index + 1, problem }),
        }
    }
    Ok(kept)
}

fn append_lines(file: &mut File, events: &[Event]) -> io::Result<()> {
    lines::append(file, events.iter().map(Event::line))
}

fn write_lines(path: &Path, events: &[Event]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for event in events {
        writeln!(file, "{}", event.line())?;
    }
    file.sync_all()
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let opened = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((opened.dev(), opened.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn same_file(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

fn newest(events: &[Event]) -> BTreeMap<(String, String, String), Event> {
    let mut newest: BTreeMap<_, Event> = BTreeMap::new();
    for event in events {
        let slot = newest.entry(event.slot()).or_insert_with(|| event.clone());
        if (event.at, &event.id) > (slot.at, &slot.id) {
            *slot = event.clone();
        }
    }
    newest
}

/// Now, but after all that is there: a clock that was set back reorders nothing.
fn later(events: &[Event]) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    events.iter().map(|event| event.at + 1).max().unwrap_or_default().max(now)
}
