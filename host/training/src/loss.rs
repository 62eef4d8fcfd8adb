//! The loss that heads are fitted by, from nothing and beside what ships.

use crate::tasks::Kind;

/// Adds the cross-entropy of a row to `loss`; its scores become residuals, probability less
/// target. Terms are added one by one, so that the order of rows alone decides the last bit.
pub fn add(loss: &mut f64, scores: &mut [f32], targets: &[f32], kind: Kind) {
    if kind == Kind::Each {
        for (score, target) in scores.iter_mut().zip(targets) {
            let tail = (-score.abs()).exp().ln_1p();
            *loss += f64::from(score.max(0.0) + tail - target * *score);
            *score = 1.0 / (1.0 + (-*score).exp()) - target;
        }
        return;
    }
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = scores.iter().map(|score| (score - most).exp()).sum();
    for (score, target) in scores.iter_mut().zip(targets) {
        *loss += f64::from(target * (sum.ln() + most - *score));
        *score = (*score - most).exp() / sum - target;
    }
}
