//! A call as raters see it.

use std::collections::BTreeMap;

use rehearsal_model::{Annotation, Body, Conversation, Example, Scope, Tier, Value};
use serde::Serialize;
use serde_json::Value as Json;

use crate::Sound;

/// A call of the batch.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// As verdicts name it.
    pub item_id: String,
    /// For people.
    pub title: String,
    /// What verdicts on it are samples of.
    pub slices: BTreeMap<String, String>,
    /// In order.
    pub turns: Vec<Spoken>,
    /// What models said of its turns: shown to raters who are not blind.
    pub findings: Vec<TurnFinding>,
    /// What a coach would say: shown to raters who are not blind.
    pub suggestions: Vec<Suggestion>,
    /// The recording.
    pub recording: Option<Sound>,
}

/// A turn.
#[derive(Debug, Clone, Serialize)]
pub struct Spoken {
    /// The speaker's name, or side.
    pub who: String,
    /// `seller`, `prospect`, `other`, `unknown`.
    pub side: &'static str,
    /// What was said.
    pub text: String,
    /// Milliseconds.
    pub start_ms: Option<u32>,
}

/// A label of a model at its place.
#[derive(Debug, Clone, Serialize)]
pub struct TurnFinding {
    /// The turn.
    pub turn: u32,
    /// Where in the turn, in UTF-16 units as browsers count; none for all of it.
    pub span: Option<(usize, usize)>,
    /// What was looked at: `nepq`.
    pub name: String,
    /// What was found.
    pub label: String,
    /// How: `cue`, `learned`, `llm`.
    pub tier: &'static str,
    /// Calibrated probability, where there is one.
    pub confidence: Option<f32>,
}

/// A line that a coach suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The turn that it is about.
    pub turn: u64,
    /// What to say instead.
    pub text: String,
}

impl Sheet {
    /// Of a call with what was said of it.
    pub fn new<'a>(
        item_id: String,
        slices: BTreeMap<String, String>,
        call: &Conversation,
        annotations: impl Iterator<Item = &'a Annotation>,
        examples: impl Iterator<Item = &'a Example>,
        recording: Option<Sound>,
    ) -> Self {
        let turns = call.turns.iter().map(|turn| {
            let side = call.role(turn).name();
            let name = call.speaker(turn).and_then(|speaker| speaker.name.clone());
            Spoken {
                who: name.unwrap_or_else(|| side.to_owned()),
                side,
                text: call.turn_text(turn).to_owned(),
                start_ms: turn.start_ms,
            }
        });
        let mut suggestions: Vec<Suggestion> = examples.flat_map(suggestions_of).collect();
        suggestions.sort_by(|a, b| (a.turn, &a.text).cmp(&(b.turn, &b.text)));
        suggestions.dedup();
        Self {
            title: call.title.clone().unwrap_or_else(|| item_id.chars().take(8).collect()),
            item_id,
            slices,
            turns: turns.collect(),
            findings: annotations.filter_map(|annotation| finding(call, annotation)).collect(),
            suggestions,
            recording,
        }
    }
}

fn finding(call: &Conversation, annotation: &Annotation) -> Option<TurnFinding> {
    let turn = annotation.scope.turn()?;
    let (label, tier, confidence) = match &annotation.value {
        Value::Label(label) => (label.name.clone(), label.tier, Some(label.confidence)),
        Value::Flag(true) => (String::new(), Tier::Cue, None),
        _ => return None,
    };
    let span = match annotation.scope {
        Scope::Span(_, span) => {
            let start = call.turns.get(turn as usize)?.text.start as usize;
            let units = |to: u32| {
                let text = call.text.get(start..to as usize)?;
                Some(text.encode_utf16().count())
            };
            Some((units(span.start)?, units(span.end)?))
        }
        _ => None,
    };
    let tier = match tier {
        Tier::Measure => "measure",
        Tier::Cue => "cue",
        Tier::Learned => "learned",
        Tier::Llm => "llm",
        Tier::Expert => "expert",
    };
    Some(TurnFinding { turn, span, name: annotation.name.clone(), label, tier, confidence })
}

/// Suggestions of a critique: an answer that names a turn and a suggestion, by itself or
/// in a list of gaps.
fn suggestions_of(example: &Example) -> Vec<Suggestion> {
    let Body::Critique { completion, .. } = &example.body else { return Vec::new() };
    let Ok(answer) = serde_json::from_str::<Json>(completion) else { return Vec::new() };
    let gaps = answer["gaps"].as_array().into_iter().flatten();
    std::iter::once(&answer)
        .chain(gaps)
        .filter_map(|gap| {
            let text = gap["suggestion"].as_str()?.to_owned();
            Some(Suggestion { turn: gap["turn"].as_u64()?, text })
        })
        .collect()
}
