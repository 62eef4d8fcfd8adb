//! Sources to calls: list, load what changed, hear recordings, keep all of it.
//!
//! A chunk of an entry is one unit of the repository: its calls and how far the entry
//! has come become visible together, so memory does not grow with an entry, and a run
//! that was cut off goes on at the chunk where it stopped. The place of a listing is
//! kept after every page, to the same end.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use rehearsal_model::Digest;
use rehearsal_repository::{Kind, Repository};
use rehearsal_sandbox::{CallError, Entry, Failure, PluginError};

use crate::course::Course;
use crate::draft::{Draft, plain};
use crate::hear::Hearing;
use crate::letters::{DeadLetter, Input, dead_letter_key, written};
use crate::plan::ReadySource;
use crate::prepare::Preparation;
use crate::privacy::Guard;
use crate::records::{CURSORS, DEAD_LETTERS, ENTRIES, entry_key, fingerprint, source_prefix};
use crate::report::{Reporter, Severity};
use crate::summary::{PrivacySummary, SourceSummary, SpeechSummary};
use crate::{PipelineError, entries, keys};

/// Everything that loading a source needs.
pub(crate) struct Loading<'a> {
    pub(crate) source: &'a ReadySource,
    pub(crate) repository: &'a Repository,
    pub(crate) hearing: &'a Hearing,
    pub(crate) guard: &'a Guard,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) stop: &'a AtomicBool,
    /// Threads that prepare calls.
    pub(crate) workers: usize,
}

/// What came of a source, as far as it came.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) source: SourceSummary,
    pub(crate) speech: SpeechSummary,
    pub(crate) privacy: PrivacySummary,
    /// Entries in a row that the source gave no answer about.
    unanswered: u32,
    /// The source will give no more for now.
    halted: bool,
}

/// A source that gave no answer about so many entries in a row is down, or has had
/// enough: asking about the others is no use.
const UNANSWERED: u32 = 3;

impl Loading<'_> {
    pub(crate) async fn run(&self) -> Result<Loaded, PipelineError> {
        let id = &self.source.stage.id;
        let mut loaded = Loaded::default();
        let mut cursor = self.repository.get(&CURSORS, id)?;
        // What an interrupted listing saw before is not seen again by this one.
        let from_start = cursor.is_none();
        let mut listed = HashSet::new();
        let mut course = Course::default();
        // The last page ended without answers: whether it is passed or the source is down
        // shows when the next one is listed.
        let mut passed = false;
        loop {
            let page = match self.source.stage.handle.list(cursor.as_deref()).await {
                Ok(called) => called.value,
                Err(error) => {
                    self.source_failed(&error, &mut loaded)?;
                    return Ok(loaded);
                }
            };
            if passed {
                self.keep_place(cursor.as_deref())?;
            }
            for entry in &page.entries {
                if self.stop.load(Ordering::Relaxed) {
                    return Ok(loaded);
                }
                listed.insert(short(&entry_key(id, &entry.key)));
                self.entry(entry, &mut loaded).await?;
                if loaded.halted {
                    let text = format!(
                        "{id}: stopped at `{}`; the next run goes on from its page",
                        entry.key
                    );
                    self.reporter.note(Severity::Warning, &text);
                    return Ok(loaded);
                }
                self.reporter.progress(id, loaded.source.entries, None, "entries");
            }
            if let Err(problem) = course.turn(page.next.clone(), !page.entries.is_empty()) {
                // A listing that goes in a circle is not gone on with.
                self.keep_place(None)?;
                self.listing_failed(problem, String::new(), &mut loaded)?;
                return Ok(loaded);
            }
            let settled = loaded.unanswered == 0 || page.next.is_none();
            if settled {
                self.keep_place(page.next.as_deref())?;
            }
            passed = !settled;
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        if from_start {
            self.mark_gone(&listed, &mut loaded)?;
        }
        self.reporter.finished(id);
        Ok(loaded)
    }

    /// Where the next run's listing begins: here, or from the start.
    fn keep_place(&self, cursor: Option<&str>) -> Result<(), PipelineError> {
        let id = &self.source.stage.id;
        let mut unit = self.repository.unit();
        unit.delete(Kind::DeadLetter, dead_letter_key(id, ""))?;
        match cursor {
            Some(next) => {
                unit.put(&CURSORS, id, fingerprint(&Digest::of(b"")), &next.to_owned())?;
            }
            None => {
                unit.delete(Kind::Cursor, id)?;
            }
        }
        self.repository.commit(unit)?;
        Ok(())
    }

    async fn entry(&self, entry: &Entry, loaded: &mut Loaded) -> Result<(), PipelineError> {
        loaded.source.entries += 1;
        let id = &self.source.stage.id;
        let slot = entry_key(id, &entry.key);
        let licence = self.source.licence.as_deref();
        let privacy = self.guard.digest();
        let key = keys::entry(&self.source.stage.key, &privacy, licence, &entry.fingerprint);
        if self.stands(&slot, &key)? {
            loaded.source.unchanged += 1;
            return Ok(());
        }
        let mut draft = Draft::begin(self, entry, slot, key)?;
        let mut course = Course::default();
        loop {
            let at = draft.offset();
            let next = match self.source.stage.handle.load(&entry.key, at).await {
                Ok(called) => {
                    loaded.unanswered = 0;
                    let turn = course.turn(called.value.next, !called.value.items.is_empty());
                    draft.read(called.files);
                    let items = self.preparation(&entry.key).all(called.value.items, self.workers);
                    for item in items {
                        draft.item(item, &mut loaded.speech, &mut loaded.privacy)?;
                        if self.stop.load(Ordering::Relaxed) {
                            // The chunk is loaded again by the next run.
                            return Ok(());
                        }
                    }
                    match turn {
                        Ok(()) => called.value.next,
                        Err(problem) => {
                            draft.leads_nowhere(problem)?;
                            None
                        }
                    }
                }
                Err(error) => {
                    draft.failed(&error)?;
                    loaded.judge(&error);
                    None
                }
            };
            match next {
                Some(next) => {
                    loaded.source.add(&draft.chunk_done(next)?);
                    self.reporter.progress(id, loaded.source.items, None, "items");
                }
                None => {
                    loaded.source.add(&draft.finish()?);
                    return Ok(());
                }
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }

    /// What becomes of the calls of an entry.
    pub(crate) fn preparation<'e>(&'e self, entry: &'e str) -> Preparation<'e> {
        Preparation {
            source: &self.source.stage.id,
            entry,
            licence: self.source.licence.as_deref(),
            guard: self.guard,
        }
    }

    /// Whether an entry was loaded like this before.
    fn stands(&self, slot: &[u8], key: &Digest) -> Result<bool, PipelineError> {
        if self.repository.fingerprint(Kind::Entry, slot)? != Some(fingerprint(key)) {
            return Ok(false);
        }
        let Some(record) = self.repository.get(&ENTRIES, slot)? else { return Ok(false) };
        Ok(!record.gone && record.speech.is_none_or(|digest| digest == self.hearing.digest()))
    }

    /// Entries that a whole listing no longer holds: their calls leave the data sets,
    /// and `purge` can erase them.
    fn mark_gone(
        &self,
        listed: &HashSet<[u8; 16]>,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        let mut gone = Vec::new();
        for entry in self.repository.entries(Kind::Entry, source_prefix(&self.source.stage.id))? {
            let entry = entry?;
            if !listed.contains(&short(&entry.key)) {
                gone.push(entry.key);
            }
        }
        for slot in gone {
            let Some(mut record) = self.repository.get(&ENTRIES, &slot)? else { continue };
            if record.gone {
                continue;
            }
            record.gone = true;
            entries::for_each_part(self.repository, &slot, &record, |part| {
                let mut unit = self.repository.unit();
                for item in &part.items {
                    unit.delete(Kind::Annotations, item.id.as_bytes())?;
                    unit.delete(Kind::Examples, item.id.as_bytes())?;
                }
                // What is no longer there does not stand failed.
                for letter in &part.letters {
                    unit.delete(Kind::DeadLetter, letter)?;
                }
                self.repository.commit(unit)?;
                Ok(())
            })?;
            let mut unit = self.repository.unit();
            unit.put(&ENTRIES, &slot, fingerprint(&Digest::of(b"gone")), &record)?;
            self.repository.commit(unit)?;
            loaded.source.gone += 1;
        }
        Ok(())
    }

    /// The source cannot be listed: its calls stay as they were.
    fn source_failed(&self, error: &CallError, loaded: &mut Loaded) -> Result<(), PipelineError> {
        self.listing_failed(plain(error), written(&error.output), loaded)
    }

    fn listing_failed(
        &self,
        error: String,
        output: String,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        let stage = &self.source.stage;
        self.reporter.note(Severity::Error, &format!("{}: {error}", stage.id));
        loaded.source.items += 1;
        loaded.source.failed += 1;
        let letter = DeadLetter {
            stage: stage.id.clone(),
            item: String::new(),
            error,
            component: Some(stage.component.digest()),
            config: stage.config.clone(),
            output,
            input: Input::Whole,
        };
        let mut unit = self.repository.unit();
        unit.put(&DEAD_LETTERS, dead_letter_key(&stage.id, ""), fingerprint(&stage.key), &letter)?;
        self.repository.commit(unit)?;
        Ok(())
    }
}

impl Loaded {
    /// What a failure says of the entries after it.
    fn judge(&mut self, error: &CallError) {
        match &*error.failure {
            Failure::Plugin(PluginError::Permanent(_) | PluginError::Denied(_)) => {
                self.halted = true;
            }
            Failure::Plugin(PluginError::Transient(_)) => {
                self.unanswered += 1;
                self.halted = self.unanswered >= UNANSWERED;
            }
            _ => self.unanswered = 0,
        }
    }
}

/// The digest at the end of an entry's key; the rest of it is the source's id.
fn short(entry_key: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    let from = entry_key.len().saturating_sub(16);
    let tail = &entry_key[from..];
    digest[..tail.len()].copy_from_slice(tail);
    digest
}
