//! `rehearsal explain`: an example back to the turns, times, plugins and rules.

use anyhow::Result;
use rehearsal_model::{ExampleId, Verdict};
use rehearsal_pipeline::query::{Explanation, explain};
use serde_json::{Value, json};

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::print;

pub(crate) fn run(example: &str, file: &PipelineFile, json: bool) -> Result<Exit> {
    // The two rows made of a preference pair are the pair's.
    let pair = ["#chosen", "#rejected"].into_iter().find_map(|end| example.strip_suffix(end));
    let id: ExampleId = pair.unwrap_or(example).parse().map_err(|error| {
        WrongUsage(format!("`{example}`: {error}; take the `id` column of a row"))
    })?;
    let repository = super::repository(file)?;
    let Some(found) = explain(&repository, &id)? else {
        return Err(WrongUsage(format!("there is no example `{example}` in the repository")).into());
    };
    if json {
        print::json(&as_json(&found));
    } else {
        print::out(&in_words(&found));
    }
    Ok(Exit::Done)
}

fn in_words(found: &Explanation) -> String {
    let call = &found.call.conversation;
    let mut lines = vec![
        format!("example {}", found.id),
        format!("  made by path `{}`, component {}", found.id.path, found.component),
        format!("  because {}", found.example.because.join("; ")),
        format!("  licence {}", call.licence.as_deref().unwrap_or("unknown")),
        format!("from call {}", found.id.conversation),
        format!("  source `{}`, entry {}", found.call.source, found.call.entry),
    ];
    if let Some(position) = &call.position {
        lines.push(format!("  at {position}"));
    }
    if let Some(media) = &found.call.media {
        lines.push(format!("  recording {} ({})", media.path, media.fingerprint));
    }
    lines.push("turns".to_owned());
    for index in &found.example.turns {
        let Some(turn) = call.turns.get(*index as usize) else { continue };
        let time = match (turn.start_ms, turn.end_ms) {
            (Some(start), Some(end)) => format!("{start}-{end} ms "),
            (Some(start), None) => format!("from {start} ms "),
            _ => String::new(),
        };
        let role = call.role(turn).name();
        lines.push(format!("  {index:>3} {time}{role}: {}", call.turn_text(turn)));
    }
    if !found.annotations.is_empty() {
        lines.push("annotations on them".to_owned());
    }
    for (stage, component, annotation) in &found.annotations {
        let turn = annotation.scope.turn().unwrap_or_default();
        let value = super::show::value(&annotation.value);
        lines.push(format!(
            "  {turn:>3} {} = {value} ({}, rule {}, {stage} {component:?})",
            annotation.name, annotation.definition, annotation.rule
        ));
    }
    for (validator, verdict) in &found.verdicts {
        let verdict = match verdict {
            Verdict::Accept => "accepted".to_owned(),
            Verdict::Reject(finding) => format!("rejected, {}: {}", finding.check, finding.reason),
            Verdict::Flag(finding) => format!("flagged, {}: {}", finding.check, finding.reason),
        };
        lines.push(format!("validator {validator}: {verdict}"));
    }
    lines.join("\n")
}

fn as_json(found: &Explanation) -> Value {
    let call = &found.call.conversation;
    let turns: Vec<Value> = found
        .example
        .turns
        .iter()
        .filter_map(|index| Some((index, call.turns.get(*index as usize)?)))
        .map(|(index, turn)| {
            json!({
                "turn": index,
                "start_ms": turn.start_ms,
                "end_ms": turn.end_ms,
                "role": call.role(turn).name(),
                "text": call.turn_text(turn),
            })
        })
        .collect();
    let annotations: Vec<Value> = found
        .annotations
        .iter()
        .map(|(stage, component, annotation)| {
            json!({ "stage": stage, "component": component.to_string(), "annotation": annotation })
        })
        .collect();
    json!({
        "id": found.id.to_string(),
        "path": found.id.path,
        "component": found.component.to_string(),
        "because": found.example.because,
        "licence": call.licence,
        "conversation": found.id.conversation.to_string(),
        "source": found.call.source,
        "entry": found.call.entry,
        "position": call.position,
        "recording": found.call.media,
        "turns": turns,
        "annotations": annotations,
        "verdicts": found.verdicts,
    })
}
