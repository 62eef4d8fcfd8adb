//! A head tuned to labels: the weights that ship, and the least change that the labels
//! ask for.
//!
//! The loss is the labels' cross-entropy and half the squared change, `pull` times: the
//! weights that ship stand for the corpus that they were learned from, as in Chelba and
//! Acero 2004 (Adaptation of maximum entropy capitalizer). How hard they pull is chosen
//! on calls left out.

use candle_core::{Device, Tensor};
use rehearsal_heads::{Calibration, Decision, Tuned};

use crate::ground::{Ground, Sample, TuningError, probabilities};
use crate::parts::{self, FEATURES};
use crate::tasks::Kind;
use crate::{lbfgs, loss, tune};

/// Steps of the optimiser.
const ITERATIONS: usize = 30;
/// Parts of the calls that are left out in turn.
const FOLDS: usize = 4;
/// How hard what ships pulls, from little to much. At 1 a weight that ships counts as
/// when it was trained without any corpus.
const PULLS: [f64; 3] = [1.0, 8.0, 64.0];
/// Labels found on calls left out, from which on their confidences are calibrated anew.
const ENOUGH: usize = 100;

/// A labelled turn.
#[derive(Debug, Clone)]
pub struct Lesson<'a> {
    /// The turn.
    pub sample: &'a Sample,
    /// 1 for each class that holds, 0 for others.
    pub target: Vec<f32>,
    /// What the label counts.
    pub weight: f32,
    /// Its call, left out as a whole.
    pub call: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// The head.
    pub tuned: Tuned,
    /// How hard what ships pulled.
    pub pull: f64,
    /// Probabilities of every lesson's classes by a head that has not seen its call.
    pub unseen: Vec<Vec<f64>>,
}

impl Ground {
    /// Tunes the head.
    ///
    /// # Errors
    /// There are no lessons, or the arithmetic fails.
    pub fn tune(&self, lessons: &[Lesson<'_>]) -> Result<Tuning, TuningError> {
        let decision = self.decision();
        if lessons.is_empty() {
            return Err(TuningError::new("there are no labelled turns to learn from"));
        }
        let all: Vec<&Lesson<'_>> = lessons.iter().collect();
        let mut best: Option<(f64, f64, Vec<Vec<f32>>)> = None;
        for pull in PULLS {
            let scores = self.held_out(&all, pull)?;
            let loss = all.iter().zip(&scores).map(|(lesson, scores)| {
                let (mut scores, mut own) = (scores.clone(), 0.0);
                loss::add(&mut own, &mut scores, &lesson.target, self.task.kind);
                f64::from(lesson.weight) * own
            });
            let loss = loss.sum();
            if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
                best = Some((loss, pull, scores));
            }
        }
        let (_, pull, scores) = best.ok_or_else(|| TuningError::new("no pull serves"))?;
        let calibration = self.calibrated(&all, &scores, decision);
        let solution = self.solve(&all, pull)?;
        let tuned = self.tuned(&solution, decision.clone(), calibration);
        let unseen = scores.iter().map(|scores| probabilities(decision, scores)).collect();
        Ok(Tuning { tuned, pull, unseen })
    }

    /// Scores of every lesson by a head that has not seen its call.
    fn held_out(&self, lessons: &[&Lesson<'_>], pull: f64) -> Result<Vec<Vec<f32>>, TuningError> {
        let mut scores = vec![Vec::new(); lessons.len()];
        for part in 0..FOLDS {
            let is_out = |lesson: &Lesson<'_>| fold(lesson.call) == part;
            let seen: Vec<&Lesson<'_>> =
                lessons.iter().filter(|lesson| !is_out(lesson)).copied().collect();
            let solution = if seen.is_empty() { Vec::new() } else { self.solve(&seen, pull)? };
            for (lesson, out) in lessons.iter().zip(&mut scores).filter(|(l, _)| is_out(l)) {
                *out = added(lesson.sample, &solution);
            }
        }
        Ok(scores)
    }

    /// The change of weights (a row an input, a class a column), then of biases.
    fn solve(&self, lessons: &[&Lesson<'_>], pull: f64) -> Result<Vec<f64>, TuningError> {
        let problem = Problem::new(lessons, self.task.kind, pull).map_err(TuningError::new)?;
        let start = vec![0.0; (problem.inputs + 1) * problem.classes];
        lbfgs::minimise(start, ITERATIONS, |point, gradient| problem.evaluate(point, gradient))
            .map_err(TuningError::new)
    }

    /// By what was found on calls left out; as it ships where that is too little.
    fn calibrated(
        &self,
        lessons: &[&Lesson<'_>],
        scores: &[Vec<f32>],
        decision: &Decision,
    ) -> Calibration {
        let skip = usize::from(self.task.kind != Kind::Each);
        let margins: Vec<(f32, bool)> = lessons
            .iter()
            .zip(scores)
            .flat_map(|(lesson, scores)| {
                let found = decision.findings(scores).into_iter();
                found.map(|one| (one.margin, lesson.target[one.label + skip] > 0.0))
            })
            .collect();
        let right = margins.iter().filter(|(_, right)| *right).count();
        let both = right > 0 && right < margins.len();
        if margins.len() >= ENOUGH && both {
            tune::calibrate(&margins)
        } else {
            self.head.calibration
        }
    }

    fn tuned(&self, solution: &[f64], decision: Decision, calibration: Calibration) -> Tuned {
        let head = &self.head;
        let k = head.bias.len();
        let width = self.model.width as usize;
        let mut blocks = Vec::new();
        for (at, (part, (_, weight))) in head.blocks.iter().zip(self.task.blocks).enumerate() {
            let change = &solution[at * width * k..(at + 1) * width * k];
            let weights: Vec<f64> = parts::weights(part)
                .iter()
                .zip(change)
                .map(|(old, change)| f64::from(*old) + change * f64::from(weight.sqrt()))
                .collect();
            blocks.push(parts::quantised(usize::from(part.number), &weights, k, 1.0));
        }
        let from = head.blocks.len() * width * k;
        let scale = f64::from((self.task.features / FEATURES).sqrt());
        let features = head.features.iter().zip(&solution[from..]);
        let end = from + head.features.len();
        let bias = head.bias.iter().zip(&solution[end..]);
        Tuned {
            head: head.name.clone(),
            beside: self.mark,
            bias: bias.map(|(old, change)| old + *change as f32).collect(),
            blocks,
            features: features
                .map(|(old, change)| (f64::from(*old) + change * scale) as f32)
                .collect(),
            decision,
            calibration,
        }
    }
}

/// The part that a call is in: a hash of its name, so that it stays where others come and
/// go.
fn fold(call: &str) -> usize {
    Tuned::mark(call.as_bytes()) as usize % FOLDS
}

/// Scores of what ships and of a change.
fn added(sample: &Sample, solution: &[f64]) -> Vec<f32> {
    let mut scores = sample.scores.clone();
    let classes = scores.len();
    let mut rows = solution.chunks_exact(classes);
    for (value, weights) in sample.inputs.iter().zip(rows.by_ref()) {
        scores.iter_mut().zip(weights).for_each(|(score, w)| *score += *w as f32 * value);
    }
    let bias = rows.next().into_iter().flatten();
    scores.iter_mut().zip(bias).for_each(|(score, bias)| *score += *bias as f32);
    scores
}

struct Problem<'a> {
    lessons: &'a [&'a Lesson<'a>],
    dense: Tensor,
    inputs: usize,
    classes: usize,
    kind: Kind,
    pull: f64,
}

impl<'a> Problem<'a> {
    fn new(
        lessons: &'a [&'a Lesson<'a>],
        kind: Kind,
        pull: f64,
    ) -> Result<Self, candle_core::Error> {
        let (inputs, classes) = lessons
            .first()
            .map_or((0, 0), |one| (one.sample.inputs.len(), one.sample.scores.len()));
        let rows: Vec<f32> =
            lessons.iter().flat_map(|lesson| lesson.sample.inputs.iter().copied()).collect();
        let dense = Tensor::from_vec(rows, (lessons.len(), inputs), &Device::Cpu)?;
        Ok(Self { lessons, dense, inputs, classes, kind, pull })
    }

    /// The loss at a change and its gradient.
    fn evaluate(&self, point: &[f64], gradient: &mut [f64]) -> Result<f64, candle_core::Error> {
        let k = self.classes;
        let (weights, bias) = point.split_at(self.inputs * k);
        let single: Vec<f32> = weights.iter().map(|weight| *weight as f32).collect();
        let change = Tensor::from_vec(single, (self.inputs, k), &Device::Cpu)?;
        let mut scores = self.dense.matmul(&change)?.flatten_all()?.to_vec1::<f32>()?;
        let mut loss = 0.0;
        for (scores, lesson) in scores.chunks_exact_mut(k).zip(self.lessons) {
            let fixed = lesson.sample.scores.iter().zip(bias);
            scores
                .iter_mut()
                .zip(fixed)
                .for_each(|(score, (base, bias))| *score += base + *bias as f32);
            let mut own = 0.0;
            loss::add(&mut own, scores, &lesson.target, self.kind);
            loss += f64::from(lesson.weight) * own;
            scores.iter_mut().for_each(|residual| *residual *= lesson.weight);
        }
        let (of_weights, of_bias) = gradient.split_at_mut(self.inputs * k);
        of_bias.fill(0.0);
        for residuals in scores.chunks_exact(k) {
            of_bias.iter_mut().zip(residuals).for_each(|(out, one)| *out += f64::from(*one));
        }
        let residuals = Tensor::from_vec(scores, (self.lessons.len(), k), &Device::Cpu)?;
        let dense = self.dense.t()?.matmul(&residuals)?.flatten_all()?.to_vec1::<f32>()?;
        of_weights.iter_mut().zip(&dense).for_each(|(out, value)| *out = f64::from(*value));
        let mut squares = 0.0;
        for (out, value) in gradient.iter_mut().zip(point) {
            *out += self.pull * value;
            squares += value * value;
        }
        Ok(loss + 0.5 * self.pull * squares)
    }
}
