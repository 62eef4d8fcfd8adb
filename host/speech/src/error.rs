//! What can go wrong, in words for the person whose recording it is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why a recording, a model or a setting could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The file could not be read at all.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not a recording in a container that is known here.
    #[error("{path} is not a recording that can be read: {reason}", path = path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What was missing or wrong.
        reason: String,
    },
    /// The container is known; the codec or a feature of it is not.
    #[error("{path}: {what} is not supported; convert the recording to WAV, FLAC or Opus", path = path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The codec or feature.
        what: String,
    },
    /// The container opened, and not one frame of audio could be decoded.
    #[error("{path}: no audio could be decoded ({reason})", path = path.display())]
    NoAudioDecoded {
        /// The file.
        path: PathBuf,
        /// The first fault that was met.
        reason: String,
    },
    /// A channel or a stretch of time that the recording does not have.
    #[error("{path} has {channels} channel(s); channel {channel} was asked for", path = path.display())]
    NoSuchChannel {
        /// The file.
        path: PathBuf,
        /// Channels in the file.
        channels: usize,
        /// The zero-based channel that was asked for.
        channel: usize,
    },
    /// The model file is missing or Whisper refused it.
    #[error("cannot load the speech model {path}: {reason}", path = path.display())]
    Model {
        /// The model file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// A setting that the model or this build cannot serve.
    #[error("speech setting `{name}`: {reason}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Whisper failed on a chunk.
    #[error("transcription failed at {position_ms} ms: {reason}")]
    Inference {
        /// Where in the recording the chunk begins, in milliseconds.
        position_ms: u64,
        /// What Whisper reported.
        reason: String,
    },
    /// The caller asked to stop through its progress callback.
    #[error("stopped on request")]
    Cancelled,
}

/// A stretch of a recording that could not be decoded; the rest was kept.
///
/// The gap is filled with silence, so that times after it stay right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where it begins, in milliseconds from the start of the recording.
    pub position_ms: u64,
    /// How long it lasts, in milliseconds (0 where that is unknown).
    pub length_ms: u64,
    /// What the decoder said.
    pub reason: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at {} ms, for {} ms: {}", self.position_ms, self.length_ms, self.reason)
    }
}
