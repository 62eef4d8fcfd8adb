//! What stages make of a sample of the repository's calls, kept nowhere: for whoever works
//! on a plugin.

use std::collections::BTreeMap;
use std::fmt::Display;

use rehearsal_model::{Annotation, Digest, Example, Scope, Value};
use rehearsal_repository::Repository;
use rehearsal_sandbox::{CallError, Called, Extractor, Failure, Subject};

use crate::PipelineError;
use crate::plan::{Plan, Ready, ReadyPath, ReadyValidator};
use crate::records::Subjects;
use crate::sample::{Sample, of_repository};

/// Characters of a row that a line shows; the rest is in its digest.
const SHOWN: usize = 100;

/// What one stage made of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its id.
    pub stage: String,
    /// Its component and configuration: the same ones need no other trial.
    pub identity: String,
    /// Calls or rows that it was given.
    pub items: usize,
    /// Its results, a line each, in order; what failed, among them.
    pub results: Vec<String>,
}

/// Tries the stages behind the sources that are not as they were when `former` was made.
///
/// # Errors
/// When the repository or the machine fails.
pub async fn trials(
    plan: &Plan,
    repository: &Repository,
    former: &BTreeMap<String, Trial>,
) -> Result<Vec<Trial>, PipelineError> {
    let sample = of_repository(repository)?;
    let mut done = Vec::new();
    for stage in &plan.extractors {
        if is_new(stage, former) {
            done.push(extracted(stage, &sample).await?);
        }
    }
    for path in &plan.paths {
        if is_new(&path.stage, former) {
            done.push(built(path, &plan.extractors, &sample).await?);
        }
    }
    for validator in &plan.validators {
        if is_new(&validator.stage, former) {
            done.push(judged(validator, &sample).await?);
        }
    }
    Ok(done)
}

fn identity<T>(stage: &Ready<T>) -> String {
    format!("{} {}", stage.component.digest(), stage.config)
}

fn is_new<T>(stage: &Ready<T>, former: &BTreeMap<String, Trial>) -> bool {
    former.get(&stage.id).is_none_or(|trial| trial.identity != identity(stage))
}

fn trial<T>(stage: &Ready<T>, items: usize, results: Vec<String>) -> Trial {
    Trial { stage: stage.id.clone(), identity: identity(stage), items, results }
}

async fn extracted(stage: &Ready<Extractor>, sample: &[Sample]) -> Result<Trial, PipelineError> {
    let mut lines = Vec::new();
    // What leaves this machine leaves it under pseudonyms only.
    let leaves = |one: &&Sample| one.leaves || stage.outside.is_none();
    for one in sample.iter().filter(leaves) {
        let answer = stage.handle.extract(&[(one.id, &one.call)]).await;
        let found = rows(answer, &one.id, &mut lines)?;
        lines.extend(found.into_iter().flatten().map(|found| of_annotation(one, &found)));
    }
    Ok(trial(stage, sample.len(), lines))
}

async fn built(
    path: &ReadyPath,
    extractors: &[Ready<Extractor>],
    sample: &[Sample],
) -> Result<Trial, PipelineError> {
    let mut lines = Vec::new();
    for one in sample {
        let read = path.read(extractors, &one.analysis);
        let answer = path.stage.handle.build(&[(one.id, &one.call, read.as_slice())]).await;
        let examples = rows(answer, &one.id, &mut lines)?;
        lines.extend(examples.into_iter().flatten().map(|example| of_example(one, &example)));
    }
    Ok(trial(&path.stage, sample.len(), lines))
}

async fn judged(validator: &ReadyValidator, sample: &[Sample]) -> Result<Trial, PipelineError> {
    let (mut lines, mut items) = (Vec::new(), 0);
    for one in sample {
        let annotations = one.annotations();
        let subjects: Vec<Subject<'_>> = match validator.inspects {
            Subjects::Conversations => {
                vec![Subject::Conversation(one.id, &one.call, &annotations)]
            }
            Subjects::Examples => one.examples.iter().map(Subject::Example).collect(),
        };
        items += subjects.len();
        match validator.stage.handle.inspect(&subjects).await {
            Ok(called) => {
                lines.extend(called.value.verdicts.iter().enumerate().map(|(at, verdict)| {
                    let key = one.examples.get(at).map_or("", |example| &example.key);
                    format!("{} {key}: {verdict:?}", one.id)
                }))
            }
            Err(error) => lines.push(failed(error, &one.id)?),
        }
    }
    Ok(trial(&validator.stage, items, lines))
}

/// The rows of a call's only item; what went wrong becomes a line.
fn rows<T, E: Display>(
    answer: Result<Called<Vec<Result<T, E>>>, CallError>,
    id: &impl Display,
    lines: &mut Vec<String>,
) -> Result<Option<T>, PipelineError> {
    match answer.map(|called| called.value.into_iter().next()) {
        Ok(Some(Ok(rows))) => return Ok(Some(rows)),
        Ok(Some(Err(error))) => lines.push(format!("{id} FAILED: {error}")),
        Ok(None) => {}
        Err(error) => lines.push(failed(error, id)?),
    }
    Ok(None)
}

fn failed(error: CallError, id: &impl Display) -> Result<String, PipelineError> {
    if matches!(&*error.failure, Failure::Host(_)) {
        return Err(error.into());
    }
    Ok(format!("{id} FAILED: {error}"))
}

fn of_annotation(one: &Sample, found: &Annotation) -> String {
    let place = match found.scope {
        Scope::Conversation => String::new(),
        Scope::Turn(turn) => format!(" turn {turn}"),
        Scope::Span(turn, span) => format!(" turn {turn}, {}..{}", span.start, span.end),
    };
    let value = match &found.value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Label(label) => format!("{} ({:.2})", label.name, label.confidence),
        Value::Flag(flag) => flag.to_string(),
        Value::Unavailable(reason) => format!("unavailable: {reason}"),
    };
    format!("{}{place}: {} = {value}", one.id, found.name)
}

fn of_example(one: &Sample, example: &Example) -> String {
    let body = format!("{:?}", example.body);
    let digest = Digest::of(body.as_bytes()).to_string();
    let shown: String = body.chars().take(SHOWN).collect();
    format!("{} {}: {shown}… [{}]", one.id, example.key, &digest[..8])
}
