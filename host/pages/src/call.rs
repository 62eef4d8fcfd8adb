//! A call: who said what when, with what was found in it where it was found.

use rehearsal_model::{Annotation, Conversation, Scope, Tier, Value};
use serde::Serialize;

use crate::ranges::{Range, published_range};
use crate::timeline::Timeline;
use crate::{PageError, clock, render};

/// The pitch of a speaker over the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Pitch {
    /// Index of the participant.
    pub participant: usize,
    /// Milliseconds from value to value.
    pub hop_ms: u32,
    /// Fundamental frequency; 0 where there is no voice.
    pub hertz: Vec<f32>,
}

/// What the page of a call shows.
#[derive(Debug, Serialize)]
pub struct CallPage {
    id: String,
    title: String,
    facts: Vec<(&'static str, String)>,
    participants: Vec<Speaker>,
    turns: Vec<TurnPart>,
    measures: Vec<MeasureGroup>,
    timeline: Option<Timeline>,
}

#[derive(Debug, Serialize)]
struct Speaker {
    name: String,
    role: String,
    organisation: Option<String>,
}

#[derive(Debug, Serialize)]
struct TurnPart {
    index: usize,
    clock: Option<String>,
    speaker: String,
    role: String,
    pieces: Vec<Piece>,
    labels: Vec<LabelPart>,
}

/// A stretch of a turn, with the labels that cover it.
#[derive(Debug, Serialize)]
struct Piece {
    text: String,
    labels: Vec<LabelPart>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct LabelPart {
    name: String,
    value: String,
    extractor: String,
    detail: String,
}

#[derive(Debug, Serialize)]
struct MeasureGroup {
    extractor: String,
    measures: Vec<MeasurePart>,
}

#[derive(Debug, Serialize)]
struct MeasurePart {
    name: String,
    value: String,
    unavailable: Option<String>,
    definition: String,
    range: Option<Range>,
    good: Option<bool>,
    /// Shares of the bar: value, and the range's ends.
    bar: Option<(f64, f64, f64)>,
}

impl CallPage {
    /// Of a call with what extractors said of it. `place` says where it came from.
    #[must_use]
    pub fn new(
        id: &str,
        place: &str,
        call: &Conversation,
        annotations: &[(String, Vec<Annotation>)],
        pitch: &[Pitch],
    ) -> Self {
        let participants = call
            .participants
            .iter()
            .enumerate()
            .map(|(at, who)| Speaker {
                name: who.name.clone().unwrap_or_else(|| format!("Speaker {}", at + 1)),
                role: who.role.name().to_owned(),
                organisation: who.organisation.clone(),
            })
            .collect();
        Self {
            id: id.to_owned(),
            title: call.title.clone().unwrap_or_else(|| "A call".to_owned()),
            facts: facts(place, call),
            participants,
            turns: (0..call.turns.len()).map(|at| turn(call, annotations, at)).collect(),
            measures: measures(annotations),
            timeline: Timeline::new(call, annotations, pitch),
        }
    }

    /// The page.
    ///
    /// # Errors
    /// When the template is at fault.
    pub fn html(&self) -> Result<String, PageError> {
        render("call.html", self)
    }
}

fn facts(place: &str, call: &Conversation) -> Vec<(&'static str, String)> {
    let known = |name: &'static str, value: &Option<String>| Some((name, value.clone()?));
    [
        Some(("from", place.to_owned())),
        known("started", &call.started_at),
        call.duration_ms.map(|ms| ("length", clock(ms))),
        Some(("turns", call.turns.len().to_string())),
        known("account", &call.account),
        known("language", &call.language),
        known("licence", &call.licence),
        known("consent", &call.consent),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn turn(call: &Conversation, annotations: &[(String, Vec<Annotation>)], at: usize) -> TurnPart {
    let turn = &call.turns[at];
    let mut whole = Vec::new();
    let mut spans = Vec::new();
    for (extractor, annotation) in all(annotations) {
        match annotation.scope {
            Scope::Turn(index) if index as usize == at => whole.push(label(extractor, annotation)),
            Scope::Span(index, span) if index as usize == at => {
                spans.push((span.start as usize, span.end as usize, label(extractor, annotation)));
            }
            _ => {}
        }
    }
    // Every border of a span is a border of a piece, so that spans may overlap.
    let (start, end) = (turn.text.start as usize, turn.text.end as usize);
    let mut borders: Vec<usize> = spans.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    borders.extend([start, end]);
    borders.retain(|at| (start..=end).contains(at) && call.text.is_char_boundary(*at));
    borders.sort_unstable();
    borders.dedup();
    let pieces = borders
        .windows(2)
        .map(|pair| Piece {
            text: call.text[pair[0]..pair[1]].to_owned(),
            labels: spans
                .iter()
                .filter(|(from, to, _)| *from <= pair[0] && pair[1] <= *to)
                .map(|(_, _, label)| label.clone())
                .collect(),
        })
        .collect();
    whole.extend(spans.into_iter().map(|(_, _, label)| label));
    whole.dedup();
    TurnPart {
        index: at,
        clock: turn.start_ms.map(clock),
        speaker: call
            .speaker(turn)
            .and_then(|who| who.name.clone())
            .unwrap_or_else(|| format!("Speaker {}", turn.participant + 1)),
        role: call.role(turn).name().to_owned(),
        pieces,
        labels: whole.into_iter().filter(|label| !label.value.is_empty()).collect(),
    }
}

fn all(annotations: &[(String, Vec<Annotation>)]) -> impl Iterator<Item = (&str, &Annotation)> {
    annotations.iter().flat_map(|(extractor, annotations)| {
        annotations.iter().map(move |annotation| (extractor.as_str(), annotation))
    })
}

fn label(extractor: &str, annotation: &Annotation) -> LabelPart {
    let (value, sure) = match &annotation.value {
        Value::Label(label) => {
            let tier = tier(label.tier);
            (label.name.clone(), format!(", {tier}, confidence {:.2}", label.confidence))
        }
        Value::Unavailable(reason) => (String::new(), format!(", unavailable: {reason}")),
        value => (in_words(value), String::new()),
    };
    LabelPart {
        name: annotation.name.clone(),
        value,
        extractor: extractor.to_owned(),
        detail: format!("{extractor}, {}{sure}, rule {}", annotation.definition, annotation.rule),
    }
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Measure => "measured",
        Tier::Cue => "by cue",
        Tier::Learned => "learned",
        Tier::Llm => "by a language model",
        Tier::Expert => "by an expert",
    }
}

fn measures(annotations: &[(String, Vec<Annotation>)]) -> Vec<MeasureGroup> {
    let of_call = |annotations: &[Annotation]| -> Vec<MeasurePart> {
        annotations
            .iter()
            .filter(|annotation| annotation.scope == Scope::Conversation)
            .map(measure)
            .collect()
    };
    annotations
        .iter()
        .map(|(extractor, annotations)| MeasureGroup {
            extractor: extractor.clone(),
            measures: of_call(annotations),
        })
        .filter(|group| !group.measures.is_empty())
        .collect()
}

fn measure(annotation: &Annotation) -> MeasurePart {
    let number = match &annotation.value {
        Value::Number(number) => Some(*number),
        _ => None,
    };
    let range = published_range(&annotation.definition);
    let unavailable = match &annotation.value {
        Value::Unavailable(reason) => Some(reason.clone()),
        _ => None,
    };
    let good = range.as_ref().zip(number).map(|(range, value)| range.holds(value));
    let bar = range.as_ref().zip(number).map(|(range, value)| {
        // The bar ends a third beyond the farthest of value and range.
        let high = range.high.unwrap_or(f64::NEG_INFINITY);
        let low = range.low.unwrap_or(0.0);
        let most = high.max(low).max(value).max(f64::MIN_POSITIVE) * 4.0 / 3.0;
        let share = |value: f64| (value / most * 100.0).clamp(0.0, 100.0);
        (share(value), share(low), if high.is_finite() { share(high) } else { 100.0 })
    });
    MeasurePart {
        name: annotation.name.replace('_', " "),
        value: in_words(&annotation.value),
        unavailable,
        definition: annotation.definition.clone(),
        range,
        good,
        bar,
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
            format!("{number:.0}")
        }
        Value::Number(number) if number.abs() >= 100.0 => format!("{number:.0}"),
        Value::Number(number) => format!("{number:.2}"),
        Value::Text(text) => text.clone(),
        Value::Label(label) => label.name.clone(),
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Unavailable(_) => String::new(),
    }
}
