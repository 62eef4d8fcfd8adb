//! What the page asks for, and what it sends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rehearsal_review::{Event, JournalError, Verdict};
use serde::Deserialize;
use serde_json::json;

use crate::{Shared, guard};

/// Characters of a rater's name.
const LONGEST_NAME: usize = 64;
/// Characters of a note: a verdict is a line of the journal.
const LONGEST_TEXT: usize = 20_000;

#[derive(Debug, Deserialize)]
pub(crate) struct Who {
    rater: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct What {
    rater: String,
    item: String,
    /// Not blind: with what models said.
    #[serde(default)]
    open: bool,
}

/// A verdict as the page sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    verdict: Verdict,
    /// The rater is still at work on it.
    draft: bool,
    /// The event that it follows, the last one that the page saw.
    after: Option<String>,
}

/// Gives the page the cookie that `<audio>` needs.
pub(crate) async fn session(State(shared): State<Arc<Shared>>) -> Response {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, guard::cookie(&shared.keys))]).into_response()
}

/// The batch, the rubric, and how far everybody is. Not why a call was picked: a rater
/// who knows that models doubt looks with other eyes.
pub(crate) async fn desk(State(shared): State<Arc<Shared>>, Query(who): Query<Who>) -> Response {
    if let Some(problem) = unfit(&who.rater) {
        return refused(problem);
    }
    let newest = match newest(&shared).await {
        Ok(newest) => newest,
        Err(error) => return failed(&error),
    };
    let desk = &shared.desk;
    let items = desk.sheets.iter().map(|sheet| {
        let own = newest.get(&(sheet.item_id.clone(), who.rater.clone()));
        let state = own.map_or("open", |event| if event.draft { "draft" } else { "done" });
        let minutes =
            sheet.turns.iter().filter_map(|turn| turn.start_ms).max().map(|ms| ms / 60_000);
        json!({
            "item_id": sheet.item_id, "title": sheet.title, "turns": sheet.turns.len(),
            "minutes": minutes, "state": state, "slices": sheet.slices,
        })
    });
    let mut done: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for event in newest.values().filter(|event| !event.draft && !event.verdict.is_model()) {
        done.entry(&event.verdict.rater).or_default().insert(&event.verdict.item_id);
    }
    let raters = done.iter().map(|(rater, items)| json!({ "name": rater, "done": items.len() }));
    let shared_by_two = desk.sheets.iter().filter(|sheet| {
        done.values().filter(|items| items.contains(sheet.item_id.as_str())).count() > 1
    });
    let checks = desk.rubric.checks.iter().map(
        |check| json!({ "id": check.id, "question": check.question, "blocker": check.blocker }),
    );
    Json(json!({
        "batch": desk.batch,
        "rubric": {
            "name": desk.rubric.name,
            "reference": desk.rubric.reference(),
            "checks": checks.collect::<Vec<_>>(),
        },
        "items": items.collect::<Vec<_>>(),
        "raters": raters.collect::<Vec<_>>(),
        "judged_by_two": shared_by_two.count(),
        "labels": labels(&shared),
    }))
    .into_response()
}

/// Classes that raters can give to turns: those that models give in this batch, by name.
fn labels(shared: &Shared) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in shared.desk.sheets.iter().flat_map(|sheet| &sheet.findings) {
        if !finding.label.is_empty() {
            labels.entry(&finding.name).or_default().insert(&finding.label);
        }
    }
    labels
}

/// A call, and what this rater said of it last.
pub(crate) async fn call(State(shared): State<Arc<Shared>>, Query(what): Query<What>) -> Response {
    let Some(sheet) = shared.desk.sheets.iter().find(|sheet| sheet.item_id == what.item) else {
        return (StatusCode::NOT_FOUND, "the batch has no such call").into_response();
    };
    let mut newest = match newest(&shared).await {
        Ok(newest) => newest,
        Err(error) => return failed(&error),
    };
    let mine = newest.remove(&(what.item, what.rater));
    Json(json!({
        "item_id": sheet.item_id,
        "title": sheet.title,
        "slices": sheet.slices,
        "turns": sheet.turns,
        "recording": sheet.recording.is_some(),
        "findings": what.open.then_some(&sheet.findings),
        "suggestions": what.open.then_some(&sheet.suggestions),
        "mine": mine,
    }))
    .into_response()
}

/// Takes a verdict in. It is on the disk when the answer is sent.
pub(crate) async fn verdict(State(shared): State<Arc<Shared>>, Json(sent): Json<Sent>) -> Response {
    let Sent { mut verdict, draft, after } = sent;
    if let Some(problem) = unfit(&verdict.rater) {
        return refused(problem);
    }
    let Some(sheet) = shared.desk.sheets.iter().find(|sheet| sheet.item_id == verdict.item_id)
    else {
        return refused("the batch has no such call");
    };
    verdict.rubric = shared.desk.rubric.reference();
    verdict.slices = sheet.slices.clone();
    if let Some(problem) = verdict.problem(&shared.desk.rubric) {
        return refused(&problem);
    }
    if let Some(problem) = out_of_place(&verdict, sheet.turns.len() as u64) {
        return refused(problem);
    }
    if !draft && verdict.is_open() {
        return refused("nothing is answered yet");
    }
    let journal = shared.desk.journal.clone();
    let written =
        tokio::task::spawn_blocking(move || journal.follow(verdict, draft, after.as_deref())).await;
    match written {
        Ok(Ok(event)) => Json(json!({ "id": event.id, "at": event.at })).into_response(),
        Ok(Err(JournalError::Overtaken { newest, .. })) => {
            (StatusCode::CONFLICT, Json(json!({ "newest": newest }))).into_response()
        }
        Ok(Err(error)) => failed(&error),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// What is no name of a person.
fn unfit(rater: &str) -> Option<&'static str> {
    if rater.trim().is_empty() || rater.trim() != rater {
        return Some("a rater needs a name");
    }
    if rater.chars().count() > LONGEST_NAME || rater.chars().any(char::is_control) {
        return Some("a rater's name has at most 64 characters, on one line");
    }
    rater.starts_with("model:").then_some("names that begin with `model:` are models'")
}

fn out_of_place(verdict: &Verdict, turns: u64) -> Option<&'static str> {
    let named = verdict.spans.iter().map(|span| span.turn);
    let named = named.chain(verdict.labels.iter().map(|label| label.turn));
    let mut named = named.chain(verdict.suggestions.iter().map(|one| one.turn));
    if named.any(|turn| turn >= turns) {
        return Some("it names a turn that the call does not have");
    }
    let edits = verdict.suggestions.iter().filter_map(|one| one.edited.as_ref());
    let long = edits.chain([&verdict.note]).any(|text| text.chars().count() > LONGEST_TEXT);
    long.then_some("a text is longer than 20,000 characters")
}

/// The last event of each rater on each call of this rubric.
async fn newest(shared: &Arc<Shared>) -> Result<BTreeMap<(String, String), Event>, JournalError> {
    let journal = shared.desk.journal.clone();
    let read = tokio::task::spawn_blocking(move || journal.read()).await;
    let kept = read.unwrap_or_else(|ended| {
        let path = shared.desk.journal.path().to_owned();
        Err(JournalError::Io { path, source: std::io::Error::other(ended) })
    })?;
    let mut newest: BTreeMap<(String, String), Event> = BTreeMap::new();
    for event in kept.events {
        if event.verdict.rubric != shared.desk.rubric.reference() {
            continue;
        }
        let slot = (event.verdict.item_id.clone(), event.verdict.rater.clone());
        match newest.get(&slot) {
            Some(known) if (known.at, &known.id) > (event.at, &event.id) => {}
            _ => {
                newest.insert(slot, event);
            }
        }
    }
    Ok(newest)
}

fn refused(problem: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, problem.to_owned()).into_response()
}

fn failed(error: &JournalError) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}
