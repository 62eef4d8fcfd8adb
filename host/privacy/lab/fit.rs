//! Logistic regression on sparse binary features, by L-BFGS.

use std::collections::VecDeque;

/// Rows of features that are there, and whether the row is a name.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) features: Vec<Vec<u32>>,
    pub(crate) names: Vec<bool>,
}

/// Pairs that the curvature is estimated from.
const MEMORY: usize = 10;
const ITERATIONS: usize = 80;

/// Minimises the sum of cross-entropies and `ridge / 2 · ‖w‖²`, from zero.
pub(crate) fn fit(rows: &Rows, buckets: usize, ridge: f64) -> Vec<f32> {
    let mut at = vec![0.0; buckets];
    let (mut loss, mut gradient) = objective(rows, &at, ridge);
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    for _ in 0..ITERATIONS {
        let direction = direction(&gradient, &pairs);
        let slope = dot(&direction, &gradient);
        if slope > -1e-9 {
            break;
        }
        let mut step = if pairs.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt() } else { 1.0 };
        let (next, next_loss, next_gradient) = loop {
            let next: Vec<f64> = at.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let (next_loss, next_gradient) = objective(rows, &next, ridge);
            if next_loss <= loss + 1e-4 * step * slope || step < 1e-12 {
                break (next, next_loss, next_gradient);
            }
            step *= 0.5;
        };
        let moved: Vec<f64> = next.iter().zip(&at).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-12 {
            pairs.push_back((moved, turned, 1.0 / curvature));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
        let gained = loss - next_loss;
        (at, loss, gradient) = (next, next_loss, next_gradient);
        if gained < 1e-6 * loss.abs() {
            break;
        }
    }
    at.into_iter().map(|weight| weight as f32).collect()
}

fn objective(rows: &Rows, weights: &[f64], ridge: f64) -> (f64, Vec<f64>) {
    let mut gradient: Vec<f64> = weights.iter().map(|w| ridge * w).collect();
    let mut loss = 0.5 * ridge * dot(weights, weights);
    for (features, name) in rows.features.iter().zip(&rows.names) {
        let z: f64 = features.iter().map(|f| weights[*f as usize]).sum();
        let target = f64::from(u8::from(*name));
        loss += z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z;
        let error = 1.0 / (1.0 + (-z).exp()) - target;
        features.iter().for_each(|f| gradient[*f as usize] += error);
    }
    (loss, gradient)
}

/// The two-loop recursion.
fn direction(gradient: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut d: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (moved, turned, rho) in pairs.iter().rev() {
        let alpha = rho * dot(moved, &d);
        d.iter_mut().zip(turned).for_each(|(d, y)| *d -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((_, turned, rho)) = pairs.back() {
        let scale = 1.0 / (rho * dot(turned, turned));
        d.iter_mut().for_each(|d| *d *= scale);
    }
    for ((moved, turned, rho), alpha) in pairs.iter().zip(alphas.into_iter().rev()) {
        let beta = rho * dot(turned, &d);
        d.iter_mut().zip(moved).for_each(|(d, s)| *d += (alpha - beta) * s);
    }
    d
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
