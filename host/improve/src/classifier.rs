//! The built-in trainer: a classifier of texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rehearsal_classify::{Classifier, Example, Measures, decided};
use rehearsal_config::{Features, Trainer, Trust};
use rehearsal_model::Hasher;
use rehearsal_statistics::Bootstrap;

use crate::card::{Card, readme};
use crate::error::ImproveError;
use crate::files::{fresh, write};
use crate::judge::judge;
use crate::lessons::{Lesson, Lessons, Rater, Side, settings};
use crate::pupils;
use crate::registry::{Registry, Stage, Version};
use crate::rows::Found;
use crate::task::Task;
use crate::trainer::Trained;

/// The classifier's file in a version's folder.
pub(crate) const MODEL: &str = "model.bin";
/// Of the way in which lessons become a classifier; raised with every change of it.
const RECIPE: u32 = 1;

/// Trains a classifier on what was gathered.
pub(crate) fn train(
    registry: &mut Registry<'_>,
    trainer: &Trainer,
    task: &Task,
    trust: &Trust,
    features: Features,
    found: &Found,
) -> Result<Trained, ImproveError> {
    let lessons = &found.lessons;
    let inputs = inputs(task, trust, lessons);
    if let Some(version) = registry.made_of(&trainer.id, &inputs) {
        return Ok(Trained { version: version.clone(), unchanged: true, refused: Vec::new() });
    }
    let failed = |source| ImproveError::Classify { trainer: trainer.id.clone(), source };
    let classes = lessons.classes(task.several);
    let classifier = fit(lessons, &classes, task, trust).map_err(failed)?;
    let measures = measure(&classifier, lessons, &classes, task);
    let learned: Vec<&Lesson> = lessons.on(Side::Train).collect();
    let mut finds = BTreeMap::new();
    for one in judge(&classifier, &learned, &classes, task) {
        for class in decided(&one.probabilities, !task.several) {
            *finds.entry(classes[class].clone()).or_default() += 1;
        }
    }
    let judged = lessons.all().iter().filter(|lesson| lesson.rater == Rater::Expert);
    let judged: BTreeSet<String> = judged.map(|lesson| lesson.call.clone()).collect();
    let number = registry.next(&trainer.id);
    let card = Card {
        trainer: &trainer.id,
        version: number,
        task,
        trust,
        features,
        classes: &classes,
        columns: classifier.columns(),
        settings: classifier.settings(),
        made_of: &found.roots,
        lessons: lessons.by_rater(),
        data: lessons.digest().to_string(),
        measures: measures.as_ref(),
    };
    let bytes = classifier.to_bytes().map_err(failed)?;
    let home = registry.folder().join(&trainer.id);
    let building = home.join(format!(".{number}.building"));
    fresh(&building)?;
    let pupil_of = lessons.all().iter().filter(|lesson| lesson.side != Side::Test);
    let files = vec![
        pupils::note(&building, &pupil_of.map(|lesson| lesson.call.clone()).collect())?,
        write(&building, "README.md", readme(&card).as_bytes())?,
        write(&building, "card.json", card.json().as_bytes())?,
        write(&building, MODEL, &bytes)?,
    ];
    let folder = home.join(number.to_string());
    // A folder that no version is registered for is what a crash left.
    fresh(&folder)?;
    fs::rename(&building, &folder).map_err(ImproveError::io("rename", &building))?;
    let version = registry.register(Version {
        trainer: trainer.id.clone(),
        version: number,
        stage: Stage::Candidate,
        inputs,
        made_of: found.roots.clone(),
        lessons: lessons.by_rater(),
        judged,
        found: finds,
        measures,
        files,
        folder: [&trainer.id, &number.to_string()].iter().collect(),
        replaced: None,
        made_at: 0,
        promoted_at: None,
        revision: 0,
    })?;
    Ok(Trained { version, unchanged: false, refused: Vec::new() })
}

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
) -> Result<Classifier, rehearsal_classify::ClassifyError> {
    let examples = |side: Side| -> Vec<Example> {
        let all = lessons.on(side).map(|lesson| lesson.example(classes, task, trust));
        all.filter(|example| example.weight > 0.0).collect()
    };
    Classifier::train(classes, &examples(Side::Train), &examples(Side::Validation), settings(task))
}

/// What it reaches on the frozen test split; none where that is empty.
pub(crate) fn measure(
    classifier: &Classifier,
    lessons: &Lessons,
    classes: &[String],
    task: &Task,
) -> Option<Measures> {
    let test: Vec<&Lesson> = lessons.on(Side::Test).collect();
    let judged = judge(classifier, &test, classes, task);
    let measures = Measures::of(classes, &judged, !task.several, Bootstrap::default());
    (!test.is_empty()).then_some(measures)
}

/// Reads the classifier of a version.
pub(crate) fn load(registry: &Registry<'_>, version: &Version) -> Result<Classifier, ImproveError> {
    let path = registry.folder().join(&version.folder).join(MODEL);
    let bytes = fs::read(&path).map_err(ImproveError::io("read", &path))?;
    Classifier::from_bytes(&bytes)
        .map_err(|source| ImproveError::Classify { trainer: version.trainer.clone(), source })
}
