//! Streaming conversion to 16 kHz, all channels in step, delay trimmed.

use std::path::{Path, PathBuf};

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler};

use super::SAMPLE_RATE;
use crate::error::SpeechError;

/// Frames handed to the resampler at once: short enough to stay in the cache.
const CHUNK_FRAMES: usize = 1024;

/// Collects frames of any block size and gives them out at 16 kHz.
pub(super) struct ToSixteenKilohertz {
    rate: u32,
    path: PathBuf,
    fft: Option<Fft<f32>>,
    /// Input that did not fill a chunk yet.
    waiting: Vec<Vec<f32>>,
    /// Room for one chunk of output.
    room: Vec<Vec<f32>>,
    /// Leading output frames that are the filter's delay, still to be dropped.
    delay: usize,
    frames_in: u64,
    frames_out: u64,
}

impl ToSixteenKilohertz {
    pub(super) fn new(rate: u32, channels: usize, path: &Path) -> Result<Self, SpeechError> {
        let fft = if rate == SAMPLE_RATE {
            None
        } else {
            let fft = Fft::<f32>::new(
                rate as usize,
                SAMPLE_RATE as usize,
                CHUNK_FRAMES,
                channels,
                FixedSync::Input,
            )
            .map_err(|e| unsupported(path, rate, &e))?;
            Some(fft)
        };
        let delay = fft.as_ref().map_or(0, Resampler::output_delay);
        let room = fft.as_ref().map_or(0, Resampler::output_frames_max);
        Ok(Self {
            rate,
            path: path.to_owned(),
            fft,
            waiting: vec![Vec::new(); channels],
            room: vec![vec![0.0; room]; channels],
            delay,
            frames_in: 0,
            frames_out: 0,
        })
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes a block of any length and appends what it makes available to `out`.
    pub(super) fn push(
        &mut self,
        planes: &[Vec<f32>],
        out: &mut [Vec<f32>],
    ) -> Result<(), SpeechError> {
        self.frames_in += planes[0].len() as u64;
        if self.fft.is_none() {
            for (sink, plane) in out.iter_mut().zip(planes) {
                sink.extend_from_slice(plane);
            }
            self.frames_out = self.frames_in;
            return Ok(());
        }
        for (waiting, plane) in self.waiting.iter_mut().zip(planes) {
            waiting.extend_from_slice(plane);
        }
        let mut offset = 0;
        while let Some(taken) = self.convert(offset, None, out)? {
            offset += taken;
        }
        for waiting in &mut self.waiting {
            waiting.drain(..offset);
        }
        Ok(())
    }

    /// The tail that was still inside the filter.
    pub(super) fn finish(&mut self) -> Result<Vec<Vec<f32>>, SpeechError> {
        let mut out = vec![Vec::new(); self.waiting.len()];
        if self.fft.is_none() {
            return Ok(out);
        }
        let ratio = f64::from(SAMPLE_RATE) / f64::from(self.rate);
        let expected = (self.frames_in as f64 * ratio).round() as u64;
        let mut left = self.waiting[0].len();
        while self.frames_out < expected {
            self.convert(0, Some(left), &mut out)?;
            left = 0;
        }
        let surplus = (self.frames_out - expected) as usize;
        for plane in &mut out {
            plane.truncate(plane.len().saturating_sub(surplus));
        }
        self.frames_out = expected;
        Ok(out)
    }

    /// One chunk from `offset` of the waiting input; `None` when too little waits.
    /// With `partial` the chunk holds only so many frames and silence after them.
    fn convert(
        &mut self,
        offset: usize,
        partial: Option<usize>,
        out: &mut [Vec<f32>],
    ) -> Result<Option<usize>, SpeechError> {
        let Some(fft) = &mut self.fft else { return Ok(None) };
        let waiting = self.waiting[0].len();
        let wanted = fft.input_frames_next();
        if partial.is_none() && waiting - offset < wanted {
            return Ok(None);
        }
        let fail = |e: &dyn std::fmt::Display| unsupported(&self.path, self.rate, e);
        let channels = self.waiting.len();
        let input =
            SequentialSliceOfVecs::new(&self.waiting, channels, waiting).map_err(|e| fail(&e))?;
        let frames = self.room[0].len();
        let mut output = SequentialSliceOfVecs::new_mut(&mut self.room, channels, frames)
            .map_err(|e| fail(&e))?;
        let indexing = Indexing {
            input_offset: offset,
            output_offset: 0,
            partial_len: partial,
            active_channels_mask: None,
        };
        let (taken, made) =
            fft.process_into_buffer(&input, &mut output, Some(&indexing)).map_err(|e| fail(&e))?;
        let skip = self.delay.min(made);
        self.delay -= skip;
        for (sink, plane) in out.iter_mut().zip(&self.room) {
            sink.extend_from_slice(&plane[skip..made]);
        }
        self.frames_out += (made - skip) as u64;
        Ok(Some(taken))
    }
}

fn unsupported(path: &Path, rate: u32, error: &dyn std::fmt::Display) -> SpeechError {
    SpeechError::Unsupported {
        path: path.to_owned(),
        what: format!("a sample rate of {rate} Hz ({error})"),
    }
}
