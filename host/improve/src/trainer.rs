//! One trainer's turn: lessons or a data set in, a registered version out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rehearsal_config::{Learner, Pipeline, Trainer};
use rehearsal_dataset::Manifest;
use rehearsal_pipeline::CallSemantics;
use rehearsal_repository::Repository;
use rehearsal_review::Verdict;

use crate::lessons::{Places, Side};
use crate::meaning::add_vectors;
use crate::method::Method;
use crate::registry::{Registry, Version};
use crate::rows::{Found, add_facts, sides, sorted};
use crate::task::Task;
use crate::verdicts::voices;
use crate::{ImproveError, command, make, verdicts};

/// The data set of the calls themselves.
const CALLS: &str = "conversations";

/// Where trainers work.
#[derive(Debug, Clone, Copy)]
pub struct Workshop<'a> {
    /// What pipeline.toml says.
    pub pipeline: &'a Pipeline,
    /// Of that pipeline.
    pub repository: &'a Repository,
    /// Verdicts that stand.
    pub verdicts: &'a [Verdict],
    /// What turns mean, for trainers that want to know.
    pub semantics: Option<&'a CallSemantics>,
    /// Write nothing down.
    pub dry_run: bool,
}

/// What a trainer made.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The version.
    pub version: Version,
    /// It was there already, made of the same.
    pub unchanged: bool,
    /// Lines of label files that could not be used.
    pub refused: Vec<String>,
}

/// Trains, unless a version was made of the same before.
///
/// # Errors
/// As [`ImproveError`] says. What was made before stands.
pub fn train(workshop: Workshop<'_>, trainer: &Trainer) -> Result<Trained, ImproveError> {
    let mut registry = Registry::open(workshop.repository, &workshop.pipeline.workspace)?;
    match &trainer.learner {
        Learner::Classifier { task, annotation, trust, features, .. } => {
            let task = Task::of(task, annotation.as_deref());
            let mut gathered = gather(workshop, &mut registry, trainer, &task)?;
            let method = Method::of(workshop, trainer, &task, &mut gathered.lessons)?;
            let (trust, features) = (*trust, *features);
            let made =
                make::train(&mut registry, trainer, &method, &task, &trust, features, &gathered)?;
            Ok(Trained { refused: gathered.refused, ..made })
        }
        Learner::Command { command, env, results } => {
            let name = trainer.dataset.clone().unwrap_or_default();
            let folder = workshop.dataset(&name);
            let Some(manifest) = Manifest::read(&folder)? else {
                return Err(ImproveError::NoDataset { trainer: trainer.id.clone(), dataset: name });
            };
            let order = command::Order { command, env, results, dataset: &folder, name: &name };
            command::train(&mut registry, &trainer.id, &order, &manifest)
        }
    }
}

impl Workshop<'_> {
    /// Folder of a data set.
    pub(crate) fn dataset(&self, name: &str) -> PathBuf {
        self.pipeline.workspace.join("datasets").join(name)
    }
}

/// Everything that a classifier's trainer learns from, divided for good.
pub(crate) fn gather(
    workshop: Workshop<'_>,
    registry: &mut Registry<'_>,
    trainer: &Trainer,
    task: &Task,
) -> Result<Found, ImproveError> {
    let Learner::Classifier { labels, features, .. } = &trainer.learner else {
        return Ok(Found::default());
    };
    let mut found = Found::default();
    if let Some(dataset) = &trainer.dataset {
        found.dataset(&workshop.dataset(dataset), (&trainer.id, dataset), task)?;
    }
    for file in sorted(labels) {
        found.file(file, task, workshop.pipeline.seed)?;
    }
    let said = workshop.verdicts;
    if found.lessons.all().is_empty() && voices(said, task).is_empty() {
        return Err(ImproveError::NoRows {
            trainer: trainer.id.clone(),
            task: task.name.clone(),
            known: found.others.into_iter().collect(),
        });
    }
    found.lessons.sort();
    // A task that only experts speak of has no rows: its calls are where the pipeline has
    // them as calls.
    let sides = if found.lessons.all().is_empty() {
        sides(&workshop.dataset(CALLS))?
    } else {
        found.lessons.all().iter().map(|lesson| (lesson.call.clone(), lesson.side)).collect()
    };
    let places = divide(registry, &trainer.id, &mut found, sides, !workshop.dry_run)?;
    verdicts::add(&mut found.lessons, said, workshop.repository, task, &places)?;
    found.lessons.sort();
    if features.annotations {
        add_facts(&mut found.lessons, workshop.repository, task)?;
    }
    if features.embeddings {
        add_vectors(&mut found.lessons, workshop.semantics, &trainer.id, task)?;
    }
    Ok(found)
}

/// Holds on to the first test split: its calls are judged by and never learned from;
/// calls that came to the test split later wait outside.
fn divide(
    registry: &mut Registry<'_>,
    trainer: &str,
    found: &mut Found,
    sides: BTreeMap<String, Side>,
    keep: bool,
) -> Result<Places, ImproveError> {
    let tests = sides.iter().filter(|(_, side)| **side == Side::Test).map(|(call, _)| call);
    let frozen = registry.freeze(trainer, keep, || tests.cloned().collect())?;
    let place = |call: &String, side: Side| match side {
        _ if frozen.contains(call) => Some(Side::Test),
        Side::Test => None,
        side => Some(side),
    };
    found.lessons.all_mut().retain_mut(|lesson| {
        let place = place(&lesson.call, lesson.side);
        lesson.side = place.unwrap_or(lesson.side);
        place.is_some()
    });
    let known = sides.into_iter().map(|(call, side)| (call.clone(), place(&call, side)));
    Ok(known.chain(frozen.iter().map(|call| (call.clone(), Some(Side::Test)))).collect())
}
