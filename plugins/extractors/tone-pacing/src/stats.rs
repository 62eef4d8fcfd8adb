//! Order statistics.

/// The `share` quantile (0 to 1) with linear interpolation; none of nothing.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let at = share.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Theil and Sen's slope: the median of the slopes of all pairs, which single odd turns
/// do not move. None where no two points differ in `x`. At most 200 points count, taken
/// evenly, so that the cost is bounded.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    const MOST: usize = 200;
    let step = points.len().div_ceil(MOST).max(1);
    let points: Vec<(f64, f64)> = points.iter().step_by(step).copied().collect();
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, (x, y)) in points.iter().enumerate() {
        let later = points[index + 1..].iter().filter(|(other, _)| other != x);
        slopes.extend(later.map(|(other_x, other_y)| (other_y - y) / (other_x - x)));
    }
    median(&mut slopes)
}
