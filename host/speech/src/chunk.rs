//! Speech spans packed into chunks that Whisper hears in one go.
//!
//! Whisper's cost is per chunk as well as per second, so spans are packed until a
//! chunk is full; the silence between them is not encoded. A chunk knows where each
//! of its pieces came from, and turns its own times back into the recording's.

use std::collections::VecDeque;

use crate::decode::SAMPLE_RATE;
use crate::vad::{FRAME, MAX_FRAMES, Span, VoiceActivity};

/// Room before a span for a soft onset, and after it for a soft ending (10 frames, 160 ms).
const PAD_FRAMES: u64 = 10;
/// How much earlier than its first frame a voice began: the detector looks back over
/// three frames before it is sure (measured on turns of known times).
const ONSET_FRAMES: u64 = 3;
/// Silence put between two pieces, so that their words do not run together (240 ms).
const GAP: usize = SAMPLE_RATE as usize * 240 / 1000;
/// Longest chunk in samples: one span at its limit with its padding.
const MAX_SAMPLES: usize = (MAX_FRAMES + 2 * PAD_FRAMES) as usize * FRAME;

/// A piece of the recording inside a chunk, in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it lies in the chunk.
    pub(crate) at: usize,
    /// Where it lies in the recording.
    pub(crate) source: u64,
    /// How long it is.
    pub(crate) len: usize,
    /// Where in the recording the voice itself begins and ends, without padding.
    pub(crate) voice: (u64, u64),
}

/// Audio for one run of Whisper.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) channel: usize,
    pub(crate) audio: Vec<f32>,
    pub(crate) pieces: Vec<Piece>,
}

impl Chunk {
    /// Where the chunk begins in the recording, in milliseconds.
    pub(crate) fn start_ms(&self) -> u64 {
        self.pieces.first().map_or(0, |p| to_ms(p.source))
    }

    /// Milliseconds of speech in it.
    pub(crate) fn speech_ms(&self) -> u64 {
        self.pieces.iter().map(|p| to_ms(p.len as u64)).sum()
    }

    /// The piece that a time of the chunk (in seconds) falls into, or the nearest.
    pub(crate) fn piece_at(&self, seconds: f64) -> usize {
        let sample = seconds * f64::from(SAMPLE_RATE);
        self.pieces.iter().rposition(|p| sample >= p.at as f64 - GAP as f64 / 2.0).unwrap_or(0)
    }

    /// A time of the chunk as a time of the recording, inside the given piece's voice.
    pub(crate) fn source_ms(&self, piece: usize, seconds: f64) -> u64 {
        let piece = &self.pieces[piece];
        let sample = piece.source as f64 + seconds * f64::from(SAMPLE_RATE) - piece.at as f64;
        let (from, to) = piece.voice;
        to_ms(sample.clamp(from as f64, to as f64) as u64)
    }
}

pub(crate) fn to_ms(samples: u64) -> u64 {
    samples * 1000 / u64::from(SAMPLE_RATE)
}

/// One channel on its way from samples to chunks; holds no more than it must.
pub(crate) struct Lane {
    channel: usize,
    activity: VoiceActivity,
    /// Samples from `base` on that may still be needed.
    held: VecDeque<f32>,
    base: u64,
    /// Frames scored so far.
    frames: u64,
    /// One past the last sample that went into a chunk.
    used_to: u64,
    /// A span whose trailing padding has not arrived yet.
    closing: Option<Span>,
    open: Option<Chunk>,
}

impl Lane {
    pub(crate) fn new(channel: usize) -> Self {
        Self {
            channel,
            activity: VoiceActivity::new(),
            held: VecDeque::new(),
            base: 0,
            frames: 0,
            used_to: 0,
            closing: None,
            open: None,
        }
    }

    /// Takes one frame; `muted` says that it is another channel's echo.
    pub(crate) fn push(&mut self, frame: &[f32], muted: bool, ready: &mut Vec<Chunk>) {
        self.held.extend(frame);
        let score = self.activity.score(frame);
        self.frames += 1;
        let closed = self.activity.advance(if muted { 0.0 } else { score });
        if let Some(span) = closed {
            // Cut spans adjoin: the earlier one cannot wait for its padding.
            self.flush_closing(ready);
            self.closing = Some(span);
        }
        if self.closing.is_some_and(|span| self.frames >= span.end + PAD_FRAMES) {
            self.flush_closing(ready);
        }
        self.forget();
    }

    /// The end of the recording: everything that is left becomes chunks.
    pub(crate) fn finish(&mut self, ready: &mut Vec<Chunk>) {
        self.flush_closing(ready);
        self.closing = self.activity.finish();
        self.flush_closing(ready);
        ready.extend(self.open.take());
    }

    fn flush_closing(&mut self, ready: &mut Vec<Chunk>) {
        let Some(span) = self.closing.take() else { return };
        let here = self.base + self.held.len() as u64;
        let from = (span.start.saturating_sub(PAD_FRAMES) * FRAME as u64).max(self.used_to);
        let to = ((span.end + PAD_FRAMES) * FRAME as u64)
            .min(here)
            // Padding must not take the first frames of the span that follows.
            .min((self.activity.open_from() * FRAME as u64).max(span.end * FRAME as u64));
        self.used_to = to;
        let len = (to - from) as usize;
        let full = self.open.as_ref().is_some_and(|c| c.audio.len() + GAP + len > MAX_SAMPLES);
        if full {
            ready.extend(self.open.take());
        }
        let chunk = self.open.get_or_insert_with(|| Chunk {
            channel: self.channel,
            audio: Vec::new(),
            pieces: Vec::new(),
        });
        let adjoins = chunk.pieces.last().is_some_and(|p| p.source + p.len as u64 == from);
        if !chunk.audio.is_empty() && !adjoins {
            chunk.audio.resize(chunk.audio.len() + GAP, 0.0);
        }
        let at = chunk.audio.len();
        let offset = (from - self.base) as usize;
        chunk.audio.extend(self.held.range(offset..offset + len));
        let onset = span.start.saturating_sub(ONSET_FRAMES);
        let voice = (onset * FRAME as u64, span.end * FRAME as u64);
        chunk.pieces.push(Piece { at, source: from, len, voice });
    }

    /// Drops samples that no later span can reach.
    fn forget(&mut self) {
        let oldest = self.closing.map_or_else(|| self.activity.open_from(), |span| span.start);
        let keep_from = oldest.saturating_sub(PAD_FRAMES) * FRAME as u64;
        if keep_from > self.base + 16 * FRAME as u64 {
            self.held.drain(..(keep_from - self.base) as usize);
            self.base = keep_from;
        }
    }
}
