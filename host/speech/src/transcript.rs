//! What comes out: who said what when, and how sure that is.

use serde::{Deserialize, Serialize};

use crate::decode::AudioInfo;
use crate::error::Fault;

/// A transcribed recording.
///
/// Times are milliseconds from the start of the recording. Segments are in order of
/// their start; those of different speakers may overlap. The same file, model and
/// settings give the same transcript whatever the number of threads;
/// [`timing`](Self::timing) alone differs and is left out of the serialised form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Length of what was decoded, in milliseconds.
    pub duration_ms: u64,
    /// Container, codec, rate and channels of the file.
    pub audio: AudioInfo,
    /// The speakers, in the order of [`Segment::speaker`].
    pub speakers: Vec<Speaker>,
    /// Utterances in time order.
    pub segments: Vec<Segment>,
    /// Language that was given or detected, as an ISO 639-1 code.
    pub language: String,
    /// How sure the detection of the language is, 0 to 1; 1 where it was given.
    pub language_confidence: f32,
    /// Text that Whisper made up and that was left out.
    pub dropped: Vec<Dropped>,
    /// Stretches of the file that could not be decoded.
    pub faults: Vec<Fault>,
    /// Milliseconds of speech that were transcribed, over all channels.
    pub speech_ms: u64,
    /// Everything but the file that decides the words: see [`crate::Transcriber::digest`].
    pub digest: String,
    /// How long it took.
    #[serde(skip)]
    pub timing: Timing,
}

/// Wall-clock time of one transcription.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Timing {
    /// Seconds from open to result.
    pub seconds: f64,
    /// Seconds of processing a second of audio.
    pub real_time_factor: f64,
}

/// One of the people (or, where that is not known, one unknown speaker) of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    /// Short, stable within the transcript: `S1`, `S2`, …
    pub id: String,
    /// The channel the speaker has alone, where there is one.
    pub channel: Option<usize>,
    /// How sure it is that these words belong to one and the same person, 0 to 1.
    pub confidence: f32,
    /// Seller or prospect, where that could be told.
    pub role: Option<RoleGuess>,
}

/// What somebody does in a sales call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sells.
    Seller,
    /// Is sold to.
    Prospect,
}

/// A role with its ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleGuess {
    /// The role.
    pub role: Role,
    /// How sure, 0 to 1.
    pub confidence: f32,
    /// What it rests on.
    pub basis: RoleBasis,
}

/// What a role rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleBasis {
    /// The caller named the seller's channel.
    Channel,
    /// What the speakers said.
    Words,
}

/// An utterance: words of one speaker without a long pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Index into [`Transcript::speakers`].
    pub speaker: usize,
    /// Start of the first word.
    pub start_ms: u64,
    /// End of the last word.
    pub end_ms: u64,
    /// The words as one text.
    pub text: String,
    /// Geometric mean of its words' confidences, 0 to 1.
    pub confidence: f32,
    /// Word by word.
    pub words: Vec<Word>,
}

/// A word with the punctuation that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word, without the space before it.
    pub text: String,
    /// Start.
    pub start_ms: u64,
    /// End.
    pub end_ms: u64,
    /// Geometric mean of its tokens' probabilities, 0 to 1.
    pub confidence: f32,
}

/// Words that Whisper made up on silence, noise or music, and that were left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// What it was.
    pub kind: Hallucination,
    /// The text.
    pub text: String,
    /// Where it would have stood.
    pub start_ms: u64,
    /// How often in a row.
    pub count: u32,
}

/// Ways in which Whisper makes things up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hallucination {
    /// A phrase that is repeated over and over.
    Loop,
    /// The credits of subtitled video ("thanks for watching").
    Credits,
    /// A description of a sound (`[MUSIC]`).
    SoundEffect,
    /// Text on a stretch that Whisper itself takes for silence.
    NoSpeech,
}
