//! Any container and codec that call systems write, as a stream of 16 kHz blocks.
//!
//! [`PcmStream`] is the door: it reads packet by packet, so a recording of three
//! hours needs no more memory than one of three seconds. What cannot be decoded is
//! replaced by silence of the same length and reported as a [`Fault`].

mod cut;
mod quicktime;
mod reader;
mod resample;
mod samples;

pub use reader::AudioInfo;
pub use samples::samples;

use std::path::Path;

use crate::error::{Fault, SpeechError};
use reader::PacketReader;
use resample::ToSixteenKilohertz;

/// The sample rate of everything downstream of decoding, in hertz.
pub const SAMPLE_RATE: u32 = 16_000;

/// A recording as a stream of planar `f32` blocks at [`SAMPLE_RATE`].
pub struct PcmStream {
    reader: PacketReader,
    resampler: Option<ToSixteenKilohertz>,
    produced: u64,
    finished: bool,
}

impl PcmStream {
    /// Opens the recording's first audio track (of a video, its sound).
    ///
    /// # Errors
    /// [`SpeechError::Io`], [`SpeechError::NotAudio`] or [`SpeechError::Unsupported`].
    pub fn open(path: &Path) -> Result<Self, SpeechError> {
        let reader = PacketReader::open(path)?;
        Ok(Self { reader, resampler: None, produced: 0, finished: false })
    }

    /// What the container says about the recording.
    pub fn info(&self) -> &AudioInfo {
        self.reader.info()
    }

    /// Stretches that could not be decoded so far.
    pub fn faults(&self) -> &[Fault] {
        self.reader.faults()
    }

    /// Samples a channel handed out so far, at [`SAMPLE_RATE`].
    pub fn position(&self) -> u64 {
        self.produced
    }

    /// The next block, one vector a channel, all of one length; `None` at the end.
    ///
    /// # Errors
    /// [`SpeechError::NoAudioDecoded`] if the end is reached without any audio.
    pub fn next_block(&mut self) -> Result<Option<Vec<Vec<f32>>>, SpeechError> {
        while !self.finished {
            let block = match self.reader.next_block()? {
                Some(block) => {
                    let channels = block.planes.len();
                    let stale = self.resampler.as_ref().is_some_and(|r| r.rate() != block.rate);
                    // The rate changed inside the file: what is in flight comes out first.
                    let mut out = match self.resampler.take_if(|_| stale) {
                        Some(mut old) => old.finish()?,
                        None => vec![Vec::new(); channels],
                    };
                    let resampler = match &mut self.resampler {
                        Some(resampler) => resampler,
                        none => none.insert(ToSixteenKilohertz::new(
                            block.rate,
                            channels,
                            self.reader.path(),
                        )?),
                    };
                    resampler.push(&block.planes, &mut out)?;
                    out
                }
                None => {
                    self.finished = true;
                    match &mut self.resampler {
                        Some(resampler) => resampler.finish()?,
                        None => return Err(self.reader.nothing_decoded()),
                    }
                }
            };
            let frames = block.first().map_or(0, Vec::len);
            if frames > 0 {
                self.produced += frames as u64;
                return Ok(Some(block));
            }
        }
        Ok(None)
    }
}
