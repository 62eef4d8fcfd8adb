//! Voices as Gaussians of mel cepstra, compared by the Bayesian information criterion
//! (Chen and Gopalakrishnan, 1998). Needs no model file.

use super::VoiceModel;
use super::mfcc::{DIMENSIONS, Mfcc};

/// Entries of a symmetric matrix's lower triangle.
const TRIANGLE: usize = DIMENSIONS * (DIMENSIONS + 1) / 2;
/// Added to variances, so that a short stretch has a determinant.
const FLOOR: f64 = 1e-2;
/// Frames below which a stretch says nothing (0.25 s).
const LEAST: usize = 25;
/// What a second Gaussian costs, a log frame: half its parameters.
const PENALTY: f64 = 0.5 * (DIMENSIONS + TRIANGLE) as f64;

/// The model; holds the tables of its features.
pub(crate) struct GaussianVoices(Mfcc);

impl GaussianVoices {
    pub(crate) fn new() -> Self {
        Self(Mfcc::new())
    }
}

/// Sums over the frames of a stretch, and what is needed of them at every comparison.
#[derive(Clone)]
pub(crate) struct Gaussian {
    frames: f64,
    sum: [f64; DIMENSIONS],
    squares: [f64; TRIANGLE],
    /// Frames × log determinant of the covariance.
    volume: f64,
}

impl Gaussian {
    fn new(frames: f64, sum: [f64; DIMENSIONS], squares: [f64; TRIANGLE]) -> Self {
        let volume = frames * log_determinant(frames, &sum, &squares);
        Self { frames, sum, squares, volume }
    }

    fn of(frames: &[[f32; DIMENSIONS]]) -> Self {
        let mut sum = [0.0; DIMENSIONS];
        let mut squares = [0.0; TRIANGLE];
        for frame in frames {
            let mut at = 0;
            for (i, (value, total)) in frame.iter().zip(&mut sum).enumerate() {
                let value = f64::from(*value);
                *total += value;
                for other in &frame[..=i] {
                    squares[at] += value * f64::from(*other);
                    at += 1;
                }
            }
        }
        Self::new(frames.len() as f64, sum, squares)
    }
}

/// By Cholesky's decomposition of the covariance.
fn log_determinant(frames: f64, sum: &[f64; DIMENSIONS], squares: &[f64; TRIANGLE]) -> f64 {
    let mut l = [[0.0_f64; DIMENSIONS]; DIMENSIONS];
    let mut log = 0.0;
    let mut at = 0;
    for i in 0..DIMENSIONS {
        for j in 0..=i {
            let mut value = squares[at] / frames - sum[i] / frames * (sum[j] / frames);
            at += 1;
            if i == j {
                value += FLOOR;
            }
            value -= l[i][..j].iter().zip(&l[j]).map(|(a, b)| a * b).sum::<f64>();
            if i == j {
                let pivot = value.max(1e-9);
                l[i][i] = pivot.sqrt();
                log += pivot.ln();
            } else {
                l[i][j] = value / l[j][j];
            }
        }
    }
    log
}

impl VoiceModel for GaussianVoices {
    type Voice = Gaussian;

    fn describe(&self, samples: &[f32]) -> Option<Gaussian> {
        let frames = self.0.frames(samples);
        (frames.len() >= LEAST).then(|| Gaussian::of(&frames))
    }

    fn merge(&self, a: &Gaussian, b: &Gaussian) -> Gaussian {
        let mut sum = a.sum;
        let mut squares = a.squares;
        sum.iter_mut().zip(&b.sum).for_each(|(s, v)| *s += v);
        squares.iter_mut().zip(&b.squares).for_each(|(s, v)| *s += v);
        Gaussian::new(a.frames + b.frames, sum, squares)
    }

    fn distance(&self, a: &Gaussian, b: &Gaussian) -> f64 {
        let both = self.merge(a, b);
        0.5 * (both.volume - a.volume - b.volume) - PENALTY * both.frames.ln()
    }

    fn separation(&self, a: &Gaussian, b: &Gaussian) -> f64 {
        self.distance(a, b) / (a.frames + b.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Diary;
    use super::*;

    /// Noise through a resonance: a crude vocal tract.
    fn voice(hz: f32, seconds: usize, seed: u32) -> Vec<f32> {
        let (mut seed, mut a, mut b) = (seed, 0.0_f32, 0.0_f32);
        let turn = std::f32::consts::TAU * hz / 16_000.0;
        (0..seconds * 16_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
                let next = 0.02 * noise + 1.9 * turn.cos() * a - 0.9025 * b;
                (a, b) = (next, a);
                next
            })
            .collect()
    }

    #[test]
    fn two_vocal_tracts_are_two_speakers_and_one_is_not() {
        let second = 16_000_u64;
        let mut diary = Diary::new(GaussianVoices::new());
        for turn in 0..10 {
            let hz = if turn % 2 == 0 { 600.0 } else { 1_500.0 };
            diary.add(turn * 4 * second, &voice(hz, 3, turn as u32 + 1));
        }
        let voices = diary.conclude().unwrap();
        for turn in 0..10 {
            assert_eq!(voices.speaker_at(turn * 4_000 + 1_500), turn as usize % 2);
        }
        assert!(voices.confidence >= 0.5);
        let mut alone = Diary::new(GaussianVoices::new());
        for turn in 0..10 {
            alone.add(turn * 4 * second, &voice(600.0, 3, turn as u32 + 1));
        }
        assert_eq!(alone.conclude(), None);
        assert_eq!(Diary::new(GaussianVoices::new()).conclude(), None);
    }
}
