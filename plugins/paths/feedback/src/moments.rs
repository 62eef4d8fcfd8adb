//! Weak moments of a call, and strong ones of the same kind that show how it is done.

use rehearsal_sdk::prelude::*;

use crate::findings::{Findings, Found, MOVE, NEPQ, OBJECTION, TECHNIQUE};

/// A moment at which something better could have been said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weak {
    /// The seller's turn.
    pub(crate) turn: u32,
    /// The prospect's turn that it answers.
    pub(crate) answers: Option<u32>,
    /// The kind of strong moment that would have been better.
    pub(crate) wants: String,
    pub(crate) gap: &'static str,
    pub(crate) because: Vec<String>,
}

/// Something well said: a line that another call may take over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strong {
    pub(crate) turn: u32,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) because: String,
}

/// Words of a line that can be taken over: shorter says nothing, longer holds facts.
const LINE_WORDS: std::ops::RangeInclusive<usize> = 4..=28;

/// In the order of turns, one a turn.
pub(crate) fn weak(call: &Call<'_>, findings: &Findings) -> Vec<Weak> {
    let mut all = Vec::new();
    for found in findings.all(MOVE) {
        let gap = match found.label.as_str() {
            "argue" => "argues against the objection instead of asking about it",
            "ignore" => "passes over the objection",
            _ => continue,
        };
        let objection = objection_before(findings, found);
        let kind = objection.map_or("any", |objection| objection.label.as_str());
        all.push(Weak {
            turn: found.turn,
            answers: objection.map(|objection| objection.turn),
            wants: format!("clarify_objection.{kind}"),
            gap,
            because: objection
                .into_iter()
                .map(|objection| objection.evidence.clone())
                .chain([found.evidence.clone()])
                .collect(),
        });
    }
    all.extend(findings.of_label(TECHNIQUE, "feature_dump").map(|found| Weak {
        turn: found.turn,
        answers: before(call, found.turn, Role::Prospect),
        wants: "ask_problem".to_owned(),
        gap: "lists features that nobody asked for",
        because: vec![found.evidence.clone()],
    }));
    all.sort_by_key(|weak| weak.turn);
    all.dedup_by_key(|weak| weak.turn);
    all
}

/// Questions of the seller's that could stand in another call as they are: sentences
/// without figures and without names.
pub(crate) fn strong(call: &Call<'_>, findings: &Findings) -> Vec<Strong> {
    let mut all = Vec::new();
    for found in findings.of_label(MOVE, "clarify") {
        let kind = objection_before(findings, found);
        let kind = kind.map_or("any", |objection| objection.label.as_str());
        all.extend(taken(call, found, format!("clarify_objection.{kind}")));
    }
    for (label, kind) in [
        ("problem_awareness", "ask_problem"),
        ("consequence", "ask_consequence"),
        ("solution_awareness", "ask_solution"),
    ] {
        let found = findings.of_label(NEPQ, label);
        all.extend(found.flat_map(|found| taken(call, found, kind.to_owned())));
    }
    all.sort_by(|a, b| (a.turn, &a.kind).cmp(&(b.turn, &b.kind)));
    all
}

fn taken(call: &Call<'_>, found: &Found, kind: String) -> Option<Strong> {
    let turn = call.turn(found.turn as usize)?;
    let question = sentences(turn.text()).rfind(|sentence| sentence.ends_with('?'))?;
    let fits = LINE_WORDS.contains(&question.split_whitespace().count()) && !has_facts(question);
    fits.then(|| Strong {
        turn: found.turn,
        kind,
        text: question.to_owned(),
        because: found.evidence.clone(),
    })
}

fn sentences(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split_inclusive(['.', '?', '!', '…']).map(str::trim).filter(|one| !one.is_empty())
}

/// Figures, and capitals inside a sentence: a line that holds one belongs to its call.
fn has_facts(sentence: &str) -> bool {
    let figures = sentence.contains(|c: char| c.is_numeric());
    let mut words = sentence.split_whitespace();
    words.next();
    figures
        || words.any(|word| {
            let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
            word.starts_with(char::is_uppercase) && word != "I" && !word.starts_with("I'")
        })
}

/// The latest objection before the turn that answers it.
fn objection_before<'a>(findings: &'a Findings, answer: &Found) -> Option<&'a Found> {
    let objections = findings.all(OBJECTION);
    let named = objections.iter().rfind(|one| answer.related.contains(&one.turn));
    named.or_else(|| objections.iter().rfind(|one| one.turn < answer.turn))
}

/// The latest turn of this side before a turn.
fn before(call: &Call<'_>, turn: u32, role: Role) -> Option<u32> {
    (0..turn).rev().find(|&one| call.turn(one as usize).is_some_and(|t| t.role() == role))
}
