//! What experts said as a data set of its own, `experts`: their labels, their edits of
//! the coach's suggestions as preference pairs (DPO; KTO is derived of these), and their
//! thumbs. It is written anew from the verdicts that stand, so a verdict that changed or
//! was erased leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rehearsal_config::{DatasetFormat, Learner};
use rehearsal_dataset::{
    About, DatasetBuild, Format, Learns, Manifest, MaskProof, Origin, Split, UNKNOWN_LICENCE,
    Whole, is_refused,
};
use rehearsal_model::{Body, ConversationId, Digest, Example, ExampleId, Message, Role, Speaker};
use rehearsal_pipeline::{CallRecord, query};
use rehearsal_review::{SuggestionVerdict, Verdict};

use crate::ImproveError;
use crate::lessons::{Lesson, Rater, Side};
use crate::registry::Registry;
use crate::task::{NONE, Task};
use crate::trainer::{Workshop, gather};
use crate::verdicts::excerpt;

/// The data set's name.
pub const EXPERTS: &str = "experts";

const COACH: &str = "You coach a salesperson from the words of a call. Say what they could \
                     have said instead. Say nothing that the turns do not show.";

/// Rows of a call: key, family, body, turns.
type Row = (String, &'static str, Body, Vec<u32>);

/// Writes the data set; none where experts said nothing that makes a row.
///
/// # Errors
/// As [`ImproveError`] says; the former data set stands.
pub fn write(workshop: Workshop<'_>) -> Result<Option<Manifest>, ImproveError> {
    let mut sides: BTreeMap<String, Side> = BTreeMap::new();
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut registry = Registry::open(workshop.repository, &workshop.pipeline.workspace)?;
    for trainer in &workshop.pipeline.trainers {
        let Learner::Classifier { task, annotation, .. } = &trainer.learner else { continue };
        let task = Task::of(task, annotation.as_deref());
        let found = match gather(workshop, &mut registry, trainer, &task) {
            Ok(found) => found,
            // The trainer's own turn says so.
            Err(ImproveError::NoRows { .. } | ImproveError::NoDataset { .. }) => continue,
            Err(error) => return Err(error),
        };
        for lesson in found.lessons.all() {
            sides.insert(lesson.call.clone(), lesson.side);
            if lesson.rater == Rater::Expert {
                rows.entry(lesson.call.clone()).or_default().extend(labelled(&task.name, lesson));
            }
        }
    }
    for verdict in workshop.verdicts.iter().filter(|verdict| !verdict.is_model()) {
        if !verdict.suggestions.is_empty() {
            rows.entry(verdict.call().to_owned()).or_default();
        }
    }
    let patterns = &workshop.pipeline.datasets.refuse_licences;
    let mut found: Vec<(ConversationId, CallRecord, Vec<Row>, Split)> = Vec::new();
    for (call, mut own) in rows {
        let Ok(id) = call.parse::<ConversationId>() else { continue };
        let Some(view) = query::show(workshop.repository, id)? else { continue };
        let licence = view.record.conversation.licence.as_deref().unwrap_or(UNKNOWN_LICENCE);
        if is_refused(licence, patterns) {
            continue;
        }
        let of_call = workshop.verdicts.iter().filter(|one| !one.is_model() && one.call() == call);
        for verdict in of_call {
            for suggestion in &verdict.suggestions {
                own.extend(suggested(&view.record, verdict, suggestion));
            }
        }
        own.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        let split = match sides.get(&call) {
            Some(Side::Test) => Split::Test,
            Some(Side::Validation) => Split::Validation,
            Some(Side::Train) | None => Split::Train,
        };
        if !own.is_empty() {
            found.push((id, view.record, own, split));
        }
    }
    found.sort_by_key(|(id, ..)| *id);
    if found.is_empty() {
        return Ok(None);
    }
    let inputs = Digest::of_value(
        &found.iter().map(|(id, _, rows, split)| (id, split, bodies(rows))).collect::<Vec<_>>(),
    );
    let folder = workshop.pipeline.workspace.join("datasets");
    if let Some(manifest) = Manifest::read(&folder.join(EXPERTS)).ok().flatten()
        && manifest.inputs == inputs.to_string()
        && manifest.stands_in(&folder.join(EXPERTS))
    {
        return Ok(Some(manifest));
    }
    let proof = Arc::new(MaskProof::new());
    let mut build = DatasetBuild::begin(&folder, EXPERTS, &formats(workshop), &proof)?;
    let mut writer = build.shard(0, &inputs.to_string());
    for (id, record, rows, split) in &found {
        let origin =
            Origin { source: record.source.clone(), licence: record.conversation.licence.clone() };
        let call = &record.conversation;
        let roles: Vec<Role> = call.turns.iter().map(|turn| call.role(turn)).collect();
        for (key, family, body, turns) in rows {
            let example = Example {
                key: key.clone(),
                family: (*family).to_owned(),
                body: body.clone(),
                turns: turns.clone(),
                because: vec!["experts@1".to_owned()],
                tags: vec![("tier".to_owned(), "expert".to_owned())],
            };
            let id = ExampleId { path: EXPERTS.to_owned(), conversation: *id, key: key.clone() };
            writer.example(&id, &example, &origin, *split, (&roles, Learns::Any))?;
        }
    }
    build.add(writer.finish()?.sync()?);
    let languages: BTreeSet<String> =
        found.iter().filter_map(|(_, record, ..)| record.conversation.language.clone()).collect();
    let about = About {
        pipeline: workshop.pipeline.name.clone(),
        stages: Vec::new(),
        languages: languages.into_iter().collect(),
        division: "Calls are where the trainers' data sets have them.".to_owned(),
        calls: found.len() as u64,
    };
    let whole = Whole { inputs: inputs.to_string(), ..Whole::default() };
    Ok(Some(build.finish(&about, whole)?))
}

fn bodies(rows: &[Row]) -> Vec<(&String, &'static str, &Body, &Vec<u32>)> {
    rows.iter().map(|(key, family, body, turns)| (key, *family, body, turns)).collect()
}

fn formats(workshop: Workshop<'_>) -> Vec<Format> {
    let format = |format: &DatasetFormat| match format {
        DatasetFormat::Parquet => Format::Parquet,
        DatasetFormat::Jsonl => Format::Jsonl,
        DatasetFormat::Sharegpt => Format::Sharegpt,
    };
    workshop.pipeline.datasets.formats.iter().map(format).collect()
}

/// A row a class; one of the class `none` where there is none.
fn labelled(task: &str, lesson: &Lesson) -> Vec<Row> {
    let turns: Vec<u32> = lesson.turn.into_iter().collect();
    let place = lesson.turn.map_or_else(String::new, |turn| format!(".{turn}"));
    let none = NONE.to_owned();
    let labels: Vec<&String> =
        if lesson.labels.is_empty() { vec![&none] } else { lesson.labels.iter().collect() };
    let row = |label: &&String| {
        let body = Body::LabelledText {
            text: lesson.input.text.clone(),
            label: (*label).clone(),
            task: task.to_owned(),
        };
        (format!("{task}{place}.{label}"), "labels", body, turns.clone())
    };
    labels.iter().map(row).collect()
}

/// An edit is better than what was edited; a thumb is a class.
fn suggested(record: &CallRecord, by: &Verdict, given: &SuggestionVerdict) -> Vec<Row> {
    let Some(turn) = u32::try_from(given.turn).ok() else { return Vec::new() };
    let Some(text) = excerpt(&record.conversation, Some(turn)) else { return Vec::new() };
    let mut rows = Vec::new();
    let message = |role, content: &str| Message {
        role,
        content: content.to_owned(),
        train: false,
        turns: Vec::new(),
    };
    if let Some(edited) = &given.edited {
        let body = Body::Preference {
            prompt: vec![message(Speaker::System, COACH), message(Speaker::User, &text)],
            chosen: message(Speaker::Assistant, edited),
            rejected: message(Speaker::Assistant, &given.original),
        };
        rows.push((format!("edit.{turn}.{}", by.rater), "edits", body, vec![turn]));
    }
    if let Some(good) = given.good {
        let label = if good { "good" } else { "bad" }.to_owned();
        let text = format!("{text}\n[COACH] {}", given.original);
        let body = Body::LabelledText { text, label, task: "suggestion".to_owned() };
        rows.push((format!("thumb.{turn}.{}", by.rater), "thumbs", body, vec![turn]));
    }
    rows
}
