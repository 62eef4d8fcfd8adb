//! `rehearsal show`: a call as a person reads it.

mod words;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rehearsal_pages::{CallPage, Pitch};
use rehearsal_pipeline::CallAudio;
use rehearsal_pipeline::query::{self, CallView};
use rehearsal_repository::Repository;
use rehearsal_sandbox::AudioSource;
use serde_json::json;

pub(crate) use words::value;

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::print;

/// The calls there are, a page of them.
pub(crate) fn list(
    limit: usize,
    after: Option<&str>,
    file: &PipelineFile,
    json: bool,
) -> Result<Exit> {
    let repository = super::repository(file)?;
    let after = after.map(|text| super::find_call(&repository, text)).transpose()?;
    let calls = query::find_calls(&repository, "", after, limit.saturating_add(1))?;
    let (shown, more) = calls.split_at(calls.len().min(limit));
    if json {
        print::json(&serde_json::to_value(shown)?);
        return Ok(Exit::Done);
    }
    for call in shown {
        print::out(&format!("{}  {}  {} {}", call.id, call.source, call.entry, call.item));
    }
    if let (false, Some(last)) = (more.is_empty(), shown.last()) {
        eprintln!("there are more: rehearsal show --after {}", last.id);
    }
    Ok(Exit::Done)
}

/// A call as text.
pub(crate) fn call(id: &str, file: &PipelineFile, json: bool) -> Result<Exit> {
    let view = find(&super::repository(file)?, id)?;
    if json {
        print::json(&as_json(&view));
    } else {
        print::out(&words::call(&view));
    }
    Ok(Exit::Done)
}

/// A call as a page.
pub(crate) fn page(id: &str, out: &Path, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = Arc::new(super::repository(file)?);
    let view = find(&repository, id)?;
    let pitch = pitch(&repository, &view);
    let place =
        format!("source {}, {} {}", view.record.source, view.record.entry, view.record.item);
    let page = CallPage::new(
        &view.id.to_string(),
        place.trim_end(),
        view.record.redactions.len(),
        &view.record.conversation,
        &view.annotations,
        &pitch,
    );
    std::fs::write(out, page.html()?).with_context(|| format!("cannot write {}", out.display()))?;
    if json {
        print::json(&json!({ "id": view.id.to_string(), "page": out }));
    } else {
        print::out(&format!("{}: the call {}", out.display(), view.id));
    }
    Ok(Exit::Done)
}

/// The pitch of each speaker: of their channel where they have one each, else of the
/// one recording while they talk. A recording that is gone costs the curves, not the page.
fn pitch(repository: &Arc<Repository>, view: &CallView) -> Vec<Pitch> {
    let audio = CallAudio::default();
    audio.attach(Arc::clone(repository));
    let recording = match audio.open(view.id) {
        Ok(Some(recording)) => recording,
        Ok(None) => return Vec::new(),
        Err(reason) => {
            eprintln!("no pitch: {reason}");
            return Vec::new();
        }
    };
    let call = &view.record.conversation;
    let own = usize::from(recording.channels()) == call.participants.len();
    let mut curves = Vec::new();
    for participant in 0..call.participants.len() {
        let channel = if own { u8::try_from(participant).unwrap_or(u8::MAX) } else { 0 };
        match recording.prosody(channel, 0, recording.duration_ms()) {
            Ok(prosody) => {
                let mut hertz = prosody.f0;
                let talks =
                    call.turns.iter().filter(|turn| turn.participant as usize == participant);
                let talks: Vec<_> =
                    talks.filter_map(|turn| turn.start_ms.zip(turn.end_ms)).collect();
                for (frame, f0) in hertz.iter_mut().enumerate() {
                    let at = frame as u32 * prosody.hop_ms;
                    if !talks.iter().any(|(start, end)| (*start..*end).contains(&at)) {
                        *f0 = 0.0;
                    }
                }
                curves.push(Pitch { participant, hop_ms: prosody.hop_ms, hertz });
            }
            Err(reason) => eprintln!("no pitch of channel {channel}: {reason}"),
        }
    }
    curves
}

fn find(repository: &Repository, text: &str) -> Result<CallView> {
    let id = super::find_call(repository, text)?;
    query::show(repository, id)?.ok_or_else(|| WrongUsage(format!("the call {id} is gone")).into())
}

fn as_json(view: &CallView) -> serde_json::Value {
    json!({
        "id": view.id.to_string(),
        "source": view.record.source,
        "entry": view.record.entry,
        "item": view.record.item,
        "media": view.record.media,
        "conversation": view.record.conversation,
        "former": view.record.former.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "originals": view.originals.iter().map(|(file, digest)| (file, digest.to_string()))
            .collect::<std::collections::BTreeMap<_, _>>(),
        "redactions": view.record.redactions,
        "annotations": view.annotations.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "examples": view.examples.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
    })
}
