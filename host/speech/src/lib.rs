//! Any call recording in, who said what when.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use std::path::Path;
//! use rehearsal_speech::{Options, Settings, Transcriber, models::Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::open_default()?;
//! let model = store.ensure(rehearsal_speech::models::DEFAULT_MODEL, &mut |_| ())?;
//! let transcriber = Transcriber::load(&model, &Options::default())?;
//! let transcript = transcriber.transcribe(Path::new("call.m4a"), &Settings::default(), &mut |p| {
//!     eprintln!("{} s heard", p.done_ms / 1000);
//!     ControlFlow::Continue(())
//! })?;
//! for segment in &transcript.segments {
//!     println!("{}: {}", transcript.speakers[segment.speaker].id, segment.text);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The way of the data, a module a step: [`decode`] (container and codec to 16 kHz),
//! channels (two people or one sound), voice activity, chunks of at most 15 s, Whisper
//! on every core, made-up text sifted out, utterances in time order. [`models`] fetches,
//! checks and converts model files. The crate knows nothing of plugins or pipelines,
//! and prints nothing.

mod align;
mod assemble;
mod channels;
mod chunk;
pub mod decode;
mod diarize;
mod echo;
mod error;
mod front;
mod hallucination;
mod job;
pub mod models;
pub mod prosody;
mod roles;
mod transcriber;
mod transcript;
mod vad;
mod whisper;

pub use decode::{AudioInfo, samples};
pub use error::{Fault, SpeechError};
pub use transcriber::{ALGORITHM, Options, Progress, Transcriber};
pub use transcript::{
    Dropped, Hallucination, Role, RoleBasis, RoleGuess, Segment, Speaker, Timing, Transcript, Word,
};
pub use whisper::Settings;
