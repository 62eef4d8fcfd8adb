//! Pitch, loudness and voicing of a voice, every 10 ms.
//!
//! Pitch is pYIN's (Mauch and Dixon, ICASSP 2014): YIN's candidates for many
//! thresholds, and the likeliest path through them.

mod path;
mod yin;

use serde::{Deserialize, Serialize};

use crate::decode::SAMPLE_RATE;
use yin::Yin;

/// Milliseconds between two frames.
pub const STEP_MS: u64 = 10;
/// Samples between two frames.
const STEP: usize = SAMPLE_RATE as usize * STEP_MS as usize / 1000;
/// Samples over which loudness is measured (25 ms).
const LOUDNESS_WINDOW: usize = SAMPLE_RATE as usize * 25 / 1000;
/// Loudness of digital silence, in dBFS.
const SILENCE_DB: f32 = -120.0;
/// Frames below this are muted, not quiet, in dBFS.
const MUTED_DB: f32 = -100.0;
/// Share of the frames that are taken for noise in the signal-to-noise ratio.
const NOISE_SHARE: f64 = 0.1;
/// Frames through which one path is sought (30 s): bounds memory for long recordings.
const BLOCK: usize = 3_000;

/// One step of a voice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProsodyFrame {
    /// Fundamental frequency in hertz; `None` where there is no voice.
    pub f0_hz: Option<f32>,
    /// Probability that the frame is voiced, 0 to 1.
    pub voicing: f32,
    /// Root mean square in dB relative to full scale, at least -120.
    pub energy_db: f32,
}

/// The voice of a stretch of audio. Frame `i` is centred `i` × [`STEP_MS`] after its start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Prosody {
    /// One frame every [`STEP_MS`].
    pub frames: Vec<ProsodyFrame>,
    /// Share of frames that are voiced, 0 to 1.
    pub voiced_share: f32,
    /// Median pitch in hertz, where anything is voiced.
    pub median_f0_hz: Option<f32>,
    /// Level of voiced frames over the quietest tenth, in dB; `None` where nothing is voiced.
    pub snr_db: Option<f32>,
}

/// Measures mono audio at [`SAMPLE_RATE`]; [`crate::samples`] reads it from a file.
/// Deterministic; costs about a hundredth of the audio's time.
pub fn prosody(samples: &[f32]) -> Prosody {
    let count = samples.len().div_ceil(STEP);
    let mut yin = Yin::new();
    let mut frames = Vec::with_capacity(count);
    for block in (0..count).collect::<Vec<_>>().chunks(BLOCK) {
        let candidates: Vec<_> =
            block.iter().map(|i| yin.candidates(&centred(samples, i * STEP, yin::FRAME))).collect();
        let pitches = path::likeliest(&candidates);
        for ((index, candidates), pitch) in block.iter().zip(&candidates).zip(pitches) {
            let voicing: f32 = candidates.iter().map(|c| c.probability).sum();
            frames.push(ProsodyFrame {
                f0_hz: pitch,
                voicing: voicing.clamp(0.0, 1.0),
                energy_db: loudness(&centred(samples, index * STEP, LOUDNESS_WINDOW)),
            });
        }
    }
    summarise(frames)
}

/// `length` samples around `at`, silence beyond the ends.
fn centred(samples: &[f32], at: usize, length: usize) -> Vec<f32> {
    let from = at as isize - (length / 2) as isize;
    (from..from + length as isize)
        .map(|i| usize::try_from(i).ok().and_then(|i| samples.get(i)).copied().unwrap_or(0.0))
        .collect()
}

fn loudness(window: &[f32]) -> f32 {
    let square = window.iter().map(|s| s * s).sum::<f32>() / window.len() as f32;
    (10.0 * square.max(1e-12).log10()).max(SILENCE_DB)
}

fn power(db: f32) -> f64 {
    10.0_f64.powf(f64::from(db) / 10.0)
}

fn summarise(frames: Vec<ProsodyFrame>) -> Prosody {
    let mut pitches: Vec<f32> = frames.iter().filter_map(|f| f.f0_hz).collect();
    pitches.sort_by(f32::total_cmp);
    let voiced_share = pitches.len() as f32 / frames.len().max(1) as f32;
    let median_f0_hz = pitches.get(pitches.len() / 2).copied();
    // Digital silence (a muted side) is no noise of the line.
    let heard = frames.iter().map(|f| f.energy_db).filter(|db| *db > MUTED_DB);
    let mut levels: Vec<f32> = heard.collect();
    levels.sort_by(f32::total_cmp);
    let quiet = ((levels.len() as f64 * NOISE_SHARE).ceil() as usize).min(levels.len());
    let mean = |sum: f64, count: usize| sum / count.max(1) as f64;
    let noise = mean(levels[..quiet].iter().map(|db| power(*db)).sum(), quiet);
    let voiced = frames.iter().filter(|f| f.f0_hz.is_some());
    let speech = mean(voiced.map(|f| power(f.energy_db)).sum(), pitches.len());
    let snr_db = (!pitches.is_empty()).then(|| (10.0 * (speech / noise.max(1e-12)).log10()) as f32);
    Prosody { frames, voiced_share, median_f0_hz, snr_db }
}
