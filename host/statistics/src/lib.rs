//! How well raters and models agree, how good probabilities are, and whether a
//! difference is one.
//!
//! Every function names its source. A statistic that the data cannot support (nothing
//! rated, no variation, one class only) is `None`, never 0 and never NaN. Intervals come
//! from resampling whole calls ([`bootstrap`]): turns of one call are not independent.

pub mod agreement;
pub mod bootstrap;
pub mod classification;
pub mod distribution;
pub mod probability;
pub mod ranking;
pub mod spans;

pub use bootstrap::{Bootstrap, Interval};

/// Mean of absolute differences, in the unit of the scores; `None` for no pairs.
#[must_use]
pub fn mean_absolute_error(pairs: &[(f64, f64)]) -> Option<f64> {
    mean(pairs.iter().map(|(left, right)| (left - right).abs()))
}

/// `None` for nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}
