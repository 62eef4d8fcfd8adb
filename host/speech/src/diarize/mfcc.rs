//! Mel cepstra of telephone speech: the shape of a voice, 100 times a second.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

use crate::decode::SAMPLE_RATE;

/// Coefficients kept; the first, loudness, is left out.
pub(super) const DIMENSIONS: usize = 19;
const WINDOW: usize = 400;
const STEP: usize = 160;
const FFT: usize = 512;
const BANDS: usize = 24;
/// What a telephone lets through, in hertz.
const LOWEST_HZ: f64 = 150.0;
const HIGHEST_HZ: f64 = 3_700.0;
const EMPHASIS: f32 = 0.97;

pub(super) struct Mfcc {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Per band: first bin and weights.
    bands: Vec<(usize, Vec<f32>)>,
    /// [`DIMENSIONS`] rows of [`BANDS`].
    cosines: Vec<f32>,
}

impl Mfcc {
    pub(super) fn new() -> Self {
        let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
        let edges: Vec<f64> = (0..BANDS + 2)
            .map(|i| {
                let at = i as f64 / (BANDS + 1) as f64;
                let mel = mel(LOWEST_HZ) + at * (mel(HIGHEST_HZ) - mel(LOWEST_HZ));
                700.0 * ((mel / 1127.0).exp() - 1.0) / f64::from(SAMPLE_RATE) * FFT as f64
            })
            .collect();
        let bands = edges
            .windows(3)
            .map(|edge| {
                let first = edge[0].ceil() as usize;
                let weights = (first..=edge[2] as usize)
                    .map(|bin| {
                        let rise = (bin as f64 - edge[0]) / (edge[1] - edge[0]);
                        let fall = (edge[2] - bin as f64) / (edge[2] - edge[1]);
                        rise.min(fall).max(0.0) as f32
                    })
                    .collect();
                (first, weights)
            })
            .collect();
        let pi = std::f64::consts::PI;
        let cosines = (1..=DIMENSIONS)
            .flat_map(|k| {
                (0..BANDS).map(move |band| {
                    let angle = pi / BANDS as f64 * (band as f64 + 0.5) * k as f64;
                    (angle.cos() * (2.0 / BANDS as f64).sqrt()) as f32
                })
            })
            .collect();
        let hann = |i: usize| 0.5 - 0.5 * (2.0 * pi * i as f64 / (WINDOW - 1) as f64).cos();
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(FFT),
            window: (0..WINDOW).map(|i| hann(i) as f32).collect(),
            bands,
            cosines,
        }
    }

    /// One vector every 10 ms.
    pub(super) fn frames(&self, samples: &[f32]) -> Vec<[f32; DIMENSIONS]> {
        let mut spectrum = self.fft.make_output_vec();
        let mut frames = Vec::new();
        for frame in samples.windows(WINDOW).step_by(STEP) {
            let mut input = vec![0.0; FFT];
            let mut last = frame[0];
            for ((slot, sample), weight) in input.iter_mut().zip(frame).zip(&self.window) {
                *slot = (sample - EMPHASIS * last) * weight;
                last = *sample;
            }
            // Lengths are the plan's own, so this cannot fail.
            let _ = self.fft.process(&mut input, &mut spectrum);
            let mut levels = [0.0_f32; BANDS];
            for (level, (first, weights)) in levels.iter_mut().zip(&self.bands) {
                let bins = spectrum[*first..].iter().zip(weights);
                *level = (bins.map(|(bin, w)| bin.norm_sqr() * w).sum::<f32>() + 1e-8).ln();
            }
            let mut cepstrum = [0.0; DIMENSIONS];
            for (value, row) in cepstrum.iter_mut().zip(self.cosines.chunks(BANDS)) {
                *value = row.iter().zip(&levels).map(|(c, l)| c * l).sum();
            }
            frames.push(cepstrum);
        }
        frames
    }
}
