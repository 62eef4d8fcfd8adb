//! Whether two samples come from one distribution.

/// Population stability index Σ (p − q)·ln(p / q) over the same bins of two samples;
/// 0.2 is the usual alarm. Empty bins count as half an item, so that the logarithm
/// stays finite. `None` unless both have items and as many bins.
#[must_use]
pub fn population_stability_index(before: &[u64], now: &[u64]) -> Option<f64> {
    let (items_before, items_now): (u64, u64) = (before.iter().sum(), now.iter().sum());
    if before.len() != now.len() || items_before == 0 || items_now == 0 {
        return None;
    }
    let share = |count: u64, items: u64| (count as f64).max(0.5) / items as f64;
    let terms = before.iter().zip(now).filter(|(before, now)| **before + **now > 0);
    Some(
        terms
            .map(|(before, now)| {
                let (p, q) = (share(*now, items_now), share(*before, items_before));
                (p - q) * (p / q).ln()
            })
            .sum(),
    )
}

/// Kolmogorov–Smirnov distance of two samples: the widest gap between their cumulative
/// shares, 0 to 1. `None` unless both have items.
#[must_use]
pub fn kolmogorov_smirnov(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (left, right) = (sorted(left), sorted(right));
    let share = |values: &[f64], at: f64| {
        values.partition_point(|value| *value <= at) as f64 / values.len() as f64
    };
    let gaps = left.iter().chain(&right).map(|at| (share(&left, *at) - share(&right, *at)).abs());
    gaps.max_by(f64::total_cmp)
}
