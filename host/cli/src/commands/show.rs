//! `rehearsal show`: a call as a person reads it.

use anyhow::Result;
use rehearsal_model::{Annotation, Scope, Value};
use rehearsal_pipeline::query::{self, CallView};
use rehearsal_repository::Repository;
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::print;

/// Calls in a list.
const LISTED: usize = 200;

pub(crate) fn run(id: Option<&str>, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = super::repository(file)?;
    let Some(text) = id else {
        list(&query::find_calls(&repository, "", LISTED)?, json)?;
        return Ok(Exit::Done);
    };
    let view = find(&repository, text)?;
    if json {
        print::json(&as_json(&view));
    } else {
        print::out(&in_words(&view));
    }
    Ok(Exit::Done)
}

fn list(calls: &[query::CallLine], json: bool) -> Result<()> {
    if json {
        print::json(&serde_json::to_value(calls)?);
    }
    for call in calls.iter().filter(|_| !json) {
        print::out(&format!("{}  {}  {} {}", call.id, call.source, call.entry, call.item));
    }
    Ok(())
}

fn find(repository: &Repository, text: &str) -> Result<CallView> {
    let found = query::find_calls(repository, text, 2)?;
    let [line] = found.as_slice() else {
        let problem = if found.is_empty() { "no call" } else { "more than one call" };
        let message = format!("{problem} begins with `{text}`; `rehearsal show` lists them");
        return Err(WrongUsage(message).into());
    };
    let id = line.id.parse()?;
    query::show(repository, id)?
        .ok_or_else(|| WrongUsage(format!("the call {} is gone", line.id)).into())
}

fn in_words(view: &CallView) -> String {
    let call = &view.record.conversation;
    let mut lines = vec![format!("{}  {}", view.id, call.title.as_deref().unwrap_or(""))];
    lines.push(format!("  source `{}`, {}", view.record.source, view.record.entry));
    if let Some(position) = &call.position {
        lines.push(format!("  stands at {position}"));
    }
    for (file, digest) in &view.originals {
        lines.push(format!("  read from {file}, blake3 {digest}"));
    }
    if let Some(replaced) = view.record.former.last() {
        let versions = view.record.former.len();
        lines.push(format!("  replaces {versions} former versions, the last {replaced}"));
    }
    let of = |extractor: &str, scope: &dyn Fn(&Scope) -> bool| -> Vec<String> {
        view.annotations
            .iter()
            .filter(|(id, _)| id == extractor)
            .flat_map(|(_, annotations)| annotations)
            .filter(|annotation| scope(&annotation.scope))
            .map(short)
            .collect()
    };
    for (index, turn) in call.turns.iter().enumerate() {
        let time = turn.start_ms.map_or(String::new(), |ms| print::clock(ms.into()));
        let who = call
            .speaker(turn)
            .and_then(|speaker| speaker.name.clone())
            .unwrap_or_else(|| call.role(turn).name().to_owned());
        lines.push(format!("{time:>6} {who}: {}", call.turn_text(turn)));
        for (extractor, _) in &view.annotations {
            let labels = of(extractor, &|scope| scope.turn() == Some(index as u32));
            if !labels.is_empty() {
                lines.push(format!("         [{extractor}] {}", labels.join("; ")));
            }
        }
    }
    for (extractor, _) in &view.annotations {
        let measures = of(extractor, &|scope| *scope == Scope::Conversation);
        if !measures.is_empty() {
            lines.push(format!("{extractor}:\n  {}", measures.join("\n  ")));
        }
    }
    for (path, examples) in &view.examples {
        lines.push(format!("{path}: {} examples", examples.len()));
        for example in examples {
            lines.push(format!("  {path}/{}/{}", view.id, example.key));
        }
    }
    lines.join("\n")
}

fn short(annotation: &Annotation) -> String {
    format!("{} = {}", annotation.name, value(&annotation.value))
}

/// What an annotation says, for a line of text.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{number:.3}"),
        Value::Text(text) => text.clone(),
        Value::Label(label) => format!("{} ({:.2})", label.name, label.confidence),
        Value::Flag(flag) => flag.to_string(),
        Value::Unavailable(reason) => format!("unavailable: {reason}"),
    }
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
        "annotations": view.annotations.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "examples": view.examples.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
    })
}
