//! Measures of a call, beside what is published about them.

use std::collections::BTreeMap;

use rehearsal_model::benchmark::{Benchmark, benchmarks};
use rehearsal_model::{Annotation, Conversation, Scope, Value};
use serde::Serialize;

use crate::number;

/// What one extractor measured.
#[derive(Debug, Serialize)]
pub(crate) struct MeasureGroup {
    extractor: String,
    /// Those with published ranges first.
    measures: Vec<Measure>,
    /// Reasons, with the measures that cannot be had for them.
    missing: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Serialize)]
struct Measure {
    name: String,
    value: String,
    definition: String,
    gauges: Vec<Gauge>,
}

/// A value on a scale with a published range, in percent of the scale.
#[derive(Debug, Serialize)]
struct Gauge {
    at: f64,
    from: f64,
    to: f64,
    place: &'static str,
    range: String,
    of: &'static str,
    source: &'static str,
}

pub(crate) fn groups(
    call: &Conversation,
    annotations: &[(String, Vec<Annotation>)],
) -> Vec<MeasureGroup> {
    let group = |(extractor, annotations): &(String, Vec<Annotation>)| {
        let of_call = || annotations.iter().filter(|one| one.scope == Scope::Conversation);
        let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for annotation in of_call() {
            if let Value::Unavailable(reason) = &annotation.value {
                let names = missing.entry(reason).or_default();
                let name = annotation.name.replace('_', " ");
                // One reason holds for both speakers.
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut measures: Vec<Measure> = of_call().filter_map(|one| measure(call, one)).collect();
        measures.sort_by_key(|measure| measure.gauges.is_empty());
        MeasureGroup {
            extractor: extractor.clone(),
            measures,
            missing: missing.into_iter().map(|(why, names)| (why.to_owned(), names)).collect(),
        }
    };
    let groups = annotations.iter().map(group);
    groups.filter(|group| !group.measures.is_empty() || !group.missing.is_empty()).collect()
}

fn measure(call: &Conversation, annotation: &Annotation) -> Option<Measure> {
    let (value, gauges) = match &annotation.value {
        Value::Number(value) => (number(*value), gauges(&annotation.definition, *value)),
        Value::Text(text) => (text.clone(), Vec::new()),
        Value::Label(label) => (label.name.replace('_', " "), Vec::new()),
        Value::Flag(flag) => (if *flag { "yes" } else { "no" }.to_owned(), Vec::new()),
        Value::Unavailable(_) => return None,
    };
    let name = measure_name(call, annotation);
    Some(Measure { name, value, definition: annotation.definition.clone(), gauges })
}

/// One scale for all ranges of a measure: from 0 to a third beyond the farthest end.
fn gauges(definition: &str, value: f64) -> Vec<Gauge> {
    let ends = benchmarks(definition).flat_map(|one| [one.range.0, one.range.1]).flatten();
    let most = ends.fold(value, f64::max).max(f64::MIN_POSITIVE) * 4.0 / 3.0;
    let share = |value: f64| (value / most * 100.0).clamp(0.0, 100.0);
    let gauge = |one: &Benchmark| Gauge {
        at: share(value),
        from: share(one.range.0.unwrap_or(0.0)),
        to: one.range.1.map_or(100.0, share),
        place: place(one, value),
        range: range_text(one),
        of: one.of,
        source: one.source,
    };
    benchmarks(definition).map(gauge).collect()
}

/// What a measure of a call is called: with the speaker where each has one of their own.
#[must_use]
pub fn measure_name(call: &Conversation, annotation: &Annotation) -> String {
    let name = annotation.name.replace('_', " ");
    let speaker = annotation.rule.strip_prefix("speaker ").and_then(|at| at.parse::<usize>().ok());
    match speaker.and_then(|at| Some((at, call.participants.get(at)?))) {
        Some((at, who)) => {
            let speaker = format!("speaker {}", at + 1);
            format!("{name}, {}", who.name.as_deref().unwrap_or(&speaker))
        }
        None => name,
    }
}

/// Where a value lies to a published range.
#[must_use]
pub fn place(published: &Benchmark, value: f64) -> &'static str {
    match published.range {
        (Some(low), _) if value < low => "below",
        (_, Some(high)) if value > high => "above",
        _ => "within",
    }
}

/// A published range in words.
#[must_use]
pub fn range_text(published: &Benchmark) -> String {
    match published.range {
        (Some(low), Some(high)) if low == high => format!("{low}"),
        (Some(low), Some(high)) => format!("{low}–{high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("{high} or less"),
        (None, None) => String::new(),
    }
}
