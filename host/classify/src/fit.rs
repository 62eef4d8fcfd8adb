//! Logistic regression: weights that minimise the mean loss of weighted examples and
//! half the squared weights.

use std::sync::{Mutex, PoisonError};

use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use crate::ClassifyError;
use crate::matrix::Matrix;

/// Corrections that L-BFGS keeps.
const MEMORY: usize = 10;
/// A smaller gradient of the mean loss changes no decision.
const GRADIENT: f64 = 1e-4;

/// What is to be learned.
pub(crate) struct Task<'a> {
    pub(crate) rows: &'a Matrix,
    pub(crate) columns: usize,
    pub(crate) classes: usize,
    /// A value a row and class: 1 where it holds.
    pub(crate) targets: &'a [f32],
    /// One a row.
    pub(crate) weights: &'a [f32],
    /// One class a row at most, so that probabilities of a row add up to 1.
    pub(crate) exclusive: bool,
    /// How strongly weights are drawn to 0, in examples.
    pub(crate) l2: f64,
    pub(crate) iterations: u64,
}

/// Weights (a row a column, a value a class) and biases.
pub(crate) type Solution = (Vec<f32>, Vec<f32>);

/// Fits a task.
pub(crate) fn fit(task: &Task<'_>) -> Result<Solution, ClassifyError> {
    let total: f64 = task.weights.iter().map(|weight| f64::from(*weight)).sum();
    let by_column = task.rows.transposed(task.columns);
    let problem = Problem { task, by_column, total, last: Mutex::new(None) };
    let failed = |error: Error| ClassifyError::Optimiser(error.to_string());
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
        .with_tolerance_grad(GRADIENT)
        .map_err(failed)?;
    let start = vec![0.0; (task.columns + 1) * task.classes];
    let result = Executor::new(problem, solver)
        .configure(|state| state.param(start.clone()).max_iters(task.iterations))
        .run()
        .map_err(failed)?;
    let best = result.state().get_best_param().cloned().unwrap_or(start);
    let (weights, bias) = best.split_at(task.columns * task.classes);
    let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
    Ok((narrow(weights), narrow(bias)))
}

struct Problem<'a> {
    task: &'a Task<'a>,
    by_column: Matrix,
    total: f64,
    /// The optimiser asks for the loss and then for the gradient of the same point.
    last: Mutex<Option<Evaluated>>,
}

#[derive(Clone)]
struct Evaluated {
    point: Vec<f64>,
    loss: f64,
    residuals: Vec<f32>,
}

impl Problem<'_> {
    fn evaluated<T>(&self, point: &[f64], read: impl FnOnce(&Evaluated) -> T) -> T {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.take().filter(|last| last.point == point);
        let now = known.unwrap_or_else(|| self.evaluate(point));
        read(last.insert(now))
    }

    fn evaluate(&self, point: &[f64]) -> Evaluated {
        let Task { rows, columns, classes, targets, weights, exclusive, l2, .. } = *self.task;
        let narrow: Vec<f32> = point.iter().map(|value| *value as f32).collect();
        let (of_columns, bias) = narrow.split_at(columns * classes);
        let mut scores = vec![0.0; rows.rows() * classes];
        rows.times(of_columns, classes, &mut scores);
        let mut loss = 0.0;
        let each = scores.chunks_exact_mut(classes).zip(targets.chunks_exact(classes)).zip(weights);
        for ((scores, targets), weight) in each {
            scores.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
            loss += f64::from(*weight) * residuals(scores, targets, exclusive);
            scores.iter_mut().for_each(|residual| *residual *= weight);
        }
        let squares: f64 = point[..columns * classes].iter().map(|weight| weight * weight).sum();
        let loss = (loss + 0.5 * l2 * squares) / self.total;
        Evaluated { point: point.to_vec(), loss, residuals: scores }
    }
}

/// The loss of a row; its scores become residuals, probability less target.
fn residuals(scores: &mut [f32], targets: &[f32], exclusive: bool) -> f64 {
    let mut loss = 0.0;
    if exclusive {
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = scores.iter().map(|score| (score - most).exp()).sum();
        for (score, target) in scores.iter_mut().zip(targets) {
            loss += f64::from(target * (sum.ln() + most - *score));
            *score = (*score - most).exp() / sum - target;
        }
        return loss;
    }
    for (score, target) in scores.iter_mut().zip(targets) {
        let tail = (-score.abs()).exp().ln_1p();
        loss += f64::from(score.max(0.0) + tail - target * *score);
        *score = 1.0 / (1.0 + (-*score).exp()) - target;
    }
    loss
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.evaluated(point, |evaluated| evaluated.loss))
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, point: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let Task { columns, classes, l2, .. } = *self.task;
        Ok(self.evaluated(point, |evaluated| {
            let mut narrow = vec![0.0_f32; columns * classes];
            self.by_column.times(&evaluated.residuals, classes, &mut narrow);
            let mut gradient: Vec<f64> = narrow
                .iter()
                .zip(point)
                .map(|(loss, weight)| (f64::from(*loss) + l2 * weight) / self.total)
                .collect();
            let mut bias = vec![0.0; classes];
            for residuals in evaluated.residuals.chunks_exact(classes) {
                bias.iter_mut().zip(residuals).for_each(|(sum, one)| *sum += f64::from(*one));
            }
            gradient.extend(bias.into_iter().map(|sum| sum / self.total));
            gradient
        }))
    }
}
