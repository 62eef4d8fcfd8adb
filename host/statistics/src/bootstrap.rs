//! Intervals by resampling (Efron 1979): whole clusters, because the turns of one call
//! are not independent of each other.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::Serialize;

/// An estimate and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// On the data as they are.
    pub estimate: f64,
    /// 2.5th percentile of the resamples.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// How often to resample, and from which seed: the same data, seed and count give the
/// same interval everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Resamples; 2,000 is usual.
    pub resamples: usize,
    /// Of the generator (ChaCha8).
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 2_000, seed: 7 }
    }
}

impl Bootstrap {
    /// The 95 % percentile interval of a statistic over items in clusters (a call each).
    /// Resamples on which the statistic is not defined are left out; `None` where it is
    /// not defined on the data themselves, or on less than half of the resamples.
    pub fn interval<T: Clone>(
        &self,
        clusters: &[Vec<T>],
        statistic: impl Fn(&[T]) -> Option<f64>,
    ) -> Option<Interval> {
        let all: Vec<T> = clusters.iter().flatten().cloned().collect();
        let estimate = statistic(&all)?;
        let mut values = Vec::with_capacity(self.resamples);
        self.resample(clusters, |items| values.extend(statistic(items)));
        if values.len() * 2 < self.resamples || values.is_empty() {
            return None;
        }
        values.sort_by(f64::total_cmp);
        Some(Interval { estimate, low: quantile(&values, 0.025), high: quantile(&values, 0.975) })
    }

    /// Whether `challenger` beats `champion` on the same items: the interval of the
    /// difference of a statistic (challenger − champion), both computed on the same
    /// resamples.
    pub fn paired_difference<T: Clone>(
        &self,
        clusters: &[Vec<T>],
        champion: impl Fn(&[T]) -> Option<f64>,
        challenger: impl Fn(&[T]) -> Option<f64>,
    ) -> Option<Interval> {
        self.interval(clusters, |items| Some(challenger(items)? - champion(items)?))
    }

    fn resample<T: Clone>(&self, clusters: &[Vec<T>], mut each: impl FnMut(&[T])) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut items = Vec::new();
        for _ in 0..self.resamples {
            items.clear();
            for _ in 0..clusters.len() {
                items.extend_from_slice(&clusters[below(&mut random, clusters.len())]);
            }
            each(&items);
        }
    }
}

/// Uniform below `bound`, by multiplication (Lemire 2019); the bias of at most
/// `bound / 2^64` is far below the resampling error.
fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u128::from(random.next_u64()) * bound as u128) >> 64) as usize
}

/// Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
}
