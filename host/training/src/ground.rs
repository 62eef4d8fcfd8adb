//! A head that ships, as the ground on which another is tuned.

use rehearsal_heads::{Decision, Head, Model, Reading, Row, Sequence, Tuned, Vectors, weights};

use crate::parts::{self, FEATURES};
use crate::tasks::{Kind, Task};

/// Why nothing can be tuned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TuningError(String);

impl TuningError {
    pub(crate) fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// A head that ships.
#[derive(Debug)]
pub struct Ground {
    pub(crate) task: &'static Task,
    pub(crate) model: Model,
    pub(crate) head: Head,
    pub(crate) mark: u32,
    shipped: &'static [u8],
    net: Sequence,
}

/// A turn as a head sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Blocks and explicit features, each multiplied by what it counts.
    pub(crate) inputs: Vec<f32>,
    /// What ships says of it, a score a class.
    pub(crate) scores: Vec<f32>,
}

/// What a tuned head adds to the scores of the one that ships.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    bias: Vec<f32>,
    /// A row an input, a class a column.
    weights: Vec<f32>,
}

impl Ground {
    /// The head of this name.
    ///
    /// # Errors
    /// There is none, or this program holds other weights than it was made for.
    pub fn of(head: &str) -> Result<Self, TuningError> {
        let unknown = || TuningError(format!("there is no head `{head}`"));
        let shipped = weights::named(head).ok_or_else(unknown)?;
        let task = Task::of(head).ok_or_else(unknown)?;
        let model = Model::load(shipped).map_err(TuningError::new)?;
        let net = Sequence::load(weights::SEQUENCE).map_err(TuningError::new)?;
        let head = named(&model, head).ok_or_else(unknown)?;
        Ok(Self { task, model, head, mark: Tuned::mark(shipped), shipped, net })
    }

    /// The embedding model that it was trained on: `all-minilm-l6-v2@53aa51172d14`.
    #[must_use]
    pub fn embeddings(&self) -> &str {
        &self.model.embeddings
    }

    /// Tells its weights from others.
    #[must_use]
    pub const fn mark(&self) -> u32 {
        self.mark
    }

    /// Names of its labels; where at most one holds, class 0 is none and these follow.
    #[must_use]
    pub const fn labels(&self) -> &'static [&'static str] {
        self.task.labels
    }

    /// Whether it looks at turns of the selling side, or of the others.
    #[must_use]
    pub const fn looks_at(&self, seller: bool) -> bool {
        self.task.side.looks_at(seller)
    }

    /// Turns of a call as the head sees them; none where the embeddings do not fit the
    /// reading or the head. Of an excerpt, the place in the call and what lies around are
    /// left out.
    #[must_use]
    pub fn samples(
        &self,
        reading: &Reading,
        embedded: &[f32],
        turns: &[usize],
        excerpt: bool,
    ) -> Option<Vec<Sample>> {
        let width = self.model.width as usize;
        let vectors = Vectors::new(reading, embedded, width)?;
        let context = self.model.context(reading, &vectors, &self.net);
        let head = &self.head;
        let nothing = vec![0.0; head.bias.len()];
        let sample = |turn: &usize| {
            let row = Row::new(reading, &vectors, &self.model.spread, *turn, excerpt);
            let around = if excerpt { &nothing } else { context.of(&head.name, *turn)? };
            let scores = head.scores(&row, width, around);
            Some(Sample { inputs: self.task.inputs(&row, width), scores })
        };
        turns.iter().map(sample).collect()
    }

    /// What a tuned head adds to the scores.
    ///
    /// # Errors
    /// It was tuned beside other weights.
    pub fn change(&self, tuned: &Tuned) -> Result<Change, TuningError> {
        let mut model = self.model.clone();
        tuned.clone().apply(&mut model, self.shipped).map_err(TuningError::new)?;
        let missing = || TuningError(format!("there is no head `{}`", self.task.name));
        let (new, old) = (named(&model, self.task.name).ok_or_else(missing)?, &self.head);
        let less = |new: &[f32], old: &[f32], factor: f32| -> Vec<f32> {
            new.iter().zip(old).map(|(new, old)| (new - old) / factor).collect()
        };
        let mut weights = Vec::new();
        for ((new, old), (_, weight)) in new.blocks.iter().zip(&old.blocks).zip(self.task.blocks) {
            weights.extend(less(&parts::weights(new), &parts::weights(old), weight.sqrt()));
        }
        let scale = (self.task.features / FEATURES).sqrt();
        weights.extend(less(&new.features, &old.features, scale));
        Ok(Change { bias: less(&new.bias, &old.bias, 1.0), weights })
    }

    /// How scores of what ships become labels.
    #[must_use]
    pub const fn decision(&self) -> &Decision {
        &self.head.decision
    }

    /// Whether at most one of its labels holds.
    #[must_use]
    pub fn exclusive(&self) -> bool {
        self.task.kind != Kind::Each
    }
}

impl Sample {
    /// Scores of what ships, or with what a tuned head adds.
    #[must_use]
    pub fn scores(&self, change: Option<&Change>) -> Vec<f32> {
        let mut scores = self.scores.clone();
        let Some(change) = change else { return scores };
        let classes = scores.len();
        scores.iter_mut().zip(&change.bias).for_each(|(score, bias)| *score += bias);
        for (weights, value) in change.weights.chunks_exact(classes).zip(&self.inputs) {
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += weight * value);
        }
        scores
    }

    /// Everything that is learned of it, as bytes.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.inputs.iter().chain(&self.scores).flat_map(|value| value.to_le_bytes())
    }
}

/// Scores as probabilities of the classes, which speak for what the decision says: the
/// likeliest class where at most one holds, else all from one half on.
#[must_use]
pub fn probabilities(decision: &Decision, scores: &[f32]) -> Vec<f64> {
    let sigmoid = |value: f32| 1.0 / (1.0 + (-f64::from(value)).exp());
    match decision {
        Decision::Each { threshold } => {
            scores.iter().zip(threshold).map(|(score, least)| sigmoid(score - least)).collect()
        }
        Decision::Best { bias } => softmax(scores.iter().zip(bias).map(|(s, b)| s + b)),
        Decision::Gate { threshold, bias } => {
            let none = f64::from(scores[0]);
            let most = scores[1..].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = scores[1..].iter().map(|score| (score - most).exp()).sum();
            let any = f64::from(most + sum.ln()) - none;
            let any = sigmoid((any - f64::from(*threshold)) as f32);
            let which = softmax(scores[1..].iter().zip(&bias[1..]).map(|(s, b)| s + b));
            let mut all = vec![1.0 - any];
            all.extend(which.into_iter().map(|share| share * any));
            // Several labels that share the odds can each be less likely than none.
            let best = highest(&all, 0);
            let decided = if any > 0.5 { highest(&all, 1) } else { 0 };
            all.swap(best, decided);
            all
        }
    }
}

fn named(model: &Model, head: &str) -> Option<Head> {
    model.heads.iter().find(|other| other.name == head).cloned()
}

fn highest(values: &[f64], first: usize) -> usize {
    (first..values.len()).fold(first, |best, at| if values[at] > values[best] { at } else { best })
}

fn softmax(scores: impl Iterator<Item = f32> + Clone) -> Vec<f64> {
    let most = scores.clone().fold(f32::NEG_INFINITY, f32::max);
    let odds: Vec<f64> = scores.map(|score| f64::from(score - most).exp()).collect();
    let sum: f64 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / sum).collect()
}
