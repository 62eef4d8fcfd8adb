//! Cross-talk: the other party's voice in a channel that is not theirs.
//!
//! A telephone's loudspeaker leaks into its own microphone, so a two-channel call can
//! hold every word twice. An echo is quieter than its source, follows it by less than
//! a quarter of a second, and is a filtered copy: its waveform correlates with the
//! source's at that delay, which the voice of somebody who talks at the same time does
//! not. Both must hold before a stretch is muted, so that interruptions are kept.

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

use crate::vad::FRAME;

/// Samples judged together (128 ms).
pub(crate) const BLOCK: usize = 8 * FRAME;
/// How much of the other channel's past is compared (256 ms).
const PAST: usize = 16 * FRAME;
const FFT: usize = 2 * (BLOCK + PAST);
/// An echo is at least this much weaker than its source (6 dB, as a ratio of power).
const WEAKER: f64 = 4.0;
/// Mean square of the source below which it is not heard (-50 dBFS).
const AUDIBLE: f64 = 1e-5;
/// Likeness, by phase transform, above which a block is a copy. Independent voices
/// stay below a tenth.
const COPY: f32 = 0.18;
/// Blocks that stay muted after an echo was found: its tail decays.
const TAIL: u32 = 2;

/// Finds one channel's echo in the other, block by block.
pub(crate) struct EchoDetector {
    fft: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn realfft::ComplexToReal<f32>>,
    /// The last [`PAST`] + [`BLOCK`] samples of each channel.
    recent: [Vec<f32>; 2],
    muted_for: [u32; 2],
}

impl EchoDetector {
    pub(crate) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            fft: planner.plan_fft_forward(FFT),
            inverse: planner.plan_fft_inverse(FFT),
            recent: [vec![0.0; PAST + BLOCK], vec![0.0; PAST + BLOCK]],
            muted_for: [0; 2],
        }
    }

    /// Takes the next [`BLOCK`] samples of both channels; says which of them is echo.
    pub(crate) fn judge(&mut self, blocks: [&[f32]; 2]) -> [bool; 2] {
        for (recent, block) in self.recent.iter_mut().zip(blocks) {
            recent.drain(..block.len());
            recent.extend(block);
        }
        let mut verdict = [false; 2];
        for own in 0..2 {
            let (block, source) = (blocks[own], &self.recent[1 - own]);
            let loud = power(source);
            let is_weak = loud > AUDIBLE && power(block) * WEAKER < loud;
            if is_weak && self.likeness(block, source) > COPY {
                self.muted_for[own] = TAIL + 1;
            }
            verdict[own] = is_weak && self.muted_for[own] > 0;
            self.muted_for[own] = self.muted_for[own].saturating_sub(1);
        }
        verdict
    }

    /// Highest phase-transformed cross-correlation over delays of 0 to [`PAST`].
    fn likeness(&self, block: &[f32], source: &[f32]) -> f32 {
        let spectrum = |samples: &[f32], at: usize| {
            let mut input = vec![0.0; FFT];
            input[at..at + samples.len()].copy_from_slice(samples);
            let mut output = self.fft.make_output_vec();
            // Lengths are the plan's own, so this cannot fail.
            let _ = self.fft.process(&mut input, &mut output);
            output
        };
        // The block is the source's newest part if nothing is delayed.
        let (own, other) = (spectrum(block, PAST), spectrum(source, 0));
        let mut product: Vec<Complex<f32>> = own
            .iter()
            .zip(&other)
            .map(|(a, b)| {
                let p = a * b.conj();
                p / p.norm().max(1e-12)
            })
            .collect();
        // Below 200 Hz is hum, above 3.6 kHz a telephone has nothing.
        let bin = |hz: usize| hz * FFT / 16_000;
        for (i, value) in product.iter_mut().enumerate() {
            if i < bin(200) || i > bin(3_600) {
                *value = Complex::default();
            }
        }
        let band = (bin(3_600) - bin(200)) as f32;
        let mut correlation = vec![0.0; FFT];
        let _ = self.inverse.process(&mut product, &mut correlation);
        let peak = correlation[..PAST].iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        peak / (2.0 * band)
    }
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum::<f64>() / samples.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise through a slow filter whose level comes and goes, as speech does.
    fn voice(seed: u32, blocks: usize) -> Vec<f32> {
        let (mut seed, mut last) = (seed, 0.0_f32);
        (0..blocks * BLOCK)
            .map(|i| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
                last = 0.7 * last + 0.3 * noise;
                0.4 * last * (0.6 + 0.4 * (i as f32 / 3_000.0).sin())
            })
            .collect()
    }

    fn muted(left: &[f32], right: &[f32]) -> [usize; 2] {
        let mut detector = EchoDetector::new();
        let mut counts = [0; 2];
        for (l, r) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
            for (count, echo) in counts.iter_mut().zip(detector.judge([l, r])) {
                *count += usize::from(echo);
            }
        }
        counts
    }

    #[test]
    fn a_delayed_quieter_copy_is_echo() {
        let left = voice(1, 40);
        let hiss = voice(9, 40);
        for delay in [80, 900, 3_000] {
            let right: Vec<f32> = (0..left.len())
                .map(|i| 0.15 * i.checked_sub(delay).map_or(0.0, |j| left[j]) + 0.005 * hiss[i])
                .collect();
            let [left_muted, right_muted] = muted(&left, &right);
            assert_eq!(left_muted, 0);
            assert!(right_muted > 34, "{delay}: {right_muted} of 40");
        }
    }

    #[test]
    fn somebody_who_speaks_at_the_same_time_is_kept() {
        let left = voice(1, 40);
        for level in [0.1, 0.3, 1.0] {
            let right: Vec<f32> = voice(2, 40).iter().map(|s| s * level).collect();
            assert_eq!(muted(&left, &right), [0, 0], "{level}");
        }
    }
}
