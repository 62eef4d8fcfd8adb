//! Classifiers before the calls that were kept for the verdict.

use rehearsal_classify::{Classifier, Judged, decided};

use crate::lessons::Lesson;
use crate::task::Task;

/// What a classifier says of lessons, its classes in the order of `classes`. A class that
/// it does not know is never found by it.
pub(crate) fn judge(
    classifier: &Classifier,
    lessons: &[&Lesson],
    classes: &[String],
    task: &Task,
) -> Vec<Judged> {
    let own: Vec<Option<usize>> = classes
        .iter()
        .map(|class| classifier.classes().iter().position(|known| known == class))
        .collect();
    let inputs: Vec<_> = lessons.iter().map(|lesson| &lesson.input).collect();
    let said = classifier.all_probabilities(&inputs);
    lessons
        .iter()
        .zip(said)
        .map(|(lesson, said)| {
            let probabilities: Vec<f64> =
                own.iter().map(|at| at.map_or(0.0, |at| said[at])).collect();
            let truth = truth(lesson, classes, task, &probabilities);
            Judged { call: lesson.call.clone(), truth, probabilities }
        })
        .collect()
}

/// The classes that a lesson has. A turn of two questions has two, of which one is asked
/// for where one holds.
pub(crate) fn truth(
    lesson: &Lesson,
    classes: &[String],
    task: &Task,
    probabilities: &[f64],
) -> Vec<usize> {
    let truth = lesson.numbers(classes, task.several);
    if task.several || truth.len() < 2 {
        return truth;
    }
    let found = decided(probabilities, true);
    let right = truth.iter().copied().find(|class| found.contains(class));
    vec![right.unwrap_or(truth[0])]
}
