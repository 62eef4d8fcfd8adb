//! Logistic regression of one head: cross-entropy and half the squared weights.

use anyhow::Result;
use candle_core::{Device, Tensor};
use rehearsal_heads::{Calibration, Decision, Grams, Head, Part};

use crate::data::Data;
use crate::parts::{FEATURES, number, quantised};
use crate::tasks::{Kind, Task};
use crate::{lbfgs, loss};

/// Steps of the optimiser: past these only noise is fitted.
const ITERATIONS: usize = 60;

/// Trains a head on some examples (numbers of `data.examples` that concern it). Its
/// decision is open: every label from odds of one half on.
pub(crate) fn head(data: &Data, task: &Task, examples: &[usize]) -> Result<Head> {
    let used: Vec<usize> =
        examples.iter().copied().filter(|at| data.examples[*at].concerns(task)).collect();
    let problem = Problem::new(data, task, &used)?;
    let start = vec![0.0; problem.weights() + task.classes()];
    let solution =
        lbfgs::minimise(start, ITERATIONS, |point, gradient| problem.evaluate(point, gradient))?;
    Ok(problem.head(task, &solution))
}

struct Problem<'a> {
    data: &'a Data,
    task: &'a Task,
    classes: usize,
    rows: usize,
    /// Dense inputs: blocks, then features.
    dense: Tensor,
    dense_inputs: usize,
    /// Inputs of grams, numbered on from the dense ones, a list a row.
    sparse: Vec<Vec<(usize, f32)>>,
    inputs: usize,
    targets: Vec<f32>,
}

impl<'a> Problem<'a> {
    fn new(data: &'a Data, task: &'a Task, examples: &[usize]) -> Result<Self> {
        let mut dense: Vec<f32> = Vec::new();
        let mut sparse = Vec::with_capacity(examples.len());
        let mut targets = Vec::with_capacity(examples.len() * task.classes());
        let dense_inputs = task.blocks.len() * data.width + data.spread.mean.len();
        for at in examples {
            let example = &data.examples[*at];
            dense.extend(task.inputs(&example.row, data.width));
            let mut inputs = Vec::new();
            let mut first = dense_inputs;
            for (grams, weight) in task.grams {
                let values = &example.row.grams[place(*grams)];
                inputs
                    .extend(values.iter().map(|(at, v)| (first + *at as usize, v * weight.sqrt())));
                first += grams.buckets();
            }
            sparse.push(inputs);
            targets.extend(example.target(task));
        }
        let inputs =
            dense_inputs + task.grams.iter().map(|(grams, _)| grams.buckets()).sum::<usize>();
        Ok(Self {
            data,
            task,
            classes: task.classes(),
            rows: examples.len(),
            dense: Tensor::from_vec(dense, (examples.len(), dense_inputs), &Device::Cpu)?,
            dense_inputs,
            sparse,
            inputs,
            targets,
        })
    }

    const fn weights(&self) -> usize {
        self.inputs * self.classes
    }

    /// The loss at a point (weights, then biases) and its gradient.
    fn evaluate(&self, point: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let k = self.classes;
        let (weights, bias) = point.split_at(self.weights());
        let single: Vec<f32> = weights.iter().map(|weight| *weight as f32).collect();
        let dense = Tensor::from_slice(
            &single[..self.dense_inputs * k],
            (self.dense_inputs, k),
            &Device::Cpu,
        )?;
        let mut scores = self.dense.matmul(&dense)?.flatten_all()?.to_vec1::<f32>()?;
        for (scores, inputs) in scores.chunks_exact_mut(k).zip(&self.sparse) {
            for (at, value) in inputs {
                let weights = &single[at * k..(at + 1) * k];
                scores.iter_mut().zip(weights).for_each(|(score, w)| *score += w * value);
            }
            scores.iter_mut().zip(bias).for_each(|(score, bias)| *score += *bias as f32);
        }
        let loss = self.losses(&mut scores);
        let residuals = scores;
        let matrix = Tensor::from_slice(&residuals, (self.rows, k), &Device::Cpu)?;
        let dense = self.dense.t()?.matmul(&matrix)?.flatten_all()?.to_vec1::<f32>()?;
        let (of_weights, of_bias) = gradient.split_at_mut(self.weights());
        of_weights.fill(0.0);
        of_weights.iter_mut().zip(&dense).for_each(|(out, value)| *out = f64::from(*value));
        of_bias.fill(0.0);
        for (residuals, inputs) in residuals.chunks_exact(k).zip(&self.sparse) {
            for (at, value) in inputs {
                let out = &mut of_weights[at * k..(at + 1) * k];
                out.iter_mut().zip(residuals).for_each(|(out, r)| *out += f64::from(r * value));
            }
            of_bias.iter_mut().zip(residuals).for_each(|(out, r)| *out += f64::from(*r));
        }
        let mut squares = 0.0;
        for (out, weight) in of_weights.iter_mut().zip(weights) {
            *out += weight;
            squares += weight * weight;
        }
        Ok(loss + 0.5 * squares)
    }

    /// The sum of losses; scores become residuals, probability less target.
    fn losses(&self, scores: &mut [f32]) -> f64 {
        let mut loss = 0.0;
        let rows = scores.chunks_exact_mut(self.classes);
        for (scores, targets) in rows.zip(self.targets.chunks_exact(self.classes)) {
            loss::add(&mut loss, scores, targets, self.task.kind);
        }
        loss
    }

    /// The head that a solution stands for, its weights in bytes.
    fn head(&self, task: &Task, solution: &[f64]) -> Head {
        let k = self.classes;
        let part = |number: usize, first: usize, inputs: usize, weight: f32| {
            let weights = &solution[first * k..(first + inputs) * k];
            quantised(number, weights, k, weight.sqrt())
        };
        let width = self.data.width;
        let blocks = task.blocks.iter().enumerate();
        let blocks: Vec<Part> = blocks
            .map(|(at, (block, weight))| part(number(*block), at * width, width, *weight))
            .collect();
        let features = &solution[task.blocks.len() * width * k..self.dense_inputs * k];
        let scale = (task.features / FEATURES).sqrt();
        let mut first = self.dense_inputs;
        let mut grams = Vec::new();
        for (kind, weight) in task.grams {
            grams.push(part(place(*kind), first, kind.buckets(), *weight));
            first += kind.buckets();
        }
        let open = vec![0.0; k];
        Head {
            name: task.name.to_owned(),
            labels: task.labels.iter().map(|&label| label.to_owned()).collect(),
            side: task.side,
            bias: solution[self.weights()..].iter().map(|bias| *bias as f32).collect(),
            blocks,
            features: features.iter().map(|weight| *weight as f32 * scale).collect(),
            grams,
            share: task.share,
            decision: match task.kind {
                Kind::Best => Decision::Best { bias: open },
                Kind::Gate => Decision::Gate { threshold: 0.0, bias: open },
                Kind::Each => Decision::Each { threshold: open },
            },
            calibration: Calibration { slope: 1.0, offset: 0.0 },
        }
    }
}

fn place(grams: Grams) -> usize {
    Grams::ALL.iter().position(|other| *other == grams).unwrap_or_default()
}
