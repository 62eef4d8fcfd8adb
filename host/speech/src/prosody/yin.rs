//! YIN's difference function and its candidates over all thresholds.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::decode::SAMPLE_RATE;

/// Lowest and highest pitch that is looked for, in hertz.
pub(super) const LOWEST_HZ: f32 = 65.0;
pub(super) const HIGHEST_HZ: f32 = 400.0;
/// Samples that are compared with themselves (40 ms).
const WINDOW: usize = 640;
const LONGEST_LAG: usize = (SAMPLE_RATE as f32 / LOWEST_HZ) as usize + 1;
const SHORTEST_LAG: usize = (SAMPLE_RATE as f32 / HIGHEST_HZ) as usize;
/// Samples a frame needs.
pub(super) const FRAME: usize = WINDOW + LONGEST_LAG;
const FFT: usize = 1024;
/// Thresholds on the difference function: 0.01, 0.02, … 1.
const THRESHOLDS: usize = 100;
/// Parameters of the beta distribution that says how likely each threshold is.
const ALPHA: f64 = 2.0;
const BETA: f64 = 18.0;
/// Probability of the deepest dip where no dip is below a threshold.
const NO_DIP: f32 = 0.01;
/// Mean square below which a frame is silence whatever its shape (-70 dBFS).
const SILENCE: f32 = 1e-7;

/// A possible pitch of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) hz: f32,
    pub(super) probability: f32,
}

pub(super) struct Yin {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    thresholds: Vec<f32>,
}

impl Yin {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let density = |i: usize| {
            let x = i as f64 / THRESHOLDS as f64;
            x.powf(ALPHA - 1.0) * (1.0 - x).powf(BETA - 1.0)
        };
        let total: f64 = (1..=THRESHOLDS).map(density).sum();
        Self {
            forward: planner.plan_fft_forward(FFT),
            inverse: planner.plan_fft_inverse(FFT),
            thresholds: (1..=THRESHOLDS).map(|i| (density(i) / total) as f32).collect(),
        }
    }

    /// Pitches of one frame of [`FRAME`] samples with their probabilities, which sum to
    /// at most 1; what is missing is the probability of no voice.
    pub(super) fn candidates(&mut self, frame: &[f32]) -> Vec<Candidate> {
        let energy = frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32;
        if energy < SILENCE {
            return Vec::new();
        }
        let curve = self.normalised_difference(frame);
        let dips: Vec<usize> = (SHORTEST_LAG.max(1)..LONGEST_LAG)
            .filter(|lag| curve[*lag] < curve[lag - 1] && curve[*lag] <= curve[lag + 1])
            .collect();
        let Some(deepest) = dips.iter().copied().min_by(|a, b| curve[*a].total_cmp(&curve[*b]))
        else {
            return Vec::new();
        };
        let mut weights = vec![0.0_f32; dips.len()];
        for (i, prior) in self.thresholds.iter().enumerate() {
            let threshold = (i + 1) as f32 / THRESHOLDS as f32;
            match dips.iter().position(|lag| curve[*lag] < threshold) {
                Some(first) => weights[first] += prior,
                None => {
                    let at = dips.iter().position(|lag| *lag == deepest).unwrap_or(0);
                    weights[at] += prior * NO_DIP;
                }
            }
        }
        dips.iter()
            .zip(weights)
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(lag, probability)| {
                let period = refine(&curve, *lag);
                Candidate { hz: SAMPLE_RATE as f32 / period, probability }
            })
            .collect()
    }

    /// The cumulative mean normalised difference for lags 0 to [`LONGEST_LAG`].
    fn normalised_difference(&mut self, frame: &[f32]) -> Vec<f32> {
        let spectrum = |samples: &[f32]| {
            let mut input = vec![0.0; FFT];
            input[..samples.len()].copy_from_slice(samples);
            let mut output = self.forward.make_output_vec();
            // Lengths are the plan's own, so this cannot fail.
            let _ = self.forward.process(&mut input, &mut output);
            output
        };
        let (part, whole) = (spectrum(&frame[..WINDOW]), spectrum(frame));
        let mut product: Vec<Complex<f32>> =
            part.iter().zip(&whole).map(|(p, w)| p.conj() * w).collect();
        // The ends of a real signal's spectrum are real.
        product[0].im = 0.0;
        product[FFT / 2].im = 0.0;
        let mut likeness = vec![0.0; FFT];
        let _ = self.inverse.process(&mut product, &mut likeness);
        let square = |s: f32| f64::from(s) * f64::from(s);
        let still: f64 = frame[..WINDOW].iter().map(|s| square(*s)).sum();
        let mut moved = still;
        let mut sum = 0.0;
        let mut curve = vec![1.0; LONGEST_LAG + 1];
        for lag in 1..=LONGEST_LAG {
            moved += square(frame[lag + WINDOW - 1]) - square(frame[lag - 1]);
            let difference = still + moved - 2.0 * f64::from(likeness[lag]) / FFT as f64;
            let difference = difference.max(0.0);
            sum += difference;
            curve[lag] = (difference * lag as f64 / sum.max(1e-12)) as f32;
        }
        curve
    }
}

/// The lag of a dip between samples, by a parabola through it and its neighbours.
fn refine(curve: &[f32], lag: usize) -> f32 {
    let (a, b, c) = (curve[lag - 1], curve[lag], curve[lag + 1]);
    let bend = a - 2.0 * b + c;
    let shift = if bend > 1e-9 { 0.5 * (a - c) / bend } else { 0.0 };
    lag as f32 + shift.clamp(-0.5, 0.5)
}
