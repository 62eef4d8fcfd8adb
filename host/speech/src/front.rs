//! A recording as chunks of speech: decode, channels, voice activity, packing.

use std::collections::VecDeque;
use std::path::Path;

use crate::channels::{self, Layout};
use crate::chunk::{Chunk, Lane};
use crate::decode::PcmStream;
use crate::diarize::{Diary, GaussianVoices, TwoVoices};
use crate::echo::{BLOCK, EchoDetector};
use crate::error::SpeechError;
use crate::vad::FRAME;

/// Chunks in order of their end, read from the file as they are asked for.
pub(crate) struct ChunkStream {
    stream: PcmStream,
    layout: Layout,
    lanes: Vec<Lane>,
    /// Where there is one channel, voices tell the speakers apart.
    diary: Option<Diary<GaussianVoices>>,
    /// Where there are two parties, one may be heard in the other's channel.
    echo: Option<EchoDetector>,
    /// Samples a lane that do not fill a block yet.
    waiting: Vec<Vec<f32>>,
    ready: VecDeque<Chunk>,
    ended: bool,
}

impl ChunkStream {
    pub(crate) fn open(path: &Path, layout: Layout) -> Result<Self, SpeechError> {
        let lanes = match layout {
            Layout::Mixed => 1,
            Layout::TwoParty => 2,
        };
        Ok(Self {
            stream: PcmStream::open(path)?,
            layout,
            lanes: (0..lanes).map(Lane::new).collect(),
            diary: (layout == Layout::Mixed).then(|| Diary::new(GaussianVoices::new())),
            echo: (layout == Layout::TwoParty).then(EchoDetector::new),
            waiting: vec![Vec::new(); lanes],
            ready: VecDeque::new(),
            ended: false,
        })
    }

    pub(crate) fn stream(&self) -> &PcmStream {
        &self.stream
    }

    /// The two speakers of a recording of one channel, once all of it was read.
    pub(crate) fn voices(&self) -> Option<TwoVoices> {
        self.diary.as_ref()?.conclude()
    }

    /// The next chunk; `None` at the end of the recording.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, SpeechError> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Ok(Some(chunk));
            }
            if self.ended {
                return Ok(None);
            }
            match self.stream.next_block()? {
                Some(block) => self.hear(block),
                None => self.finish(),
            }
        }
    }

    fn hear(&mut self, block: Vec<Vec<f32>>) {
        match self.layout {
            Layout::Mixed => self.waiting[0].extend(channels::mix_down(block)),
            Layout::TwoParty => {
                for (waiting, plane) in self.waiting.iter_mut().zip(block) {
                    waiting.extend(plane);
                }
            }
        }
        self.push_frames();
    }

    fn push_frames(&mut self) {
        let mut ready = Vec::new();
        let whole = self.waiting[0].len() / BLOCK * BLOCK;
        for at in (0..whole).step_by(BLOCK) {
            let muted = match (&mut self.echo, &self.waiting[..]) {
                (Some(echo), [left, right]) => {
                    echo.judge([&left[at..at + BLOCK], &right[at..at + BLOCK]])
                }
                _ => [false; 2],
            };
            for ((lane, waiting), muted) in self.lanes.iter_mut().zip(&self.waiting).zip(muted) {
                for frame in waiting[at..at + BLOCK].chunks(FRAME) {
                    lane.push(frame, muted, &mut ready);
                }
            }
        }
        for waiting in &mut self.waiting {
            waiting.drain(..whole);
        }
        self.hand_over(ready);
    }

    /// Chunks that are ready, after their voices were noted.
    fn hand_over(&mut self, chunks: Vec<Chunk>) {
        if let Some(diary) = &mut self.diary {
            for chunk in &chunks {
                for piece in &chunk.pieces {
                    let (from, to) = piece.voice;
                    let within =
                        |sample: u64| piece.at + sample.saturating_sub(piece.source) as usize;
                    let range = within(from)..within(to).min(piece.at + piece.len);
                    diary.add(from.max(piece.source), &chunk.audio[range]);
                }
            }
        }
        self.ready.extend(chunks);
    }

    fn finish(&mut self) {
        self.ended = true;
        for waiting in &mut self.waiting {
            let blocks = waiting.len().div_ceil(BLOCK);
            waiting.resize(blocks * BLOCK, 0.0);
        }
        self.push_frames();
        let mut ready = Vec::new();
        for lane in &mut self.lanes {
            lane.finish(&mut ready);
        }
        self.hand_over(ready);
    }
}
