//! Whether probabilities mean what they say.

/// A probability and what happened.
pub type Forecast = (f64, bool);

/// Mean squared error of probabilities (Brier 1950), 0 to 1, lower is better.
#[must_use]
pub fn brier(forecasts: &[Forecast]) -> Option<f64> {
    crate::mean(forecasts.iter().map(|(p, happened)| (p - f64::from(u8::from(*happened))).powi(2)))
}

/// Expected calibration error over `bins` bins of equal width (Naeini, Cooper and
/// Hauskrecht 2015): mean distance, weighted by items, of a bin's mean probability from
/// the share that happened. 0 to 1. `None` without forecasts or bins.
#[must_use]
pub fn expected_calibration_error(forecasts: &[Forecast], bins: usize) -> Option<f64> {
    if forecasts.is_empty() || bins == 0 {
        return None;
    }
    let mut sums = vec![(0.0, 0.0); bins];
    for (p, happened) in forecasts {
        // Right-closed bins, 0 in the first, as most implementations have it.
        let at = ((p * bins as f64).ceil() as usize).clamp(1, bins) - 1;
        sums[at].0 += p;
        sums[at].1 += f64::from(u8::from(*happened));
    }
    // (n_b / n) · |conf − acc| with the bin's n in both: only the sums remain.
    let gap: f64 = sums.iter().map(|(confidence, hits)| (confidence - hits).abs()).sum();
    Some(gap / forecasts.len() as f64)
}
