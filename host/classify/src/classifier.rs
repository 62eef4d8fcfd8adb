//! Classifiers as they are trained, kept and asked.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::calibrate::{Scored, probabilities, temperature};
use crate::features::{Input, Raw, Vocabulary};
use crate::fit::{Task, fit};
use crate::matrix::Matrix;

/// Something to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What is seen.
    pub input: Input,
    /// Numbers of its classes: one where classes exclude one another, any number else.
    pub labels: Vec<usize>,
    /// How far its labels are trusted, above 0; 1 for an expert's.
    pub weight: f32,
    /// The call that it is of: calls are held out as wholes.
    pub call: String,
}

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Classes exclude one another.
    pub exclusive: bool,
    /// The whole text is judged and not its last line.
    pub whole: bool,
    /// How strongly weights are drawn to 0; the unit is examples.
    pub l2: f64,
    /// Most steps of the optimiser.
    pub iterations: u64,
    /// Parts that calls are divided into where none are held out.
    pub folds: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { exclusive: true, whole: false, l2: 0.5, iterations: 60, folds: 5 }
    }
}

/// Why there is no classifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassifyError {
    /// Nothing to tell apart.
    #[error(
        "{examples} examples of {classes} classes cannot be learned from: it takes two of each"
    )]
    TooFew {
        /// Examples with a weight above 0.
        examples: usize,
        /// Classes that have an example.
        classes: usize,
    },
    /// The numbers went wrong.
    #[error("the optimiser gave up: {0}")]
    Optimiser(String),
    /// Bytes that hold none.
    #[error("this is no classifier of this version: {0}; `rehearsal train` makes one")]
    Bytes(String),
}

/// A trained classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    classes: Vec<String>,
    settings: Settings,
    vocabulary: Vocabulary,
    /// A row a column, a value a class.
    weights: Vec<f32>,
    bias: Vec<f32>,
    temperature: f32,
}

/// Fewer held-out examples than this calibrate nothing.
const FEWEST: usize = 50;
/// More examples than this are divided once and not into folds.
const MANY: usize = 5_000;

impl Classifier {
    /// Trains on examples and calibrates on those that are held out, or, where these are
    /// too few, on parts of the calls held out in turn.
    ///
    /// # Errors
    /// There is nothing to tell apart, or the optimiser gives up.
    pub fn train(
        classes: &[String],
        examples: &[Example],
        held_out: &[Example],
        settings: Settings,
    ) -> Result<Self, ClassifyError> {
        let mut classifier = Self::fit(classes, examples, settings)?;
        let (scores, of): (Vec<Vec<f32>>, Vec<&Example>) = if held_out.len() >= FEWEST {
            (classifier.all_scores(held_out), held_out.iter().collect())
        } else {
            let parts = if examples.len() > MANY { 1 } else { settings.folds };
            let scored = held_out_scores(classes, examples, settings, parts)?;
            scored.into_iter().map(|(scores, place)| (scores, &examples[place])).unzip()
        };
        classifier.temperature = temperature_of(&scores, &of, classes.len(), settings);
        Ok(classifier)
    }

    fn fit(
        classes: &[String],
        examples: &[Example],
        settings: Settings,
    ) -> Result<Self, ClassifyError> {
        let usable = examples.iter().filter(|example| example.weight > 0.0).count();
        let present = (0..classes.len())
            .filter(|class| examples.iter().any(|example| example.labels.contains(class)))
            .count();
        if usable < 2 || present < if settings.exclusive { 2 } else { 1 } {
            return Err(ClassifyError::TooFew { examples: usable, classes: present });
        }
        let raws: Vec<Raw> =
            examples.par_iter().map(|example| Raw::of(&example.input, settings.whole)).collect();
        let vocabulary = Vocabulary::of(&raws);
        let rows: Vec<Vec<(u32, f32)>> = raws.par_iter().map(|raw| vocabulary.row(raw)).collect();
        drop(raws);
        let matrix = Matrix::of(rows.into_iter());
        let targets: Vec<f32> = examples
            .iter()
            .flat_map(|example| target(example, classes.len(), settings.exclusive))
            .collect();
        let weights: Vec<f32> = examples.iter().map(|example| example.weight).collect();
        let (weights, bias) = fit(&Task {
            rows: &matrix,
            columns: vocabulary.columns(),
            classes: classes.len(),
            targets: &targets,
            weights: &weights,
            exclusive: settings.exclusive,
            l2: settings.l2,
            iterations: settings.iterations,
        })?;
        Ok(Self {
            classes: classes.to_vec(),
            settings,
            vocabulary,
            weights,
            bias,
            temperature: 1.0,
        })
    }

    /// Names of its classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How it was trained.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    /// Columns it has weights for.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.vocabulary.columns()
    }

    /// Calibrated probabilities of the classes.
    #[must_use]
    pub fn probabilities(&self, input: &Input) -> Vec<f64> {
        probabilities(&self.scores(input), self.temperature, self.settings.exclusive)
    }

    /// Of many, on all cores.
    #[must_use]
    pub fn all_probabilities(&self, inputs: &[&Input]) -> Vec<Vec<f64>> {
        inputs.par_iter().map(|input| self.probabilities(input)).collect()
    }

    fn all_scores(&self, examples: &[Example]) -> Vec<Vec<f32>> {
        examples.par_iter().map(|example| self.scores(&example.input)).collect()
    }

    fn scores(&self, input: &Input) -> Vec<f32> {
        let mut scores = self.bias.clone();
        let classes = scores.len();
        for (column, value) in self.vocabulary.row(&Raw::of(input, self.settings.whole)) {
            let start = column as usize * classes;
            let weights = &self.weights[start..start + classes];
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += value * weight);
        }
        scores
    }

    /// For a file.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ClassifyError> {
        postcard::to_allocvec(&(VERSION, self))
            .map_err(|error| ClassifyError::Bytes(error.to_string()))
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are of another form, or their sizes do not fit together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClassifyError> {
        let (version, classifier): (u32, Self) =
            postcard::from_bytes(bytes).map_err(|error| ClassifyError::Bytes(error.to_string()))?;
        let classes = classifier.classes.len();
        let fits = classifier.vocabulary.fits()
            && classifier.bias.len() == classes
            && classifier.weights.len() == classifier.vocabulary.columns() * classes;
        match (version, fits) {
            (VERSION, true) => Ok(classifier),
            (VERSION, false) => {
                Err(ClassifyError::Bytes("its sizes do not fit together".to_owned()))
            }
            (other, _) => Err(ClassifyError::Bytes(format!("it is of version {other}"))),
        }
    }
}

/// Of the bytes and of the way in which inputs become columns.
const VERSION: u32 = 1;

fn target(example: &Example, classes: usize, exclusive: bool) -> Vec<f32> {
    let mut target = vec![0.0; classes];
    // Raters who name two classes that exclude one another halve their vote.
    let vote = if exclusive { 1.0 / example.labels.len().max(1) as f32 } else { 1.0 };
    for label in &example.labels {
        if let Some(value) = target.get_mut(*label) {
            *value = vote;
        }
    }
    target
}

fn temperature_of(
    scores: &[Vec<f32>],
    examples: &[&Example],
    classes: usize,
    settings: Settings,
) -> f32 {
    let targets: Vec<Vec<f32>> =
        examples.iter().map(|example| target(example, classes, settings.exclusive)).collect();
    let scored: Vec<Scored<'_>> = scores
        .iter()
        .zip(&targets)
        .zip(examples)
        .map(|((scores, target), example)| (scores.as_slice(), target.as_slice(), example.weight))
        .collect();
    temperature(&scored, settings.exclusive)
}

/// Scores of examples by classifiers that have not seen their calls, with the examples'
/// places; of the first `parts` of `settings.folds` parts.
fn held_out_scores(
    classes: &[String],
    examples: &[Example],
    settings: Settings,
    parts: usize,
) -> Result<Vec<(Vec<f32>, usize)>, ClassifyError> {
    let mut scored = Vec::new();
    for part in 0..parts {
        let (out, within): (Vec<usize>, Vec<usize>) = (0..examples.len())
            .partition(|place| fold(&examples[*place].call, settings.folds) == part);
        let within: Vec<Example> =
            within.into_iter().map(|place| examples[place].clone()).collect();
        match Classifier::fit(classes, &within, settings) {
            Ok(classifier) => scored.par_extend(
                out.into_par_iter().map(|place| (classifier.scores(&examples[place].input), place)),
            ),
            // Too few calls to hold any out.
            Err(ClassifyError::TooFew { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(scored)
}

/// Probabilities of every example by a classifier that has not seen its call, in the
/// order of the examples; none for an example whose part left too little to learn from.
///
/// # Errors
/// The optimiser gives up.
pub fn out_of_sample(
    classes: &[String],
    examples: &[Example],
    settings: Settings,
) -> Result<Vec<Option<Vec<f64>>>, ClassifyError> {
    let scored = held_out_scores(classes, examples, settings, settings.folds)?;
    let (scores, places): (Vec<Vec<f32>>, Vec<usize>) = scored.into_iter().unzip();
    let of: Vec<&Example> = places.iter().map(|place| &examples[*place]).collect();
    let temperature = temperature_of(&scores, &of, classes.len(), settings);
    let mut found = vec![None; examples.len()];
    for (scores, place) in scores.iter().zip(places) {
        found[place] = Some(probabilities(scores, temperature, settings.exclusive));
    }
    Ok(found)
}

/// The part of a call: a hash of its name, so that it stays where other calls come and go.
fn fold(call: &str, folds: usize) -> usize {
    let hash = call.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ((hash >> 17) % folds.max(1) as u64) as usize
}
