//! The built-in trainer: a classifier of texts.

use rehearsal_classify::{Classifier, ClassifyError, Example, out_of_sample};
use rehearsal_config::Trust;
use rehearsal_model::Hasher;

use crate::lessons::{Lesson, Lessons, Side, settings};
use crate::method::Unseen;
use crate::task::Task;

/// Of the way in which lessons become a classifier; raised with every change of it.
const RECIPE: u32 = 1;

/// Digest of all that a classifier follows from.
pub(crate) fn inputs(task: &Task, trust: &Trust, lessons: &Lessons) -> String {
    let mut hasher = Hasher::new("classifier");
    hasher
        .part(&RECIPE.to_le_bytes())
        .part(format!("{task:?} {trust:?} {:?}", settings(task)).as_bytes())
        .part(lessons.digest().as_bytes());
    hasher.finish().to_string()
}

pub(crate) fn fit(
    lessons: &Lessons,
    classes: &[String],
    task: &Task,
    trust: &Trust,
) -> Result<Classifier, ClassifyError> {
    let examples = |side: Side| -> Vec<Example> {
        let all = lessons.on(side).map(|lesson| lesson.example(classes, task, trust));
        all.filter(|example| example.weight > 0.0).collect()
    };
    Classifier::train(classes, &examples(Side::Train), &examples(Side::Validation), settings(task))
}

/// Lessons that are learned from, with probabilities by classifiers that have not seen
/// their calls.
pub(crate) fn out_of_sample_of<'a>(
    lessons: &'a Lessons,
    classes: &[String],
    task: &Task,
    trust: &Trust,
) -> Result<Unseen<'a>, ClassifyError> {
    let learned: Vec<&Lesson> =
        lessons.on(Side::Train).filter(|one| one.rater.trust(trust) > 0.0).collect();
    let examples: Vec<_> =
        learned.iter().map(|lesson| lesson.example(classes, task, trust)).collect();
    let found = out_of_sample(classes, &examples, settings(task))?;
    Ok(learned.into_iter().zip(found).filter_map(|(one, found)| Some((one, found?))).collect())
}
