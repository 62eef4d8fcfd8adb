//! A call: who said what when, with what was found in it where it was found.

use rehearsal_model::{Annotation, Conversation, Scope, Tier, Turn, Value};
use serde::Serialize;

use crate::measure::{MeasureGroup, groups};
use crate::timeline::Timeline;
use crate::{PageError, clock, hue, number, render};

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
    /// Whether shares of talk are of time; else of words.
    timed: bool,
    extractors: Vec<(String, usize)>,
    turns: Vec<TurnPart>,
    measures: Vec<MeasureGroup>,
    timeline: Option<Timeline>,
}

#[derive(Debug, Serialize)]
struct Speaker {
    name: String,
    role: String,
    organisation: Option<String>,
    /// Of all talk, in percent.
    share: f64,
    turns: usize,
}

#[derive(Debug, Serialize)]
struct TurnPart {
    index: usize,
    clock: Option<String>,
    /// None where the same person goes on.
    speaker: Option<String>,
    role: String,
    pieces: Vec<Piece>,
    labels: Vec<LabelPart>,
    /// Numbers of the turn: name and value.
    numbers: Vec<(String, String)>,
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
    confidence: Option<String>,
    hue: usize,
    detail: String,
}

impl CallPage {
    /// Of a call with what extractors said of it. `place` says where it came from,
    /// `pseudonyms` how many passages were replaced.
    #[must_use]
    pub fn new(
        id: &str,
        place: &str,
        pseudonyms: usize,
        call: &Conversation,
        annotations: &[(String, Vec<Annotation>)],
        pitch: &[Pitch],
    ) -> Self {
        let (participants, timed) = speakers(call);
        let on_turns = |of: &[Annotation]| {
            of.iter().any(|a| a.scope.turn().is_some() && !matches!(a.value, Value::Unavailable(_)))
        };
        let extractors = annotations.iter().enumerate().filter(|(_, (_, of))| on_turns(of));
        Self {
            id: id.to_owned(),
            title: call.title.clone().unwrap_or_else(|| "A call".to_owned()),
            facts: facts(place, pseudonyms, call),
            participants,
            timed,
            extractors: extractors.map(|(at, (name, _))| (name.clone(), hue(at))).collect(),
            turns: (0..call.turns.len()).map(|at| turn(call, annotations, at)).collect(),
            measures: groups(call, annotations),
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

fn facts(place: &str, pseudonyms: usize, call: &Conversation) -> Vec<(&'static str, String)> {
    let known = |name: &'static str, value: &Option<String>| Some((name, value.clone()?));
    let replaced = || Some(("pseudonyms", format!("{pseudonyms} passages")));
    [
        call.duration_ms.map(|ms| ("length", clock(ms))),
        Some(("turns", call.turns.len().to_string())),
        known("started", &call.started_at),
        known("account", &call.account),
        known("language", &call.language),
        known("licence", &call.licence),
        known("consent", &call.consent),
        if pseudonyms > 0 { replaced() } else { None },
        Some(("from", place.to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Participants with their share of talk: of time where every turn has times.
fn speakers(call: &Conversation) -> (Vec<Speaker>, bool) {
    let time = |turn: &Turn| Some(f64::from(turn.end_ms?.saturating_sub(turn.start_ms?)));
    let words = |turn: &Turn| call.turn_text(turn).split_whitespace().count() as f64;
    let timed = !call.turns.is_empty() && call.turns.iter().all(|turn| time(turn).is_some());
    let amount = |turn: &Turn| if timed { time(turn).unwrap_or_default() } else { words(turn) };
    let all: f64 = call.turns.iter().map(amount).sum();
    let speaker = |(at, who): (usize, &rehearsal_model::Participant)| {
        let own: Vec<&Turn> =
            call.turns.iter().filter(|turn| turn.participant as usize == at).collect();
        Speaker {
            name: who.name.clone().unwrap_or_else(|| format!("Speaker {}", at + 1)),
            role: who.role.name().to_owned(),
            organisation: who.organisation.clone(),
            share: own.iter().map(|turn| amount(turn)).sum::<f64>() / all.max(1.0) * 100.0,
            turns: own.len(),
        }
    };
    (call.participants.iter().enumerate().map(speaker).collect(), timed)
}

fn turn(call: &Conversation, annotations: &[(String, Vec<Annotation>)], at: usize) -> TurnPart {
    let turn = &call.turns[at];
    let mut labels: Vec<LabelPart> = Vec::new();
    let mut numbers = Vec::new();
    let mut spans = Vec::new();
    for (extractor, (id, annotations)) in annotations.iter().enumerate() {
        let here = annotations.iter().filter(|a| a.scope.turn() == Some(at as u32));
        for annotation in here {
            if let Value::Number(value) = annotation.value {
                numbers.push((annotation.name.replace('_', " "), number(value)));
                continue;
            }
            let Some(label) = label(id, hue(extractor), annotation) else { continue };
            if let Scope::Span(_, span) = annotation.scope {
                spans.push((span.start as usize, span.end as usize, label.clone()));
            }
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
    let before = at.checked_sub(1).map(|before| call.turns[before].participant);
    let name = || {
        let named = call.speaker(turn).and_then(|who| who.name.clone());
        named.unwrap_or_else(|| format!("Speaker {}", turn.participant + 1))
    };
    TurnPart {
        index: at,
        clock: turn.start_ms.map(clock),
        speaker: (before != Some(turn.participant)).then(name),
        role: call.role(turn).name().to_owned(),
        pieces: pieces(call, turn, &spans),
        labels,
        numbers,
    }
}

/// Every border of a span is a border of a piece, so that spans may overlap.
fn pieces(call: &Conversation, turn: &Turn, spans: &[(usize, usize, LabelPart)]) -> Vec<Piece> {
    let (start, end) = (turn.text.start as usize, turn.text.end as usize);
    let mut borders: Vec<usize> = spans.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    borders.extend([start, end]);
    borders.retain(|at| (start..=end).contains(at) && call.text.is_char_boundary(*at));
    borders.sort_unstable();
    borders.dedup();
    let piece = |pair: &[usize]| {
        let covering = spans.iter().filter(|(from, to, _)| *from <= pair[0] && pair[1] <= *to);
        Piece {
            text: call.text[pair[0]..pair[1]].to_owned(),
            labels: covering.map(|(_, _, label)| label.clone()).collect(),
        }
    };
    borders.windows(2).map(piece).collect()
}

/// None for what was not found or could not be had.
fn label(extractor: &str, hue: usize, annotation: &Annotation) -> Option<LabelPart> {
    let (value, confidence, sure) = match &annotation.value {
        Value::Label(label) => {
            let confidence = format!("{:.2}", label.confidence);
            let sure = format!(", {}, confidence {confidence}", tier(label.tier));
            (label.name.replace('_', " "), Some(confidence), sure)
        }
        Value::Text(text) => (text.clone(), None, String::new()),
        Value::Flag(true) => (String::new(), None, String::new()),
        Value::Flag(false) | Value::Number(_) | Value::Unavailable(_) => return None,
    };
    Some(LabelPart {
        name: annotation.name.replace('_', " "),
        value,
        confidence,
        hue,
        detail: format!("{extractor}, {}{sure}, rule {}", annotation.definition, annotation.rule),
    })
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
