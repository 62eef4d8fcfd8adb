//! A recording to a transcript: decode, find speech, hear it on all cores, put it in order.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::assemble;
use crate::channels;
use crate::chunk::to_ms;
use crate::error::SpeechError;
use crate::front::ChunkStream;
use crate::job::Job;
use crate::roles;
use crate::transcript::{Timing, Transcript};
use crate::whisper::{Engine, Settings};

/// Counts up whenever a change here may change a transcript: caches are keyed by it.
pub const ALGORITHM: u32 = 5;

/// How a [`Transcriber`] works; nothing here changes the result.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Threads that hear speech, one Whisper state each; `None` is one a core.
    pub threads: Option<NonZeroUsize>,
}

/// How far a transcription has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Length of the recording in milliseconds, where its container declares it.
    pub total_ms: Option<u64>,
    /// Milliseconds up to which the recording has been heard in full.
    pub done_ms: u64,
    /// Milliseconds of speech heard.
    pub speech_ms: u64,
    /// Seconds since the start.
    pub seconds: f64,
}

/// A loaded speech model. Cheap to share between threads: every call of
/// [`transcribe`](Self::transcribe) uses its own threads and states.
pub struct Transcriber {
    engine: Engine,
    threads: usize,
}

impl Transcriber {
    /// Loads a whisper.cpp model file (any size, tiny to large-v3-turbo).
    ///
    /// # Errors
    /// [`SpeechError::Model`] if the file is missing or not such a model.
    pub fn load(model: &Path, options: &Options) -> Result<Self, SpeechError> {
        let engine = Engine::load(model)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = options.threads.map_or(cores, NonZeroUsize::get);
        Ok(Self { engine, threads })
    }

    /// A stable name for everything but the recording that decides the transcript:
    /// model, form of its weights, settings, version of this algorithm. 64 hexadecimal digits; together
    /// with a digest of the recording it is a cache key.
    pub fn digest(&self, settings: &Settings) -> String {
        let settings = serde_json::to_vec(settings).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(format!("rehearsal-speech {ALGORITHM} {}\n", self.engine.identity()));
        hash.update(settings);
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Transcribes a recording. Blocks; `progress` is called on this thread whenever a
    /// chunk of up to 15 s was heard, and may end the work with [`ControlFlow::Break`].
    ///
    /// # Errors
    /// See [`SpeechError`]. A file of which a part decodes is no error: the part is
    /// transcribed, the rest is in [`Transcript::faults`].
    pub fn transcribe(
        &self,
        path: &Path,
        settings: &Settings,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Transcript, SpeechError> {
        let started = Instant::now();
        let language = self.given_language(settings)?;
        let prompt = match &settings.prompt {
            Some(prompt) => self.engine.prompt_tokens(prompt)?,
            None => Vec::new(),
        };
        let layout = channels::probe(path)?;
        let front = ChunkStream::open(path, layout)?;
        let outcome =
            Job::new(&self.engine, front, language, prompt, progress).run(self.threads)?;
        let stream = outcome.front.stream();
        let duration_ms = to_ms(stream.position());
        let voices = outcome.front.voices();
        let (mut speakers, mut segments, dropped) =
            assemble::conversation(&outcome.heard, layout, voices.as_ref());
        // The last block is filled up with silence, of which a word may have taken some.
        for segment in &mut segments {
            segment.end_ms = segment.end_ms.min(duration_ms);
            segment.words.iter_mut().for_each(|word| word.end_ms = word.end_ms.min(duration_ms));
        }
        roles::assign(&mut speakers, &segments, settings);
        let seconds = started.elapsed().as_secs_f64();
        let (language, language_confidence) = outcome.language;
        Ok(Transcript {
            duration_ms,
            audio: stream.info().clone(),
            speakers,
            segments,
            language,
            language_confidence,
            dropped,
            faults: stream.faults().to_vec(),
            speech_ms: outcome.speech_ms,
            digest: self.digest(settings),
            timing: Timing {
                seconds,
                real_time_factor: seconds * 1000.0 / duration_ms.max(1) as f64,
            },
        })
    }

    fn given_language(&self, settings: &Settings) -> Result<Option<String>, SpeechError> {
        let setting = |reason: String| SpeechError::Setting { name: "language", reason };
        match settings.language.as_deref() {
            Some("en") => Ok(Some("en".into())),
            Some(code) if !self.engine.is_multilingual() => Err(setting(format!(
                "`{code}` was asked for, and this model knows English only; pull a \
                 multilingual one, such as `base`"
            ))),
            Some(code) if code.contains('\0') || whisper_rs::get_lang_id(code).is_none() => {
                Err(setting(format!(
                    "`{code}` is no language that Whisper knows; use a code such as `de`"
                )))
            }
            Some(code) => Ok(Some(code.to_owned())),
            None if self.engine.is_multilingual() => Ok(None),
            None => Ok(Some("en".into())),
        }
    }
}
