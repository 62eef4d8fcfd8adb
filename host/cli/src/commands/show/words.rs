//! A call as text for a terminal: who said what when, what was found in it under the
//! words it was found in, measures beside what is published about them.

use std::collections::BTreeMap;

use rehearsal_model::benchmark::{Benchmark, benchmarks};
use rehearsal_model::{Annotation, Conversation, Scope, Value};
use rehearsal_pages::{measure_name, place, range_text};
use rehearsal_pipeline::query::CallView;

use crate::print;

/// Lines are no longer than this, where the words allow it.
const WIDTH: usize = 92;
/// Column of what was said.
const SAID: usize = 8;
/// Characters of a quoted span.
const QUOTED: usize = 60;

pub(super) fn call(view: &CallView) -> String {
    let mut lines = head(view);
    for index in 0..view.record.conversation.turns.len() {
        lines.push(String::new());
        turn(view, index, &mut lines);
    }
    measures(view, &mut lines);
    for (path, examples) in view.examples.iter().filter(|(_, examples)| !examples.is_empty()) {
        lines.push(String::new());
        lines.push(format!("{path}: {} examples; `rehearsal explain ID`", examples.len()));
        lines.extend(examples.iter().map(|one| format!("  {path}/{}/{}", view.id, one.key)));
    }
    lines.join("\n")
}

fn head(view: &CallView) -> Vec<String> {
    let record = &view.record;
    let call = &record.conversation;
    let mut lines = vec![call.title.clone().unwrap_or_else(|| "A call".to_owned())];
    let length = call.duration_ms.map(|ms| print::clock(ms.into()));
    let turns = Some(format!("{} turns", call.turns.len()));
    let facts = [length, turns, call.started_at.clone(), call.licence.clone()];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    lines.push(format!("{}  {}", view.id, facts.join(", ")));
    lines.push(format!("source `{}`, {} {}", record.source, record.entry, record.item));
    lines.extend(call.position.as_ref().map(|at| format!("stands at {at}")));
    let read = view.originals.iter();
    lines.extend(read.map(|(file, digest)| format!("read from {file}, blake3 {digest}")));
    if let Some(replaced) = record.former.last() {
        let versions = record.former.len();
        lines.push(format!("replaces {versions} former versions, the last {replaced}"));
    }
    if !record.redactions.is_empty() {
        lines.push(format!("{} passages are pseudonyms", record.redactions.len()));
    }
    for who in &call.participants {
        let name = who.name.as_deref().unwrap_or("somebody");
        let of = who.organisation.as_ref().map(|of| format!(", {of}")).unwrap_or_default();
        lines.push(format!("  {name} ({}{of})", who.role.name()));
    }
    lines
}

fn turn(view: &CallView, index: usize, lines: &mut Vec<String>) {
    let call = &view.record.conversation;
    let turn = &call.turns[index];
    let time = turn.start_ms.map_or(String::new(), |ms| print::clock(ms.into()));
    let named = call.speaker(turn).and_then(|speaker| speaker.name.clone());
    let role = call.role(turn).name();
    let who = named.map_or_else(|| role.to_owned(), |name| format!("{name} ({role})"));
    lines.push(format!("{time:>6}  {who}"));
    lines.extend(wrapped(call.turn_text(turn), SAID));
    for (extractor, annotations) in &view.annotations {
        let here = annotations.iter().filter(|one| one.scope.turn() == Some(index as u32));
        for annotation in here {
            if let Some(finding) = finding(call, extractor, annotation) {
                lines.push(format!("{:SAID$}  ┊ {finding}", ""));
            }
        }
    }
}

/// None for what could not be had: that is told once a call, below the measures.
fn finding(call: &Conversation, extractor: &str, annotation: &Annotation) -> Option<String> {
    if matches!(annotation.value, Value::Unavailable(_)) {
        return None;
    }
    let said = match annotation.scope {
        Scope::Span(_, span) => format!(" “{}”", shortened(call.slice(span))),
        _ => String::new(),
    };
    let name = annotation.name.replace('_', " ");
    Some(format!("{name}: {}{said}  [{extractor}]", value(&annotation.value)))
}

fn measures(view: &CallView, lines: &mut Vec<String>) {
    for (extractor, annotations) in &view.annotations {
        let of_call: Vec<&Annotation> =
            annotations.iter().filter(|one| one.scope == Scope::Conversation).collect();
        let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut rows = Vec::new();
        for annotation in of_call {
            let name = measure_name(&view.record.conversation, annotation);
            match &annotation.value {
                Value::Unavailable(reason) => missing.entry(reason).or_default().push(name),
                Value::Number(number) => {
                    let beside = published(&annotation.definition, *number);
                    rows.push(format!("  {name:<36} {:>9}  {beside}", value(&annotation.value)));
                }
                other => rows.push(format!("  {name:<36} {:>9}", value(other))),
            }
        }
        if rows.is_empty() && missing.is_empty() {
            continue;
        }
        lines.push(String::new());
        lines.push(extractor.clone());
        lines.extend(rows.iter().map(|row| row.trim_end().to_owned()));
        for (reason, names) in missing {
            lines.extend(wrapped(&format!("unavailable, {reason}: {}", names.join(", ")), 2));
        }
    }
}

/// What is published about a measure, and where a value lies to it.
fn published(definition: &str, value: f64) -> String {
    let all: Vec<String> = benchmarks(definition).map(|one| beside(one, value)).collect();
    all.join("; ")
}

fn beside(one: &Benchmark, value: f64) -> String {
    format!("{} {} ({}; {})", place(one, value), range_text(one), one.of, one.source)
}

/// What an annotation says, for a line of text.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
            format!("{number:.0}")
        }
        Value::Number(number) => format!("{number:.3}"),
        Value::Text(text) => text.clone(),
        Value::Label(label) => format!("{} ({:.2})", label.name, label.confidence),
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Unavailable(reason) => format!("unavailable: {reason}"),
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Lines of whole words behind a margin.
fn wrapped(text: &str, margin: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > WIDTH - margin {
            lines.push(format!("{:margin$}{line}", ""));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(format!("{:margin$}{line}", ""));
    lines
}

#[cfg(test)]
mod tests {
    use super::{published, wrapped};

    #[test]
    fn long_turns_are_broken_between_words() {
        let text = "word ".repeat(40);
        let lines = wrapped(&text, 8);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= 92));
        assert_eq!(lines.join(" ").split_whitespace().count(), 40);
        assert_eq!(wrapped(&"x".repeat(200), 8).len(), 1);
    }

    #[test]
    fn a_measure_stands_beside_what_is_published() {
        let beside = published("monologue.time@1", 80.0);
        assert_eq!(beside, "above 76 or less (seconds; Demodesk (n = 328))");
        assert_eq!(published("nothing@1", 1.0), "");
    }
}
