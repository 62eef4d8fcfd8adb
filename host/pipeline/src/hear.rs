//! Recordings to calls: speech recognition, once for each recording and setting.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rehearsal_config::SpeechModel;
use rehearsal_model::{Conversation, Digest, Hasher, Participant, Role, Span, Timing, Turn, Word};
use rehearsal_repository::Repository;
use rehearsal_speech::models::{ModelError, PullEvent, Store};
use rehearsal_speech::{Options, Settings, SpeechError, Transcriber, Transcript};

use crate::records::{Media, TRANSCRIPTS, fingerprint};
use crate::report::{Reporter, Severity};
use crate::summary::SpeechSummary;

/// Why a recording did not become a call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HearError {
    /// The recording is at fault; hearing it again would end the same way.
    #[error(transparent)]
    Recording(SpeechError),
    /// A decoder or the recogniser gave up in a way that it should not; the recording is
    /// kept from the run, the run is not kept from the others.
    #[error("the recording made the speech core fail: {0}; please report it")]
    Panicked(String),
    /// Nothing can be heard as things stand: no model. Tried again by the next run.
    #[error("{0}")]
    Unavailable(String),
    /// The run was asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// The repository refused.
    #[error(transparent)]
    Repository(#[from] rehearsal_repository::RepositoryError),
}

/// Speech recognition as pipeline.toml sets it. The model is fetched and loaded when
/// the first recording needs it.
pub(crate) struct Hearing {
    model: SpeechModel,
    settings: Settings,
    threads: usize,
    transcriber: OnceLock<Result<Transcriber, String>>,
    digest: OnceLock<Digest>,
}

impl Hearing {
    pub(crate) fn new(speech: &rehearsal_config::Speech, workers: usize) -> Self {
        let mut prompt = speech.prompt.clone();
        if !speech.vocabulary.is_empty() {
            // Whisper takes names from text that seems to come before.
            let words = speech.vocabulary.join(", ");
            prompt = if prompt.is_empty() { words } else { format!("{prompt} {words}") };
        }
        let settings = Settings {
            language: speech.language.clone(),
            prompt: (!prompt.is_empty()).then_some(prompt),
            ..Settings::default()
        };
        Self {
            model: speech.model.clone(),
            settings,
            threads: workers,
            transcriber: OnceLock::new(),
            digest: OnceLock::new(),
        }
    }

    /// Names model and settings without loading anything.
    pub(crate) fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| {
            let mut hasher = Hasher::new("hearing");
            match &self.model {
                SpeechModel::Catalogue(name) => match rehearsal_speech::models::find(name) {
                    Some(model) => {
                        model.files.iter().for_each(|file| {
                            hasher.part(file.sha256.as_bytes());
                        });
                    }
                    None => {
                        stamp(&mut hasher, imported(name).as_deref().unwrap_or(Path::new(name)))
                    }
                },
                SpeechModel::File(path) => stamp(&mut hasher, path),
            }
            let settings = serde_json::to_vec(&self.settings).unwrap_or_default();
            hasher.part(&settings).part(&rehearsal_speech::ALGORITHM.to_le_bytes());
            hasher.finish()
        })
    }

    /// The transcript of a recording, from the repository if it was heard before.
    pub(crate) fn hear(
        &self,
        repository: &Repository,
        media: &Media,
        reporter: &dyn Reporter,
        stop: &AtomicBool,
        summary: &mut SpeechSummary,
    ) -> Result<Transcript, HearError> {
        let key = transcript_key(&media.fingerprint, &self.digest());
        if let Some(transcript) = repository.get(&TRANSCRIPTS, &key)? {
            summary.cached += 1;
            return Ok(transcript);
        }
        let transcriber = self
            .transcriber
            .get_or_init(|| self.load(reporter))
            .as_ref()
            .map_err(|reason| HearError::Unavailable(reason.clone()))?;
        let path = Path::new(&media.path);
        let before = summary.audio_seconds;
        let mut tell = |progress: rehearsal_speech::Progress| {
            let done = before + progress.done_ms as f64 / 1000.0;
            reporter.progress("speech", done as u64, None, "s of audio");
            if stop.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let transcript = guarded(|| transcriber.transcribe(path, &self.settings, &mut tell))?;
        summary.heard += 1;
        summary.audio_seconds += transcript.duration_ms as f64 / 1000.0;
        summary.seconds += transcript.timing.seconds;
        summary.dropped +=
            transcript.dropped.iter().map(|dropped| u64::from(dropped.count)).sum::<u64>();
        for fault in &transcript.faults {
            reporter.note(Severity::Warning, &format!("{}: {fault}", media.path));
        }
        // Minutes of work: it is made to last at once.
        let mut unit = repository.unit();
        unit.put(&TRANSCRIPTS, &key, fingerprint(&Digest::of(&key)), &transcript)?;
        repository.commit(unit)?;
        repository.checkpoint()?;
        Ok(transcript)
    }

    fn load(&self, reporter: &dyn Reporter) -> Result<Transcriber, String> {
        let path = match &self.model {
            SpeechModel::File(path) => path.clone(),
            SpeechModel::Catalogue(name) => fetch(name, reporter)?,
        };
        let options = Options { threads: std::num::NonZeroUsize::new(self.threads) };
        Transcriber::load(&path, &options).map_err(|error| error.to_string())
    }
}

/// Decoders are many, foreign, and fed with anybody's bytes: one that panics costs its
/// recording, not the run.
fn guarded(
    transcribe: impl FnOnce() -> Result<Transcript, SpeechError>,
) -> Result<Transcript, HearError> {
    match catch_unwind(AssertUnwindSafe(transcribe)) {
        Ok(Ok(transcript)) => Ok(transcript),
        Ok(Err(SpeechError::Cancelled)) => Err(HearError::Stopped),
        Ok(Err(error)) => Err(HearError::Recording(error)),
        Err(panic) => Err(HearError::Panicked(said(&*panic))),
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn fetch(name: &str, reporter: &dyn Reporter) -> Result<PathBuf, String> {
    let unavailable = |error: ModelError| {
        format!("no recording can be heard without the speech model `{name}`: {error}")
    };
    let store = Store::open_default().map_err(unavailable)?;
    ensure(&store, name, reporter).map_err(unavailable)
}

/// A model's file, fetched if it is not here.
pub(crate) fn ensure(
    store: &Store,
    name: &str,
    reporter: &dyn Reporter,
) -> Result<PathBuf, ModelError> {
    let mut tell = |event: PullEvent<'_>| {
        if let Some(text) = pull_note(&event) {
            reporter.note(Severity::Info, &text);
        }
        if let PullEvent::Progress { done, total, .. } = event {
            reporter.progress("model", done / 1_000_000, Some(total / 1_000_000), "MB");
        }
    };
    let path = store.ensure(name, &mut tell);
    reporter.finished("model");
    path
}

/// What a person should know of the fetching of a model; none for mere progress.
#[must_use]
pub fn pull_note(event: &PullEvent<'_>) -> Option<String> {
    match event {
        PullEvent::Waiting => Some("another process fetches the model; waiting for it".to_owned()),
        PullEvent::Trying { file, origin } => Some(format!("fetching {file} from {origin}")),
        PullEvent::Failed { origin, reason } => Some(format!("{origin} did not work: {reason}")),
        PullEvent::Preparing { file } => Some(format!("checking {file}")),
        PullEvent::Progress { .. } => None,
    }
}

/// Under which a recording's transcript is kept. The recording comes first, so that all
/// transcripts of one can be erased.
pub(crate) fn transcript_key(recording: &Digest, settings: &Digest) -> Vec<u8> {
    [&recording.as_bytes()[..], settings.as_bytes()].concat()
}

fn imported(name: &str) -> Option<PathBuf> {
    Store::open_default().ok()?.locate(name).ok().flatten()
}

/// A model file of the user's own: by place, size and time, since reading it all would
/// cost every run a second.
fn stamp(hasher: &mut Hasher, path: &Path) {
    let meta = std::fs::metadata(path).ok();
    let bytes = meta.as_ref().map_or(0, std::fs::Metadata::len);
    let changed = meta.and_then(|meta| meta.modified().ok());
    let changed = changed
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_nanos());
    hasher
        .part(path.to_string_lossy().as_bytes())
        .part(&bytes.to_le_bytes())
        .part(&changed.to_le_bytes());
}

/// A call of what was heard and what the source knows about it.
pub(crate) fn to_call(transcript: &Transcript, about: Conversation) -> Conversation {
    let mut call = Conversation {
        timing: Timing::Words,
        duration_ms: Some(ms(transcript.duration_ms)),
        audio_channels: u8::try_from(transcript.audio.channels).unwrap_or(u8::MAX),
        language: about.language.clone().or_else(|| Some(transcript.language.clone())),
        participants: participants(transcript, &about.participants),
        text: String::new(),
        turns: Vec::new(),
        words: Vec::new(),
        ..about
    };
    for segment in &transcript.segments {
        let start = if call.text.is_empty() { 0 } else { call.text.len() as u32 + 1 };
        let times = Some((ms(segment.start_ms), ms(segment.end_ms.max(segment.start_ms))));
        call.push_turn(segment.speaker as u32, &segment.text, times);
        if let Some(turn) = call.turns.last_mut() {
            *turn = Turn { confidence: Some(segment.confidence.clamp(0.0, 1.0)), ..*turn };
        }
        push_words(&mut call, segment, start);
    }
    call
}

/// Words are found in their segment's text one after the other.
fn push_words(call: &mut Conversation, segment: &rehearsal_speech::Segment, base: u32) {
    let mut from = 0;
    for word in &segment.words {
        let Some(at) = segment.text[from..].find(word.text.as_str()) else { continue };
        let start = from + at;
        from = start + word.text.len();
        call.words.push(Word {
            text: Span { start: base + start as u32, end: base + from as u32 },
            start_ms: ms(word.start_ms),
            end_ms: ms(word.end_ms.max(word.start_ms)),
            confidence: word.confidence.clamp(0.0, 1.0),
        });
    }
}

/// Whom the source names on a channel, else whom it names for a role, else whoever was
/// heard.
fn participants(transcript: &Transcript, named: &[Participant]) -> Vec<Participant> {
    let by_channel = transcript.audio.channels > 1 && named.len() == transcript.audio.channels;
    let mut known: Vec<Participant> = transcript
        .speakers
        .iter()
        .map(|speaker| {
            if let (true, Some(channel)) = (by_channel, speaker.channel)
                && let Some(participant) = named.get(channel)
            {
                return participant.clone();
            }
            heard(speaker, named)
        })
        .collect();
    if known.is_empty() {
        known.push(Participant::default());
    }
    known
}

fn heard(speaker: &rehearsal_speech::Speaker, named: &[Participant]) -> Participant {
    let Some(guess) = &speaker.role else { return Participant::default() };
    let role = match guess.role {
        rehearsal_speech::Role::Seller => Role::Seller,
        rehearsal_speech::Role::Prospect => Role::Prospect,
    };
    let mut of_role = named.iter().filter(|participant| participant.role == role);
    // A name is given only where the role leaves one choice.
    let name = match (of_role.next(), of_role.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    };
    Participant {
        name: name.and_then(|one| one.name.clone()),
        role,
        role_confidence: guess.confidence.clamp(0.0, 1.0),
        role_evidence: match guess.basis {
            rehearsal_speech::RoleBasis::Channel => "channel".to_owned(),
            rehearsal_speech::RoleBasis::Words => "lexical".to_owned(),
        },
        organisation: name.and_then(|one| one.organisation.clone()),
    }
}

fn ms(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
