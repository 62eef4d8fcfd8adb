//! Whisper on one chunk, so that the result depends on the chunk and nothing else.
//!
//! whisper.cpp falls back to sampling with a generator whose state outlives a call,
//! so the words of a chunk would depend on which chunks the same state heard before.
//! Here the greedy pass runs alone; only where it fails is a fresh state made, and the
//! fallback sampled in it.

mod weights;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
    WhisperTokenData, WhisperTokenId,
};

use crate::decode::SAMPLE_RATE;
use crate::error::SpeechError;
use weights::Form;
pub(crate) use words::ChunkWord;

/// Encoder frames a second of audio.
const FRAMES_A_SECOND: f64 = 50.0;
/// Encoder frames are rounded up to this, the step that matrix kernels like.
const FRAME_STEP: i32 = 64;
/// Frames of the longest window that Whisper takes (30 s).
const MAX_FRAMES: i32 = 1500;
/// Mean log probability below which OpenAI's and our decoding is sampled anew.
const MIN_LOGPROB: f32 = -1.0;
/// Entropy of the last [`ENTROPY_WINDOW`] tokens below which they are a loop.
const MIN_ENTROPY: f64 = 2.4;
const ENTROPY_WINDOW: usize = 32;
/// Probability of the no-speech token above which a doubtful text is dropped.
const MAX_NO_SPEECH: f32 = 0.6;
/// Candidates a temperature in the fallback, as OpenAI's.
const BEST_OF: i32 = 5;
/// Speech left unheard behind the last time stamp, above which the rest is heard anew.
const UNHEARD_SECONDS: f64 = 1.5;
/// Shorter audio is padded: Whisper refuses less than 100 ms and is unsure below a second.
const MIN_SAMPLES: usize = SAMPLE_RATE as usize;

/// What decides the words besides model and audio.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// ISO 639-1 code of the language; `None` detects it (English-only models: English).
    pub language: Option<String>,
    /// Words to expect, such as product names; put before every chunk.
    pub prompt: Option<String>,
    /// Zero-based channel of the seller in two-channel calls, where the caller knows it.
    pub seller_channel: Option<usize>,
    /// Words by which the seller is likely to be told, beside the built-in cues
    /// (the seller's name, company, products); lower case.
    pub seller_words: Vec<String>,
}

/// What Whisper heard in a chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) words: Vec<ChunkWord>,
    /// Whisper itself takes the chunk for silence.
    pub(crate) no_speech: bool,
}

/// The language of a chunk and how likely it is.
#[derive(Debug, Clone)]
pub(crate) struct LanguageGuess {
    pub(crate) code: String,
    pub(crate) probability: f32,
}

/// A loaded model; states for it are kept and reused.
pub(crate) struct Engine {
    context: WhisperContext,
    path: PathBuf,
    identity: String,
    states: Mutex<Vec<WhisperState>>,
    margin_seconds: f64,
}

impl Engine {
    pub(crate) fn load(path: &Path) -> Result<Self, SpeechError> {
        // Without a backend of its own for logs this silences whisper.cpp and ggml.
        whisper_rs::install_logging_hooks();
        let model = |reason: String| SpeechError::Model { path: path.to_owned(), reason };
        if !path.is_file() {
            return Err(model("there is no such file; `rehearsal model pull` fetches one".into()));
        }
        let weights = weights::load(path, Form::fastest()).map_err(model)?;
        let mut parameters = WhisperContextParameters::new();
        // Flash attention and llamafile's kernels together are slower than either (measured).
        parameters.use_gpu(false).flash_attn(false);
        let context = WhisperContext::new_from_buffer_with_params(&weights.file, parameters)
            .map_err(|e| model(format!("whisper.cpp refuses it ({e})")))?;
        let identity = format!("{} {}", weights.sha256, weights.form.name());
        // The smallest models lose words at the end of a chunk when the encoder sees too
        // little beyond it: two seconds lose no more than four or eight (measured), and
        // base and larger ones need one.
        let margin_seconds = if context.model_n_audio_layer() <= 4 { 2.0 } else { 1.0 };
        let (path, states) = (path.to_owned(), Mutex::default());
        Ok(Self { context, path, identity, states, margin_seconds })
    }

    /// sha256 of the model file and the form that its weights were brought into.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    pub(crate) fn is_multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    fn new_state(&self) -> Result<WhisperState, SpeechError> {
        self.context.create_state().map_err(|e| SpeechError::Model {
            path: self.path.clone(),
            reason: format!("no memory for its working state ({e})"),
        })
    }

    /// A state of the pool, to be given back with [`Self::give_back`].
    pub(crate) fn state(&self) -> Result<WhisperState, SpeechError> {
        let pooled = self.states.lock().ok().and_then(|mut states| states.pop());
        pooled.map_or_else(|| self.new_state(), Ok)
    }

    pub(crate) fn give_back(&self, state: WhisperState) {
        if let Ok(mut states) = self.states.lock() {
            states.push(state);
        }
    }

    /// Tokens of a prompt, cut to what Whisper keeps of it.
    pub(crate) fn prompt_tokens(&self, prompt: &str) -> Result<Vec<WhisperTokenId>, SpeechError> {
        let limit = self.context.n_text_ctx().max(2) as usize / 2;
        let setting = |reason: String| SpeechError::Setting { name: "prompt", reason };
        if prompt.contains('\0') {
            return Err(setting("it contains a NUL character".into()));
        }
        let text = format!(" {}", prompt.trim());
        let tokens = self
            .context
            .tokenize(&text, text.len() + 8)
            .map_err(|e| setting(format!("it cannot be tokenised ({e})")))?;
        if tokens.len() >= limit {
            let got = tokens.len();
            return Err(setting(format!("it has {got} tokens, and {} fit", limit - 1)));
        }
        Ok(tokens)
    }

    /// Hears one chunk. The state's history does not matter.
    pub(crate) fn hear(
        &self,
        state: &mut WhisperState,
        audio: &[f32],
        language: &str,
        prompt: &[WhisperTokenId],
    ) -> Result<Heard, String> {
        let mut heard = Heard { no_speech: true, ..Heard::default() };
        let mut from = 0;
        // A time stamp that ends early leaves speech unheard: the rest goes in again.
        for _ in 0..4 {
            let rest = &audio[from..];
            let offset = from as f64 / f64::from(SAMPLE_RATE);
            let pass = self.pass(state, rest, language, prompt)?;
            let end = pass.heard_to.filter(|_| !pass.no_speech);
            heard.no_speech &= pass.no_speech;
            heard.words.extend(pass.words.into_iter().map(|w| w.shifted(offset)));
            let length = rest.len() as f64 / f64::from(SAMPLE_RATE);
            match end {
                Some(end) if end > 0.5 && length - end > UNHEARD_SECONDS => {
                    from += (end * f64::from(SAMPLE_RATE)) as usize;
                }
                _ => break,
            }
        }
        Ok(heard)
    }

    fn pass(
        &self,
        state: &mut WhisperState,
        audio: &[f32],
        language: &str,
        prompt: &[WhisperTokenId],
    ) -> Result<Pass, String> {
        let mut padded;
        let audio = if audio.len() < MIN_SAMPLES {
            padded = audio.to_vec();
            padded.resize(MIN_SAMPLES, 0.0);
            &padded
        } else {
            audio
        };
        let mut greedy = self.params(audio.len(), language, prompt, 1);
        greedy.set_temperature(0.0);
        greedy.set_temperature_inc(0.0);
        state.full(greedy, audio).map_err(|e| e.to_string())?;
        let first = self.read(state);
        if !first.failed() {
            return Ok(first);
        }
        let mut fresh = self.new_state().map_err(|e| e.to_string())?;
        let mut sampled = self.params(audio.len(), language, prompt, BEST_OF);
        sampled.set_temperature(0.2);
        sampled.set_temperature_inc(0.2);
        fresh.full(sampled, audio).map_err(|e| e.to_string())?;
        Ok(self.read(&fresh))
    }

    fn params<'a>(
        &self,
        samples: usize,
        language: &'a str,
        prompt: &'a [WhisperTokenId],
        best_of: i32,
    ) -> FullParams<'a, 'a> {
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of });
        params.set_n_threads(1);
        params.set_language(Some(language));
        if !prompt.is_empty() {
            params.set_tokens(prompt);
        }
        params.set_no_context(true);
        // One window a run: without this a pause of 0.1 s at the end is encoded anew.
        params.set_single_segment(true);
        params.set_token_timestamps(true);
        params.set_audio_ctx(self.audio_ctx(samples));
        params.set_print_special(false);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        params
    }

    /// Encoder frames for so many samples: what is there and a margin, not 30 s.
    fn audio_ctx(&self, samples: usize) -> i32 {
        let seconds = samples as f64 / f64::from(SAMPLE_RATE) + self.margin_seconds;
        let frames = (seconds * FRAMES_A_SECOND).ceil() as i32;
        ((frames + FRAME_STEP - 1) / FRAME_STEP * FRAME_STEP).min(MAX_FRAMES)
    }

    fn read(&self, state: &WhisperState) -> Pass {
        let (eot, beg) = (self.context.token_eot(), self.context.token_beg());
        let mut tokens: Vec<(WhisperTokenData, Vec<u8>)> = Vec::new();
        let mut no_speech = 0.0_f32;
        for segment in state.as_iter() {
            no_speech = no_speech.max(segment.no_speech_probability());
            for i in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(i) else { continue };
                let bytes = token.to_bytes().map(<[u8]>::to_vec).unwrap_or_default();
                tokens.push((token.token_data(), bytes));
            }
        }
        let count = tokens.len().max(1) as f32;
        let logprob = tokens.iter().map(|(t, _)| t.plog).sum::<f32>() / count;
        let ids: Vec<_> = tokens.iter().map(|(t, _)| t.id).collect();
        let heard_to = ids.iter().rev().find(|id| **id > beg).map(|id| f64::from(id - beg) * 0.02);
        let loops =
            ids.len() > ENTROPY_WINDOW && entropy(&ids[ids.len() - ENTROPY_WINDOW..]) < MIN_ENTROPY;
        tokens.retain(|(t, _)| t.id < eot);
        Pass {
            words: words::from_tokens(&tokens),
            logprob,
            loops,
            no_speech: tokens.is_empty() || (no_speech > MAX_NO_SPEECH && logprob < MIN_LOGPROB),
            heard_to,
        }
    }

    /// How likely the audio that `state` heard last is in each language; costs one
    /// step of the decoder, the encoder's work is still there.
    pub(crate) fn language_of(&self, state: &mut WhisperState) -> Result<LanguageGuess, String> {
        state.decode(&[self.context.token_sot()], 0, 1).map_err(|e| e.to_string())?;
        let logits = state.get_logits().map_err(|e| e.to_string())?;
        let scores: Vec<(i32, f32)> = (0..=whisper_rs::get_lang_max_id())
            .filter_map(|id| {
                let token = usize::try_from(self.context.token_lang(id)).ok()?;
                logits.get(token).map(|logit| (id, *logit))
            })
            .collect();
        let best = scores.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0));
        let sum: f32 = scores.iter().map(|(_, logit)| (logit - best.1).exp()).sum();
        let code = whisper_rs::get_lang_str(best.0).unwrap_or("en").to_owned();
        Ok(LanguageGuess { code, probability: 1.0 / sum.max(1.0) })
    }
}

/// One run of the model.
struct Pass {
    words: Vec<ChunkWord>,
    logprob: f32,
    loops: bool,
    no_speech: bool,
    heard_to: Option<f64>,
}

impl Pass {
    fn failed(&self) -> bool {
        !self.no_speech && (self.loops || self.logprob < MIN_LOGPROB)
    }
}

/// Shannon entropy (nats) of a window of tokens.
fn entropy(ids: &[WhisperTokenId]) -> f64 {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    let total = sorted.len() as f64;
    sorted.chunk_by(|a, b| a == b).map(|run| run.len() as f64 / total).map(|p| -p * p.ln()).sum()
}
