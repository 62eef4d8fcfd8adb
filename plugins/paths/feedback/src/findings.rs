//! The annotations of a call by turn, those left out that are too unsure to learn from.

use std::collections::BTreeMap;

use rehearsal_sdk::prelude::*;

pub(crate) const NEPQ: &str = "nepq";
pub(crate) const TECHNIQUE: &str = "technique";
pub(crate) const OBJECTION: &str = "objection";
pub(crate) const MOVE: &str = "objection_move";
pub(crate) const LISTENING: &str = "listening";

/// Names of annotations that the path reads.
pub(crate) const READS: &[&str] = &[
    NEPQ,
    TECHNIQUE,
    OBJECTION,
    MOVE,
    LISTENING,
    "talk_ratio",
    "talk_ratio_of_words",
    "longest_monologue",
    "open_questions",
    "nepq_coverage",
    "nepq_order",
];

/// A class that a turn carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) turn: u32,
    pub(crate) label: String,
    pub(crate) confidence: f32,
    /// What it rests on, as rows say it: a trainer trusts a cue less than an expert.
    pub(crate) tier: &'static str,
    /// For `because`: `nepq.cues@1: consequence in turn 14 (consequence.if_nothing)`.
    pub(crate) evidence: String,
    pub(crate) related: Vec<u32>,
}

/// What was found in a call.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// By annotation name, in the order of turns; one a turn and class.
    labels: BTreeMap<String, Vec<Found>>,
    /// Measures of the call that could be had.
    numbers: BTreeMap<String, (f64, String)>,
}

impl Findings {
    pub(crate) fn of(annotations: &[Annotation], min_confidence: f32) -> Self {
        let mut findings = Self::default();
        for annotation in annotations {
            match (&annotation.value, annotation.scope) {
                (Value::Number(number), Scope::Conversation) => {
                    let known = (*number, annotation.definition.clone());
                    findings.numbers.entry(annotation.name.clone()).or_insert(known);
                }
                (Value::Label(label), Scope::Turn(turn) | Scope::Span((turn, _)))
                    if label.confidence >= min_confidence =>
                {
                    findings.add(annotation, label, turn);
                }
                _ => {}
            }
        }
        for found in findings.labels.values_mut() {
            found.sort_by(|a, b| (a.turn, &a.label).cmp(&(b.turn, &b.label)));
        }
        findings
    }

    fn add(&mut self, annotation: &Annotation, label: &Label, turn: u32) {
        let found = Found {
            turn,
            label: label.name.clone(),
            confidence: label.confidence,
            tier: tier(label.tier),
            evidence: format!(
                "{}: {} in turn {turn} ({})",
                annotation.definition, label.name, annotation.rule
            ),
            related: annotation.related_turns.clone(),
        };
        let all = self.labels.entry(annotation.name.clone()).or_default();
        // Two spans of a turn, or two tiers: the surer one stands for the turn.
        match all.iter_mut().find(|one| one.turn == turn && one.label == found.label) {
            Some(known) if known.confidence >= found.confidence => {}
            Some(known) => *known = found,
            None => all.push(found),
        }
    }

    /// All findings of this name, in the order of turns.
    pub(crate) fn all(&self, name: &str) -> &[Found] {
        self.labels.get(name).map_or(&[], Vec::as_slice)
    }

    /// Those of one class.
    pub(crate) fn of_label<'a>(
        &'a self,
        name: &str,
        label: &'a str,
    ) -> impl Iterator<Item = &'a Found> + use<'a> {
        self.all(name).iter().filter(move |found| found.label == label)
    }

    /// Classes of this name that a turn carries.
    pub(crate) fn at(&self, name: &str, turn: u32) -> impl Iterator<Item = &Found> {
        self.all(name).iter().filter(move |found| found.turn == turn)
    }

    /// Whether an extractor of this name had anything to say of the call.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.all(name).is_empty()
    }

    /// The best method by which anything of this name was found in the call.
    pub(crate) fn tier(&self, name: &str) -> Option<&'static str> {
        let worth =
            |tier: &&str| ["cue", "learned", "llm", "expert"].iter().position(|t| t == tier);
        self.all(name).iter().map(|found| found.tier).max_by_key(worth)
    }

    /// A measure of the call and its definition's id.
    pub(crate) fn number(&self, name: &str) -> Option<(f64, &str)> {
        self.numbers.get(name).map(|(number, definition)| (*number, definition.as_str()))
    }
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Measure => "measure",
        Tier::Cue => "cue",
        Tier::Learned => "learned",
        Tier::Llm => "llm",
        Tier::Expert => "expert",
    }
}
