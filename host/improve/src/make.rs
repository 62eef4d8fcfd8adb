//! Training: lessons to a version in the registry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rehearsal_classify::decided;
use rehearsal_config::{Features, Trainer, Trust};

use crate::card::{Card, readme};
use crate::error::ImproveError;
use crate::files::{fresh, write};
use crate::lessons::{Lesson, Rater, Side};
use crate::method::{Method, Model};
use crate::pupils;
use crate::registry::{Registry, Stage, Version};
use crate::rows::Found;
use crate::task::Task;
use crate::trainer::Trained;

/// A model's file in a version's folder.
pub(crate) const MODEL: &str = "model.bin";

/// Trains on what was gathered.
pub(crate) fn train(
    registry: &mut Registry<'_>,
    trainer: &Trainer,
    method: &Method,
    task: &Task,
    trust: &Trust,
    features: Features,
    found: &Found,
) -> Result<Trained, ImproveError> {
    let lessons = &found.lessons;
    let inputs = method.inputs(task, trust, lessons);
    if let Some(version) = registry.made_of(&trainer.id, &inputs) {
        return Ok(Trained { version: version.clone(), unchanged: true, refused: Vec::new() });
    }
    let classes = method.classes(lessons, task);
    let (model, kind) = method.fit(&trainer.id, lessons, task, trust)?;
    let measures = method.measure(&model, lessons, &classes, task);
    let learned: Vec<&Lesson> = lessons.on(Side::Train).collect();
    let mut finds = BTreeMap::new();
    for one in method.judge(&model, &learned, &classes, task) {
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
        kind,
        made_of: &found.roots,
        lessons: lessons.by_rater(),
        data: lessons.digest().to_string(),
        measures: measures.as_ref(),
    };
    let bytes = model.to_bytes(&trainer.id)?;
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

/// Reads the model of a version.
pub(crate) fn load(
    registry: &Registry<'_>,
    version: &Version,
    method: &Method,
) -> Result<Model, ImproveError> {
    let path = registry.folder().join(&version.folder).join(MODEL);
    let bytes = fs::read(&path).map_err(ImproveError::io("read", &path))?;
    method.read(&version.trainer, &bytes)
}
