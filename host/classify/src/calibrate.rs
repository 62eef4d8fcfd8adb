//! Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017): scores of calls that were
//! not learned from, divided by one number, so that probabilities mean what they say.

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;

/// A scored example: scores, targets, weight.
pub(crate) type Scored<'a> = (&'a [f32], &'a [f32], f32);

/// Logarithms of the temperatures that are tried.
const RANGE: (f64, f64) = (-3.0, 3.0);

/// The temperature that makes the held-out targets likeliest; 1 where nothing is held out.
pub(crate) fn temperature(scored: &[Scored<'_>], exclusive: bool) -> f32 {
    if scored.is_empty() {
        return 1.0;
    }
    let problem = Likelihood { scored, exclusive };
    let solver = BrentOpt::new(RANGE.0, RANGE.1);
    let found = Executor::new(problem, solver)
        .configure(|state| state.max_iters(60))
        .run()
        .ok()
        .and_then(|result| result.state().get_best_param().copied());
    found.unwrap_or(0.0).exp() as f32
}

struct Likelihood<'a> {
    scored: &'a [Scored<'a>],
    exclusive: bool,
}

impl CostFunction for Likelihood<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, logarithm: &f64) -> Result<f64, Error> {
        let temperature = logarithm.exp() as f32;
        let loss = |(scores, targets, weight): &Scored<'_>| {
            let found = probabilities(scores, temperature, self.exclusive);
            let of_class = |(p, target): (&f64, &f32)| {
                let target = f64::from(*target);
                let other =
                    if self.exclusive { 0.0 } else { (1.0 - target) * (1.0 - p).max(1e-12).ln() };
                -(target * p.max(1e-12).ln() + other)
            };
            f64::from(*weight) * found.iter().zip(*targets).map(of_class).sum::<f64>()
        };
        Ok(self.scored.iter().map(loss).sum())
    }
}

/// Scores as probabilities: of one class among all, or of each by itself.
pub(crate) fn probabilities(scores: &[f32], temperature: f32, exclusive: bool) -> Vec<f64> {
    let scaled = scores.iter().map(|score| f64::from(score / temperature));
    if !exclusive {
        return scaled.map(|score| 1.0 / (1.0 + (-score).exp())).collect();
    }
    let scaled: Vec<f64> = scaled.collect();
    let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scaled.iter().map(|score| (score - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
