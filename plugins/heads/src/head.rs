//! A linear head: scores of classes from a row, and what is decided by them.

use serde::{Deserialize, Serialize};

use crate::row::Row;

/// Weights of one part of a row, in steps of a class's own scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Number of the block or kind of grams.
    pub number: u8,
    /// A step a class.
    pub scale: Vec<f32>,
    /// Steps: a row an input, a class a column; two's complement in a byte.
    pub steps: Vec<u8>,
}

/// Which turns a head looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The seller's.
    Seller,
    /// Everybody else's.
    Prospect,
    /// All.
    Both,
}

/// How scores become labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Decision {
    /// At most one label: class 0 is none, and the highest score with its bias wins.
    Best {
        /// A bias a class.
        bias: Vec<f32>,
    },
    /// At most one label: there is one if the odds of any are above a threshold; which,
    /// the highest score with its bias says. Class 0 is none.
    Gate {
        /// For the logarithm of the odds that there is any.
        threshold: f32,
        /// A bias a class, that of class 0 unused.
        bias: Vec<f32>,
    },
    /// Any number of labels: those whose score is above their threshold.
    Each {
        /// A threshold a class.
        threshold: Vec<f32>,
    },
}

/// Margins to probabilities (Platt 1999): `1 / (1 + exp(-(slope · margin + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Of the line.
    pub slope: f32,
    /// Of the line.
    pub offset: f32,
}

impl Calibration {
    /// The probability that a label of this margin is right.
    #[must_use]
    pub fn probability(&self, margin: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * margin + self.offset)).exp())
    }
}

/// A trained head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What it looks for: `nepq`.
    pub name: String,
    /// Names of its classes; where at most one label holds, without the class none.
    pub labels: Vec<String>,
    /// Whose turns it looks at.
    pub side: Side,
    /// Where scores start, a class each.
    pub bias: Vec<f32>,
    /// Weights of [`crate::Block`]s.
    pub blocks: Vec<Part>,
    /// Weights of the explicit features: a row a feature, a class a column.
    pub features: Vec<f32>,
    /// Weights of [`crate::Grams`].
    pub grams: Vec<Part>,
    /// How much the scores of [`crate::Sequence`] count beside the head's own.
    pub share: f32,
    /// How scores become labels.
    pub decision: Decision,
    /// How sure a label is.
    pub calibration: Calibration,
}

/// A label that a head found in a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Place in [`Head::labels`].
    pub label: usize,
    /// How far the score lies from where the label would not hold, in logits.
    pub margin: f32,
}

impl Head {
    /// A score a class, none included; `context` are the net's for the same turn.
    #[must_use]
    pub fn scores(&self, row: &Row, width: usize, context: &[f32]) -> Vec<f32> {
        let classes = self.bias.len();
        let mut scores = self.bias.clone();
        for part in &self.blocks {
            let start = usize::from(part.number) * width;
            let inputs = row.blocks[start..start + width].iter().copied().enumerate();
            part.add(inputs, classes, &mut scores);
        }
        for (weights, value) in self.features.chunks_exact(classes).zip(&row.features) {
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += weight * value);
        }
        for part in &self.grams {
            let values = row.grams[usize::from(part.number)].iter();
            part.add(values.map(|(at, value)| (*at as usize, *value)), classes, &mut scores);
        }
        let around = scores.iter_mut().zip(context);
        around.for_each(|(score, context)| *score += self.share * context);
        scores
    }

    /// What scores say.
    #[must_use]
    pub fn decide(&self, scores: &[f32]) -> Vec<Finding> {
        self.decision.findings(scores)
    }
}

impl Part {
    fn add(&self, inputs: impl Iterator<Item = (usize, f32)>, classes: usize, scores: &mut [f32]) {
        let mut sums = vec![0.0_f32; classes];
        for (at, value) in inputs.filter(|(_, value)| *value != 0.0) {
            let steps = &self.steps[at * classes..(at + 1) * classes];
            for (sum, step) in sums.iter_mut().zip(steps) {
                *sum += value * f32::from(step.cast_signed());
            }
        }
        for ((score, sum), scale) in scores.iter_mut().zip(sums).zip(&self.scale) {
            *score += sum * scale;
        }
    }
}

impl Decision {
    /// What scores say.
    #[must_use]
    pub fn findings(&self, scores: &[f32]) -> Vec<Finding> {
        match self {
            Self::Best { bias } => {
                let biased: Vec<f32> =
                    scores.iter().zip(bias).map(|(score, bias)| score + bias).collect();
                let best = highest(&biased, 0);
                let finding = |label| Finding { label, margin: log_odds(&biased, best) };
                best.checked_sub(1).map(finding).into_iter().collect()
            }
            Self::Gate { threshold, bias } => {
                let any = -log_odds(scores, 0);
                if any <= *threshold {
                    return Vec::new();
                }
                let biased: Vec<f32> =
                    scores.iter().zip(bias).map(|(score, bias)| score + bias).collect();
                let best = highest(&biased, 1);
                // Both have to be right: that there is one, and which.
                let which = log_odds(&biased[1..], best - 1);
                vec![Finding { label: best - 1, margin: (any - threshold).min(which) }]
            }
            Self::Each { threshold } => scores
                .iter()
                .zip(threshold)
                .enumerate()
                .filter(|(_, (score, threshold))| score > threshold)
                .map(|(label, (score, threshold))| Finding { label, margin: score - threshold })
                .collect(),
        }
    }
}

/// Place of the highest score from `first` on; the first of equals.
fn highest(scores: &[f32], first: usize) -> usize {
    (first..scores.len()).fold(first, |best, at| if scores[at] > scores[best] { at } else { best })
}

/// Logarithm of the odds of one class against all others, of scores that are logits.
fn log_odds(scores: &[f32], class: usize) -> f32 {
    let others = scores.iter().enumerate().filter(|(at, _)| *at != class);
    let most = others.clone().map(|(_, score)| *score).fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = others.map(|(_, score)| (score - most).exp()).sum();
    (scores[class] - most - sum.ln()).clamp(-30.0, 30.0)
}
