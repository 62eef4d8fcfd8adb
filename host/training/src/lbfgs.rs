//! Limited-memory BFGS (Nocedal 1980; Nocedal & Wright, algorithm 7.5) with Armijo's
//! backtracking. Here rather than a library because the loss is smooth and strictly
//! convex, for which these lines suffice, and because its arithmetic is then ours: the
//! same on every machine that multiplies matrices the same way.

/// Corrections kept.
const MEMORY: usize = 10;

/// Minimises a function from `start`, in at most `iterations` steps. `evaluate` gives the
/// value and writes the gradient.
///
/// # Errors
/// Those of `evaluate`.
pub fn minimise<E>(
    start: Vec<f64>,
    iterations: usize,
    mut evaluate: impl FnMut(&[f64], &mut [f64]) -> Result<f64, E>,
) -> Result<Vec<f64>, E> {
    let mut point = start;
    let mut gradient = vec![0.0; point.len()];
    let mut value = evaluate(&point, &mut gradient)?;
    let mut history: Vec<Correction> = Vec::new();
    let (mut next, mut next_gradient) = (point.clone(), gradient.clone());
    for iteration in 0..iterations {
        let direction = direction(&gradient, &history);
        let descent = dot(&direction, &gradient);
        if descent > -1e-9 * value.abs() {
            break;
        }
        // Before the first correction the direction has no scale of its own.
        let mut step = if iteration == 0 { 1.0 / dot(&gradient, &gradient).sqrt() } else { 1.0 };
        let next_value = loop {
            for ((next, point), direction) in next.iter_mut().zip(&point).zip(&direction) {
                *next = point + step * direction;
            }
            let found = evaluate(&next, &mut next_gradient)?;
            if found <= value + 1e-4 * step * descent || step < 1e-10 {
                break found;
            }
            step *= 0.5;
        };
        history.extend(Correction::new(&point, &next, &gradient, &next_gradient));
        if history.len() > MEMORY {
            history.remove(0);
        }
        std::mem::swap(&mut point, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        value = next_value;
    }
    Ok(point)
}

struct Correction {
    step: Vec<f64>,
    change: Vec<f64>,
    /// One over their product.
    rho: f64,
}

impl Correction {
    /// None where the function did not curve upwards along the step.
    fn new(from: &[f64], to: &[f64], before: &[f64], after: &[f64]) -> Option<Self> {
        let minus = |to: &[f64], from: &[f64]| to.iter().zip(from).map(|(t, f)| t - f).collect();
        let (step, change): (Vec<f64>, Vec<f64>) = (minus(to, from), minus(after, before));
        let product = dot(&step, &change);
        (product > 1e-12).then_some(Self { step, change, rho: 1.0 / product })
    }
}

/// Where to go: the gradient through the inverse Hessian that the corrections stand for.
fn direction(gradient: &[f64], history: &[Correction]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut alphas = Vec::with_capacity(history.len());
    for correction in history.iter().rev() {
        let alpha = correction.rho * dot(&correction.step, &direction);
        add(&mut direction, -alpha, &correction.change);
        alphas.push(alpha);
    }
    if let Some(last) = history.last() {
        let scale = 1.0 / (last.rho * dot(&last.change, &last.change));
        direction.iter_mut().for_each(|value| *value *= scale);
    }
    for (correction, alpha) in history.iter().zip(alphas.iter().rev()) {
        let beta = correction.rho * dot(&correction.change, &direction);
        add(&mut direction, alpha - beta, &correction.step);
    }
    direction
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn add(sum: &mut [f64], factor: f64, vector: &[f64]) {
    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += factor * value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_bowl_is_walked_to_its_bottom() {
        let bowl = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * (x[0] - 3.0);
            gradient[1] = 200.0 * (x[1] + 1.0);
            Ok::<_, ()>((x[0] - 3.0).powi(2) + 100.0 * (x[1] + 1.0).powi(2))
        };
        let bottom = minimise(vec![0.0, 0.0], 60, bowl).unwrap();
        assert!((bottom[0] - 3.0).abs() < 1e-4 && (bottom[1] + 1.0).abs() < 1e-4, "{bottom:?}");
    }
}
