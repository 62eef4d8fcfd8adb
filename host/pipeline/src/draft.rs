//! An entry being put together, chunk by chunk.

use std::collections::{BTreeMap, HashSet};

use rehearsal_model::{ConversationId, Digest};
use rehearsal_repository::{Kind, Unit};
use rehearsal_sandbox::{
    CallError, Entry, Failure, FileRead, ItemError, PluginError, RecordingItem,
};

use crate::hear::{self, HearError};
use crate::letters::{DeadLetter, Input, dead_letter_key, written};
use crate::load::Loading;
use crate::prepare::{Prepared, PreparedCall};
use crate::records::{
    CALLS, CallRecord, DEAD_LETTERS, ENTRIES, EntryRecord, ItemRef, Media, OF_A_CALL, PARTS, Part,
    fingerprint, part_key,
};
use crate::report::Severity;
use crate::summary::{PrivacySummary, SourceSummary, SpeechSummary};
use crate::{PipelineError, entries};

/// Former versions of a call that are remembered.
const FORMER: usize = 100;

/// An entry as far as it is loaded. What a chunk gave becomes visible by
/// [`Draft::chunk_done`] or [`Draft::finish`].
pub(crate) struct Draft<'a> {
    loading: &'a Loading<'a>,
    slot: Vec<u8>,
    key: Digest,
    record: EntryRecord,
    /// As it was loaded before.
    former: Option<EntryRecord>,
    originals: BTreeMap<String, Digest>,
    /// The present chunk.
    unit: Unit,
    part: Part,
    tally: SourceSummary,
    /// Beginnings of the ids of all calls so far. 8 bytes a call, since an entry may
    /// have millions; what looks known is looked up.
    seen: HashSet<u64>,
    /// Something in it should be tried again by the next run: it is not settled.
    unsettled: bool,
    /// It failed from here on for no fault of its own: the next run goes on here, and
    /// what it held before stays until then.
    cut_off: bool,
    /// Dead letters of an earlier try at the present chunk.
    stale: Vec<Vec<u8>>,
}

impl<'a> Draft<'a> {
    /// Starts an entry, or goes on with one that was cut off.
    pub(crate) fn begin(
        loading: &'a Loading<'a>,
        entry: &Entry,
        slot: Vec<u8>,
        key: Digest,
    ) -> Result<Self, PipelineError> {
        let former = loading.repository.get(&ENTRIES, &slot)?;
        let resumed = former
            .as_ref()
            .filter(|record| !record.gone && record.unfinished.is_some_and(|(of, _)| of == key));
        let (mut seen, mut stale) = (HashSet::new(), Vec::new());
        let record = match resumed {
            Some(record) => {
                stale.clone_from(&record.last.letters);
                for number in 0..record.parts {
                    let part = part_key(&slot, record.loading, number);
                    let part = loading.repository.get(&PARTS, part)?.unwrap_or_default();
                    seen.extend(part.items.iter().map(|item| beginning(item.id)));
                }
                record.clone()
            }
            None => EntryRecord {
                source: loading.source.stage.id.clone(),
                key: entry.key.clone(),
                fingerprint: entry.fingerprint.clone(),
                originals: Vec::new(),
                speech: None,
                loading: former.as_ref().map_or(0, |former| former.loading.wrapping_add(1)),
                parts: 0,
                last: Part::default(),
                unfinished: None,
                gone: false,
            },
        };
        Ok(Self {
            loading,
            slot,
            key,
            originals: record.originals.iter().cloned().collect(),
            record,
            former,
            unit: loading.repository.unit(),
            part: Part::default(),
            tally: SourceSummary::default(),
            seen,
            unsettled: false,
            cut_off: false,
            stale,
        })
    }

    /// Where the next chunk starts.
    pub(crate) fn offset(&self) -> u64 {
        self.record.unfinished.map_or(0, |(_, next)| next)
    }

    /// Notes the files that a chunk was made from.
    pub(crate) fn read(&mut self, files: Vec<FileRead>) {
        self.originals.extend(files.into_iter().map(|file| (file.name, file.fingerprint)));
    }

    /// Takes what the loader gave in one item's place.
    pub(crate) fn item(
        &mut self,
        item: Prepared,
        speech: &mut SpeechSummary,
        privacy: &mut PrivacySummary,
    ) -> Result<(), PipelineError> {
        let id = match &item {
            Prepared::Call(call) => Some(call.id),
            Prepared::Recording(key, _) => {
                Some(ConversationId::new(&self.record.source, &self.record.key, key))
            }
            Prepared::Failed(_) => None,
        };
        if let Some(id) = id
            && self.loading.repository.contains(Kind::Deletion, id.as_bytes())?
        {
            // Erased on request: it does not come back, not even to be heard.
            return Ok(());
        }
        self.tally.items += 1;
        match item {
            Prepared::Call(call) => self.call(*call, privacy),
            Prepared::Recording(key, item) => self.recording(key, *item, speech, privacy),
            Prepared::Failed(failed) => {
                let item = place(&self.record.key, &failed.position);
                self.unsettled |=
                    matches!(failed.error, ItemError::Plugin(PluginError::Transient(_)));
                let said = said(&failed.error);
                self.tally.failed += 1;
                self.fail(self.letter(self.stage(), &item, said, String::new()))
            }
        }
    }

    /// The entry failed as a whole, from here on.
    pub(crate) fn failed(&mut self, error: &CallError) -> Result<(), PipelineError> {
        // What the plugin itself calls broken stays broken; anything else may not.
        self.cut_off = !matches!(&*error.failure, Failure::Plugin(PluginError::InvalidInput(_)));
        self.unsettled |= self.cut_off;
        let letter =
            self.letter(self.stage(), &self.record.key, plain(error), written(&error.output));
        self.tally.items += 1;
        self.tally.failed += 1;
        self.fail(letter)
    }

    /// The loader does not come to an end of the entry; what it gave so far stays.
    pub(crate) fn leads_nowhere(&mut self, problem: String) -> Result<(), PipelineError> {
        self.tally.items += 1;
        self.tally.failed += 1;
        self.fail(self.letter(self.stage(), &self.record.key, problem, String::new()))
    }

    fn recording(
        &mut self,
        item: String,
        recording: RecordingItem,
        speech: &mut SpeechSummary,
        privacy: &mut PrivacySummary,
    ) -> Result<(), PipelineError> {
        let media = Media {
            path: recording.media.path.to_string_lossy().into_owned(),
            fingerprint: recording.media.fingerprint,
        };
        let Loading { hearing, repository, reporter, stop, .. } = self.loading;
        self.record.speech = Some(hearing.digest());
        let error = match hearing.hear(repository, &media, *reporter, stop, speech) {
            Ok(transcript) => {
                let call = hear::to_call(&transcript, recording.about);
                let entry = self.record.key.clone();
                let call = self.loading.preparation(&entry).call(item, call, Some(media));
                return self.call(call, privacy);
            }
            Err(HearError::Repository(error)) => return Err(error.into()),
            // The chunk is dropped with all its counts.
            Err(HearError::Stopped) => return Ok(()),
            Err(error @ HearError::Unavailable(_)) => {
                self.unsettled = true;
                error
            }
            Err(error @ (HearError::Recording(_) | HearError::Panicked(_))) => error,
        };
        let place = place(&self.record.key, &item);
        self.tally.failed += 1;
        self.fail(self.letter("speech", &place, error.to_string(), String::new()))
    }

    fn call(
        &mut self,
        call: PreparedCall,
        privacy: &mut PrivacySummary,
    ) -> Result<(), PipelineError> {
        let PreparedCall { id, record, digest, privacy: found } = call;
        let conversation = &record.conversation;
        let problem = if conversation.turns.is_empty() {
            Some("nothing is said in it")
        } else if self.is_known(id)? {
            Some("the loader gave two items of this key")
        } else {
            None
        };
        if let Some(problem) = problem {
            let place = place(&self.record.key, &record.item);
            self.tally.rejected += 1;
            let problem = problem.to_owned();
            return self.fail(self.letter(self.stage(), &place, problem, String::new()));
        }
        self.seen.insert(beginning(id));
        self.part.items.push(ItemRef {
            id,
            account: conversation.account.clone(),
            licence: conversation.licence.clone(),
        });
        privacy.add(found);
        self.keep(id, record, digest)?;
        self.tally.loaded += 1;
        Ok(())
    }

    /// Whether this loading of the entry had a call of this id already.
    fn is_known(&self, id: ConversationId) -> Result<bool, PipelineError> {
        if !self.seen.contains(&beginning(id)) {
            return Ok(false);
        }
        // Half a digest may be alike by accident.
        Ok(self.part.items.iter().any(|item| item.id == id)
            || self.loading.repository.contains(Kind::Conversation, id.as_bytes())?)
    }

    /// Keeps a call; one that replaces another remembers what it was.
    fn keep(
        &mut self,
        id: ConversationId,
        mut record: CallRecord,
        digest: Digest,
    ) -> Result<(), PipelineError> {
        let repository = self.loading.repository;
        if let Some(there) = repository.fingerprint(Kind::Conversation, id.as_bytes())? {
            let same = there == fingerprint(&digest);
            if same && record.media.is_none() {
                return Ok(());
            }
            if let Some(former) = repository.get(&CALLS, id.as_bytes())? {
                let replaced = former.digest();
                record.former = former.former;
                if !same {
                    self.tally.replaced += 1;
                    record.former.push(replaced);
                    let surplus = record.former.len().saturating_sub(FORMER);
                    record.former.drain(..surplus);
                }
            }
        }
        self.unit.put(&CALLS, id.as_bytes(), fingerprint(&digest), &record)?;
        Ok(())
    }

    /// Keeps a dead letter.
    fn fail(&mut self, letter: DeadLetter) -> Result<(), PipelineError> {
        let text = format!("{}: {}: {}", letter.stage, letter.item, letter.error);
        self.loading.reporter.note(Severity::Error, &text);
        let slot = dead_letter_key(&letter.stage, &letter.item);
        self.unit.put(&DEAD_LETTERS, &slot, fingerprint(&self.key), &letter)?;
        self.part.letters.push(slot);
        Ok(())
    }

    /// Makes a chunk visible, with the place where the next one starts.
    pub(crate) fn chunk_done(&mut self, next: u64) -> Result<SourceSummary, PipelineError> {
        let repository = self.loading.repository;
        let mut unit = std::mem::replace(&mut self.unit, repository.unit());
        self.spill_former(&mut unit)?;
        let part = std::mem::take(&mut self.part);
        let key = part_key(&self.slot, self.record.loading, self.record.parts);
        unit.put(&PARTS, key, fingerprint(&Digest::of(b"")), &part)?;
        self.record.parts += 1;
        self.record.unfinished = Some((self.key, next));
        self.record.originals = self.originals.clone().into_iter().collect();
        unit.put(&ENTRIES, &self.slot, fingerprint(&Digest::of(b"unfinished")), &self.record)?;
        repository.commit(unit)?;
        Ok(std::mem::take(&mut self.tally))
    }

    /// Puts the former loading's last part, which lies in the record that is about to
    /// change, with its other parts.
    fn spill_former(&mut self, unit: &mut Unit) -> Result<(), PipelineError> {
        let own = self.record.loading;
        if let Some(former) = self.former.as_mut().filter(|former| former.loading != own)
            && !former.last.is_empty()
        {
            let last = std::mem::take(&mut former.last);
            let key = part_key(&self.slot, former.loading, u32::MAX);
            unit.put(&PARTS, key, fingerprint(&Digest::of(b"")), &last)?;
        }
        Ok(())
    }

    /// Makes the last chunk visible and the entry whole; calls that it no longer holds
    /// go, and so do dead letters of what is mended.
    pub(crate) fn finish(mut self) -> Result<SourceSummary, PipelineError> {
        let repository = self.loading.repository;
        let mut unit = std::mem::replace(&mut self.unit, repository.unit());
        if self.cut_off {
            self.spill_former(&mut unit)?;
            self.record.unfinished = Some((self.key, self.offset()));
        } else {
            self.replace_former(&mut unit)?;
            self.record.unfinished = None;
        }
        self.record.last = std::mem::take(&mut self.part);
        self.record.originals = std::mem::take(&mut self.originals).into_iter().collect();
        // An unsettled entry has a fingerprint that matches nothing: it is loaded again.
        let mark = if self.unsettled { Digest::of(b"unsettled") } else { self.key };
        unit.put(&ENTRIES, &self.slot, fingerprint(&mark), &self.record)?;
        repository.commit(unit)?;
        Ok(self.tally)
    }

    /// Removes what former loadings had and this one has not.
    fn replace_former(&mut self, unit: &mut Unit) -> Result<(), PipelineError> {
        let repository = self.loading.repository;
        let letters = self.letters()?;
        for part in repository.scan(&PARTS, &self.slot)? {
            let part = part?;
            if entries::loading_of(&part.key) != Some(self.record.loading) {
                // In units of their own: a long entry's would not fit into one.
                let mut old = repository.unit();
                self.forget(&part.value, &letters, &mut old)?;
                repository.commit(old)?;
                unit.delete(Kind::EntryPart, part.key)?;
            }
        }
        let own = self.record.loading;
        if let Some(former) = self.former.take().filter(|former| former.loading != own) {
            self.forget(&former.last, &letters, unit)?;
        }
        for letter in self.stale.iter().filter(|letter| !letters.contains(*letter)) {
            unit.delete(Kind::DeadLetter, letter)?;
        }
        Ok(())
    }

    /// Dead letters of this loading.
    fn letters(&self) -> Result<HashSet<Vec<u8>>, PipelineError> {
        let mut letters: HashSet<_> = self.part.letters.iter().cloned().collect();
        for number in 0..self.record.parts {
            let key = part_key(&self.slot, self.record.loading, number);
            letters.extend(self.loading.repository.get(&PARTS, key)?.unwrap_or_default().letters);
        }
        Ok(letters)
    }

    /// Removes what a former loading had and this one has not.
    fn forget(
        &self,
        former: &Part,
        letters: &HashSet<Vec<u8>>,
        unit: &mut Unit,
    ) -> Result<(), PipelineError> {
        for item in &former.items {
            if !self.seen.contains(&beginning(item.id)) {
                forget_call(unit, item.id)?;
            }
        }
        for letter in former.letters.iter().filter(|letter| !letters.contains(*letter)) {
            unit.delete(Kind::DeadLetter, letter)?;
        }
        Ok(())
    }

    /// Of something that failed in `stage`, the source or speech recognition.
    fn letter(&self, stage: &str, item: &str, error: String, output: String) -> DeadLetter {
        let own = &self.loading.source.stage;
        DeadLetter {
            stage: stage.to_owned(),
            item: item.to_owned(),
            error,
            component: (stage == own.id).then(|| own.component.digest()),
            config: own.config.clone(),
            output,
            input: Input::Entry {
                source: own.id.clone(),
                key: self.record.key.clone(),
                offset: self.offset(),
            },
        }
    }

    fn stage(&self) -> &'a str {
        &self.loading.source.stage.id
    }
}

/// Removes a call and all that was made of it.
pub(crate) fn forget_call(unit: &mut Unit, id: ConversationId) -> Result<(), PipelineError> {
    for kind in OF_A_CALL {
        unit.delete(kind, id.as_bytes())?;
    }
    Ok(())
}

fn beginning(id: ConversationId) -> u64 {
    let bytes = id.as_bytes();
    bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
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
