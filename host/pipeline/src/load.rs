//! Sources to calls: list, load what changed, hear recordings, keep all of it.
//!
//! Each entry is one unit of the repository: its calls and its record become visible
//! together. The place of a listing is kept after every page, so that one that was cut
//! off goes on there.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use rehearsal_model::{Conversation, ConversationId, Digest};
use rehearsal_repository::{Kind, Repository, Unit};
use rehearsal_sandbox::{
    CallError, Entry, FailedItem, Failure, Item, ItemBody, ItemError, PluginError,
};

use crate::course::Course;
use crate::hear::{self, HearError, Hearing};
use crate::letters::{DeadLetter, Input, dead_letter_key, written};
use crate::plan::ReadySource;
use crate::records::{
    CALLS, CURSORS, CallRecord, DEAD_LETTERS, ENTRIES, EntryRecord, ItemRef, Media, entry_key,
    fingerprint, source_prefix,
};
use crate::report::{Reporter, Severity};
use crate::summary::{SourceSummary, SpeechSummary};
use crate::{PipelineError, keys, text};

/// Everything that loading a source needs.
pub(crate) struct Loading<'a> {
    pub(crate) source: &'a ReadySource,
    pub(crate) repository: &'a Repository,
    pub(crate) hearing: &'a Hearing,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) stop: &'a AtomicBool,
}

/// What came of a source, as far as it came.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) source: SourceSummary,
    pub(crate) speech: SpeechSummary,
    /// Entries in a row that the source gave no answer about.
    unanswered: u32,
    /// The source will give no more for now.
    halted: bool,
}

/// A source that gave no answer about so many entries in a row is down, or has had
/// enough: asking about the others is no use.
const UNANSWERED: u32 = 3;

/// An entry being put together.
struct Draft {
    record: EntryRecord,
    unit: Unit,
    key: Digest,
    /// Where the chunk at hand began.
    offset: u64,
    /// Keys of the dead letters in the unit.
    letters: HashSet<Vec<u8>>,
    /// Something in it should be tried again by the next run: it is not settled.
    unsettled: bool,
}

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
                listed.insert(entry_key(id, &entry.key));
                self.entry(entry, &mut loaded).await?;
                if loaded.halted {
                    let text = format!(
                        "{id}: stopped at `{}`; the next run goes on from its page",
                        entry.key
                    );
                    self.reporter.note(Severity::Warning, &text);
                    return Ok(loaded);
                }
                let done = loaded.source.entries;
                self.reporter.progress(id, done, None, "entries");
            }
            if let Err(problem) = course.turn(page.next.clone(), !page.entries.is_empty()) {
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
        let key = keys::entry(&self.source.stage.key, licence, &entry.fingerprint);
        if self.stands(&slot, &key)? {
            loaded.source.unchanged += 1;
            return Ok(());
        }
        let former = self.repository.get(&ENTRIES, &slot)?;
        let record = EntryRecord {
            source: id.clone(),
            key: entry.key.clone(),
            speech: None,
            items: Vec::new(),
            failed: 0,
            gone: false,
        };
        let mut draft = Draft {
            record,
            unit: self.repository.unit(),
            key,
            offset: 0,
            letters: HashSet::new(),
            unsettled: false,
        };
        let mut offset = Some(0);
        let mut course = Course::default();
        while let Some(at) = offset {
            draft.offset = at;
            match self.source.stage.handle.load(&entry.key, at).await {
                Ok(called) => {
                    let turn = course.turn(called.value.next, !called.value.items.is_empty());
                    loaded.unanswered = 0;
                    for item in called.value.items {
                        match item {
                            Ok(item) => self.item(item, &mut draft, loaded)?,
                            Err(failed) => self.failed_item(&failed, &mut draft, loaded)?,
                        }
                        if self.stop.load(Ordering::Relaxed) {
                            return Ok(());
                        }
                    }
                    if let Err(problem) = turn {
                        let letter = self.letter(id, &entry.key, problem, &draft);
                        self.fail(letter, &mut draft, loaded)?;
                        break;
                    }
                    offset = called.value.next;
                }
                Err(error) => {
                    if let Some(former) = former.as_ref().filter(|_| !is_broken(&error)) {
                        // What was there stays until the entry can be read again.
                        draft.unit = self.repository.unit();
                        draft.record = EntryRecord { failed: 0, gone: false, ..former.clone() };
                    }
                    self.entry_failed(&entry.key, &error, &mut draft, loaded)?;
                    loaded.judge(&error);
                    offset = None;
                }
            }
        }
        self.keep(&slot, draft, former)
    }

    /// Whether an entry was loaded like this before.
    fn stands(&self, slot: &[u8], key: &Digest) -> Result<bool, PipelineError> {
        if self.repository.fingerprint(Kind::Entry, slot)? != Some(fingerprint(key)) {
            return Ok(false);
        }
        let Some(record) = self.repository.get(&ENTRIES, slot)? else { return Ok(false) };
        Ok(!record.gone && record.speech.is_none_or(|digest| digest == self.hearing.digest()))
    }

    fn item(
        &self,
        item: Item,
        draft: &mut Draft,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        match item.body {
            ItemBody::Conversation(conversation) => {
                self.conversation(item.key, conversation, None, draft, loaded)
            }
            ItemBody::Recording(recording) => {
                let media = Media {
                    path: recording.media.path.to_string_lossy().into_owned(),
                    fingerprint: recording.media.fingerprint,
                };
                draft.record.speech = Some(self.hearing.digest());
                let heard = self.hearing.hear(
                    self.repository,
                    &media,
                    self.reporter,
                    self.stop,
                    &mut loaded.speech,
                );
                let error = match heard {
                    Ok(transcript) => {
                        let call = hear::to_call(&transcript, recording.about);
                        return self.conversation(item.key, call, Some(media), draft, loaded);
                    }
                    Err(HearError::Repository(error)) => return Err(error.into()),
                    Err(HearError::Stopped) => {
                        draft.unsettled = true;
                        return Ok(());
                    }
                    Err(error @ HearError::Unavailable(_)) => {
                        draft.unsettled = true;
                        error
                    }
                    Err(error @ (HearError::Recording(_) | HearError::Panicked(_))) => error,
                };
                let place = place(&draft.record.key, &item.key);
                let letter = self.letter("speech", &place, error.to_string(), draft);
                self.fail(letter, draft, loaded)
            }
        }
    }

    fn conversation(
        &self,
        item: String,
        conversation: Conversation,
        media: Option<Media>,
        draft: &mut Draft,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        let mut conversation = text::normalise(conversation);
        if conversation.licence.is_none() {
            conversation.licence.clone_from(&self.source.licence);
        }
        let id = ConversationId::new(&draft.record.source, &draft.record.key, &item);
        let place = place(&draft.record.key, &item);
        let problem = if conversation.turns.is_empty() {
            Some("nothing is said in it".to_owned())
        } else if draft.record.items.iter().any(|other| other.id == id) {
            Some("the loader gave two items of this key".to_owned())
        } else {
            None
        };
        if let Some(problem) = problem {
            let letter = self.letter(&self.source.stage.id, &place, problem, draft);
            return self.fail(letter, draft, loaded);
        }
        draft.record.items.push(ItemRef {
            id,
            account: conversation.account.clone(),
            licence: conversation.licence.clone(),
        });
        let record = CallRecord {
            source: draft.record.source.clone(),
            entry: draft.record.key.clone(),
            item,
            media,
            conversation,
        };
        draft.unit.put(&CALLS, id.as_bytes(), fingerprint(&record.digest()), &record)?;
        for stage in [self.source.stage.id.as_str(), "speech"] {
            draft.unit.delete(Kind::DeadLetter, dead_letter_key(stage, &place))?;
        }
        loaded.source.loaded += 1;
        Ok(())
    }

    fn failed_item(
        &self,
        failed: &FailedItem,
        draft: &mut Draft,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        let item = place(&draft.record.key, &failed.position);
        draft.unsettled |= matches!(failed.error, ItemError::Plugin(PluginError::Transient(_)));
        let letter = self.letter(&self.source.stage.id, &item, said(&failed.error), draft);
        self.fail(letter, draft, loaded)
    }

    fn entry_failed(
        &self,
        entry: &str,
        error: &CallError,
        draft: &mut Draft,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        // What the plugin itself calls broken stays broken; anything else may not.
        draft.unsettled |= !is_broken(error);
        let mut letter = self.letter(&self.source.stage.id, entry, plain(error), draft);
        letter.output = written(&error.output);
        self.fail(letter, draft, loaded)
    }

    fn fail(
        &self,
        letter: DeadLetter,
        draft: &mut Draft,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        let text = format!("{}: {}: {}", letter.stage, letter.item, letter.error);
        self.reporter.note(Severity::Error, &text);
        loaded.source.failed += 1;
        draft.record.failed += 1;
        let slot = dead_letter_key(&letter.stage, &letter.item);
        draft.unit.put(&DEAD_LETTERS, &slot, fingerprint(&draft.key), &letter)?;
        draft.letters.insert(slot);
        Ok(())
    }

    fn letter(&self, stage: &str, item: &str, error: String, draft: &Draft) -> DeadLetter {
        let own = stage == self.source.stage.id;
        let source = draft.record.source.clone();
        DeadLetter {
            stage: stage.to_owned(),
            item: item.to_owned(),
            error,
            component: own.then(|| self.source.stage.component.digest()),
            config: self.source.stage.config.clone(),
            output: String::new(),
            input: Input::Entry { source, key: draft.record.key.clone(), offset: draft.offset },
        }
    }

    /// Makes an entry visible; calls that it no longer holds go.
    fn keep(
        &self,
        slot: &[u8],
        mut draft: Draft,
        former: Option<EntryRecord>,
    ) -> Result<(), PipelineError> {
        if former.as_ref().is_some_and(|record| record.failed > 0) {
            self.withdraw_letters(&mut draft)?;
        }
        if draft.record.failed == 0 {
            let letter = dead_letter_key(&self.source.stage.id, &draft.record.key);
            draft.unit.delete(Kind::DeadLetter, letter)?;
        }
        let now: HashSet<_> = draft.record.items.iter().map(|item| item.id).collect();
        for item in former.into_iter().flat_map(|record| record.items) {
            if !now.contains(&item.id) {
                forget_call(&mut draft.unit, item.id)?;
            }
        }
        // An unsettled entry has a fingerprint that matches nothing: it is loaded again.
        let mark = if draft.unsettled { Digest::of(b"unsettled") } else { draft.key };
        draft.unit.put(&ENTRIES, slot, fingerprint(&mark), &draft.record)?;
        self.repository.commit(draft.unit)?;
        Ok(())
    }

    /// Letters of the entry's former state that this one does not repeat.
    fn withdraw_letters(&self, draft: &mut Draft) -> Result<(), PipelineError> {
        for stage in [self.source.stage.id.as_str(), "speech"] {
            for letter in self.repository.scan(&DEAD_LETTERS, source_prefix(stage))? {
                let letter = letter?;
                let of_this = matches!(&letter.value.input, Input::Entry { source, key, .. }
                    if *source == draft.record.source && *key == draft.record.key);
                if of_this && !draft.letters.contains(&letter.key) {
                    draft.unit.delete(Kind::DeadLetter, letter.key)?;
                }
            }
        }
        Ok(())
    }

    /// Entries that a whole listing no longer holds: their calls leave the data sets.
    fn mark_gone(
        &self,
        listed: &HashSet<Vec<u8>>,
        loaded: &mut Loaded,
    ) -> Result<(), PipelineError> {
        let mut gone = Vec::new();
        for entry in self.repository.entries(Kind::Entry, source_prefix(&self.source.stage.id))? {
            let entry = entry?;
            if !listed.contains(&entry.key) {
                gone.push(entry.key);
            }
        }
        for slot in gone {
            let Some(mut record) = self.repository.get(&ENTRIES, &slot)? else { continue };
            if record.gone {
                continue;
            }
            record.gone = true;
            let mut unit = self.repository.unit();
            for item in &record.items {
                unit.delete(Kind::Annotations, item.id.as_bytes())?;
                unit.delete(Kind::Examples, item.id.as_bytes())?;
            }
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
        // A listing that goes in a circle is not gone on with.
        unit.delete(Kind::Cursor, &stage.id)?;
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

/// Whether the entry itself is to blame.
fn is_broken(error: &CallError) -> bool {
    matches!(&*error.failure, Failure::Plugin(PluginError::InvalidInput(_)))
}

/// Removes a call and all that was made of it.
pub(crate) fn forget_call(unit: &mut Unit, id: ConversationId) -> Result<(), PipelineError> {
    for kind in [Kind::Conversation, Kind::Annotations, Kind::Examples] {
        unit.delete(kind, id.as_bytes())?;
    }
    Ok(())
}

pub(crate) fn said(error: &ItemError) -> String {
    match error {
        ItemError::Plugin(PluginError::InvalidInput(problem)) => problem.clone(),
        error => error.to_string(),
    }
}

/// What a plugin says of its own input needs no frame around it.
pub(crate) fn plain(error: &CallError) -> String {
    match &*error.failure {
        Failure::Plugin(PluginError::InvalidInput(problem)) => problem.clone(),
        _ => error.to_string(),
    }
}

fn place(entry: &str, item: &str) -> String {
    if item.is_empty() { entry.to_owned() } else { format!("{entry}, {item}") }
}
