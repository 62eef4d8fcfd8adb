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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::SAMPLE_RATE;

    /// Frames in which errors are counted (10 ms).
    const STEP: usize = SAMPLE_RATE as usize / 100;

    /// Who speaks, a bit a speaker, frame by frame.
    fn reference(rttm: &Path, frames: usize) -> Vec<u32> {
        let mut names: Vec<String> = Vec::new();
        let mut truth = vec![0; frames];
        for line in std::fs::read_to_string(rttm).unwrap().lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let frame = |i: usize| (fields[i].parse::<f64>().unwrap() * 100.0) as usize;
            let name = fields[7].to_owned();
            let speaker = names.iter().position(|n| *n == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            let (from, to) = (frame(3).min(frames), (frame(3) + frame(4)).min(frames));
            truth[from..to].iter_mut().for_each(|bits| *bits |= 1 << speaker);
        }
        truth
    }

    /// Share of speech that is missed, made up or given to the wrong speaker.
    fn error_rate(truth: &[u32], voices: &TwoVoices) -> f64 {
        let mut found = vec![None; truth.len()];
        for (start, end, speaker) in voices.turns() {
            let (from, to) = (*start as usize / STEP, (*end as usize / STEP).min(truth.len()));
            found[from.min(to)..to].fill(Some(*speaker));
        }
        let spoken: u32 = truth.iter().map(|bits| bits.count_ones()).sum();
        let errors = |swap: usize| -> u32 {
            let frame = |(bits, who): (&u32, &Option<usize>)| {
                let right = who.is_some_and(|who| bits >> (who ^ swap) & 1 == 1);
                bits.count_ones().max(u32::from(who.is_some())) - u32::from(right)
            };
            truth.iter().zip(&found).map(frame).sum()
        };
        f64::from(errors(0).min(errors(1))) / f64::from(spoken)
    }

    #[test]
    fn speakers_of_one_channel_are_told_apart_or_left_open() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/speech");
        if !folder.is_dir() {
            return println!("skipped: there is no {}", folder.display());
        }
        for (recording, rttm) in [
            ("sales_call_8k_mono.wav", "sales_call_mono.rttm"),
            ("pyannote_sample_mono.wav", "pyannote_sample_mono.rttm"),
            ("ami_dev00.wav", "ami_dev00.rttm"),
        ] {
            let mut front = ChunkStream::open(&folder.join(recording), Layout::Mixed).unwrap();
            while front.next().unwrap().is_some() {}
            let Some(voices) = front.voices() else {
                println!("{recording}: one unknown speaker");
                continue;
            };
            let frames = front.stream().position() as usize / STEP;
            let rate = error_rate(&reference(&folder.join(rttm), frames), &voices);
            println!("{recording}: error rate {:.1} %, sure {}", 100.0 * rate, voices.confidence);
            assert!(rate < 0.2, "{recording}: {rate}");
        }
    }
}
