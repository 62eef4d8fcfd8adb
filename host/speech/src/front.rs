//! A recording as chunks of speech: decode, channels, voice activity, packing.

use std::collections::VecDeque;
use std::path::Path;

use crate::channels::{self, Layout};
use crate::chunk::{Chunk, Lane};
use crate::decode::PcmStream;
use crate::error::SpeechError;
use crate::vad::FRAME;

/// Chunks in order of their end, read from the file as they are asked for.
pub(crate) struct ChunkStream {
    stream: PcmStream,
    layout: Layout,
    lanes: Vec<Lane>,
    /// Samples a lane that do not fill a frame yet.
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
            waiting: vec![Vec::new(); lanes],
            ready: VecDeque::new(),
            ended: false,
        })
    }

    pub(crate) fn stream(&self) -> &PcmStream {
        &self.stream
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
        let whole = self.waiting[0].len() / FRAME * FRAME;
        for at in (0..whole).step_by(FRAME) {
            for (lane, waiting) in self.lanes.iter_mut().zip(&self.waiting) {
                lane.push(&waiting[at..at + FRAME], false, &mut ready);
            }
        }
        for waiting in &mut self.waiting {
            waiting.drain(..whole);
        }
        self.ready.extend(ready);
    }

    fn finish(&mut self) {
        self.ended = true;
        for waiting in &mut self.waiting {
            let frames = waiting.len().div_ceil(FRAME);
            waiting.resize(frames * FRAME, 0.0);
        }
        self.push_frames();
        let mut ready = Vec::new();
        for lane in &mut self.lanes {
            lane.finish(&mut ready);
        }
        self.ready.extend(ready);
    }
}
