//! Looking into a repository: what is there, and where it came from.

use rehearsal_model::{Annotation, ConversationId, Digest, Example, ExampleId, Report, Verdict};
use rehearsal_repository::{Kind, Repository, RepositoryError};
use serde::Serialize;

use crate::letters::{DeadLetter, dead_letters};
use crate::records::{
    ANALYSES, CALLS, CallRecord, ENTRIES, PRODUCTS, REPORTS, RUNS, Subjects, entry_key,
};
use crate::summary::RunSummary;
use crate::{PipelineError, entries};

/// What is in a repository.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Entries that sources list.
    pub entries: u64,
    /// Calls.
    pub calls: u64,
    /// Transcripts of recordings.
    pub transcripts: u64,
    /// Failed items.
    pub dead_letters: Vec<DeadLetter>,
    /// Conclusions of validators, by id.
    pub reports: Vec<(String, Report)>,
    /// The last run that came to an end.
    pub last_run: Option<RunSummary>,
}

/// A call in a list.
#[derive(Debug, Clone, Serialize)]
pub struct CallLine {
    /// Its id.
    pub id: String,
    /// Where it came from.
    pub source: String,
    /// The loader's name for its entry.
    pub entry: String,
    /// The loader's name for it in the entry.
    pub item: String,
}

/// A call with all that was made of it.
#[derive(Debug, Clone)]
pub struct CallView {
    /// Its id.
    pub id: ConversationId,
    /// The call.
    pub record: CallRecord,
    /// By extractor id, in pipeline order.
    pub annotations: Vec<(String, Vec<Annotation>)>,
    /// By path id, in pipeline order.
    pub examples: Vec<(String, Vec<Example>)>,
    /// Files that its entry was read from, with digests of what was in them.
    pub originals: Vec<(String, Digest)>,
}

/// An example and everything that it rests on.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Its id.
    pub id: ExampleId,
    /// The example.
    pub example: Example,
    /// The call that it was made of.
    pub call: CallRecord,
    /// The component that made it.
    pub component: Digest,
    /// Annotations on its turns: extractor, component, annotation.
    pub annotations: Vec<(String, Digest, Annotation)>,
    /// What validators said of it, by id.
    pub verdicts: Vec<(String, Verdict)>,
}

/// What is in a repository.
///
/// # Errors
/// When it cannot be read.
pub fn status(repository: &Repository) -> Result<Status, RepositoryError> {
    let dead_letters = dead_letters(repository)?;
    let mut reports = Vec::new();
    for report in repository.scan(&REPORTS, [])? {
        let report = report?;
        reports.push((String::from_utf8_lossy(&report.key).into_owned(), report.value));
    }
    Ok(Status {
        entries: repository.count(Kind::Entry),
        calls: repository.count(Kind::Conversation),
        transcripts: repository.count(Kind::Transcript),
        dead_letters,
        reports,
        last_run: repository.get(&RUNS, "last")?,
    })
}

/// Calls whose id or entry begins with `text`, at most `most`; with `after`, those that
/// come after the call of this id in the list.
///
/// # Errors
/// When the repository cannot be read.
pub fn find_calls(
    repository: &Repository,
    text: &str,
    after: Option<ConversationId>,
    most: usize,
) -> Result<Vec<CallLine>, PipelineError> {
    let mut found = Vec::new();
    let mut passed = after.is_none();
    for entry in repository.scan(&ENTRIES, [])? {
        let entry = entry?;
        let (slot, entry) = (entry.key, entry.value);
        let by_name = entry.key.starts_with(text);
        entries::for_each_part(repository, &slot, &entry, |part| {
            for item in &part.items {
                if !passed {
                    passed = after == Some(item.id);
                    continue;
                }
                let id = item.id.to_string();
                if found.len() == most || !(by_name || id.starts_with(text)) {
                    continue;
                }
                if let Some(CallRecord { item, .. }) = repository.get(&CALLS, item.id.as_bytes())? {
                    let (source, entry) = (entry.source.clone(), entry.key.clone());
                    found.push(CallLine { id, source, entry, item });
                }
            }
            Ok(())
        })?;
        if found.len() == most {
            break;
        }
    }
    Ok(found)
}

/// A call with all that was made of it; none if there is no such call.
///
/// # Errors
/// When the repository cannot be read.
pub fn show(
    repository: &Repository,
    id: ConversationId,
) -> Result<Option<CallView>, RepositoryError> {
    let Some(record) = repository.get(&CALLS, id.as_bytes())? else { return Ok(None) };
    let analysis = repository.get(&ANALYSES, id.as_bytes())?.unwrap_or_default();
    let product = repository.get(&PRODUCTS, id.as_bytes())?.unwrap_or_default();
    let annotations =
        analysis.stages.into_iter().map(|stage| (stage.stage, stage.annotations)).collect();
    let examples = product.paths.into_iter().map(|path| (path.path, path.examples)).collect();
    let entry = repository.get(&ENTRIES, entry_key(&record.source, &record.entry))?;
    let originals = entry.map(|entry| entry.originals).unwrap_or_default();
    Ok(Some(CallView { id, record, annotations, examples, originals }))
}

/// An example and everything that it rests on; none if there is no such example.
///
/// # Errors
/// When the repository cannot be read.
pub fn explain(
    repository: &Repository,
    id: &ExampleId,
) -> Result<Option<Explanation>, RepositoryError> {
    let key = id.conversation.as_bytes();
    let Some(call) = repository.get(&CALLS, key)? else { return Ok(None) };
    let Some(product) = repository.get(&PRODUCTS, key)? else { return Ok(None) };
    let mut at = 0;
    let mut found = None;
    for path in &product.paths {
        for example in &path.examples {
            if path.path == id.path && example.key == id.key {
                found = Some((path.component, example.clone(), at));
            }
            at += 1;
        }
    }
    let Some((component, example, place)) = found else { return Ok(None) };
    let verdicts = product
        .inspections
        .iter()
        .filter(|inspection| inspection.subjects == Subjects::Examples)
        .filter_map(|i| Some((i.validator.clone(), i.verdicts.get(place)?.clone())))
        .collect();
    let analysis = repository.get(&ANALYSES, key)?.unwrap_or_default();
    let mut annotations = Vec::new();
    for stage in analysis.stages {
        for annotation in stage.annotations {
            if annotation.scope.turn().is_some_and(|turn| example.turns.contains(&turn)) {
                annotations.push((stage.stage.clone(), stage.component, annotation));
            }
        }
    }
    Ok(Some(Explanation { id: id.clone(), example, call, component, annotations, verdicts }))
}
