//! What a rater said of an item: one JSON object a line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use crate::Rubric;

/// One rater's answers to one item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// `CALL#PART`: `call1#t12-18`, or a call alone.
    pub item_id: String,
    /// `NAME@sha256:…`, or only the name where nobody pinned it.
    pub rubric: String,
    /// Who: `e07`; a model's begins with `model:`.
    pub rater: String,
    /// Whether the rater saw no other verdict, and no model's.
    #[serde(default)]
    pub blind: bool,
    /// Answers by check; what is missing, or null in a file, was not answered.
    #[serde(deserialize_with = "answered")]
    pub checks: BTreeMap<String, bool>,
    /// The rater's own score, 1 to 5.
    #[serde(default)]
    pub score: Option<f64>,
    /// Turns that an answer rests on.
    #[serde(default)]
    pub spans: Vec<EvidenceSpan>,
    /// Checks that do not apply to the item.
    #[serde(default)]
    pub na: Vec<String>,
    /// Time spent.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// For people.
    #[serde(default)]
    pub note: String,
    /// What the rater says of single turns, whether or not a model said so before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<TurnLabel>,
    /// What the rater makes of the coach's suggestions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<SuggestionVerdict>,
    /// What the item is a sample of: `source` → `fathom`, `call_type` → `demo`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slices: BTreeMap<String, String>,
}

/// A turn that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSpan {
    /// The check's id.
    pub check: String,
    /// Index of the turn.
    pub turn: u64,
}

/// A class that a rater gives to a turn: what a trained head learns from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnLabel {
    /// Index of the turn.
    pub turn: u64,
    /// What is classified, as annotations name it: `nepq`.
    pub name: String,
    /// The class; none where the turn has none of them, whatever a model says.
    #[serde(default)]
    pub label: Option<String>,
}

/// A suggestion of the coach, and what a rater made of it: an edit is a preference pair
/// (the edit over the original), a thumb is a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuggestionVerdict {
    /// The turn that it is about.
    pub turn: u64,
    /// As the coach wrote it.
    pub original: String,
    /// As the rater would have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// Up or down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<bool>,
}

/// Files to be filled in name every check, with null for what is open.
fn answered<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, bool>, D::Error> {
    let named = BTreeMap::<String, Option<bool>>::deserialize(from)?;
    Ok(named.into_iter().filter_map(|(check, answer)| Some((check, answer?))).collect())
}

/// Why a line of verdicts cannot be used. The other lines can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct VerdictError {
    /// From 1.
    pub line: usize,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl Verdict {
    /// The call that the item is part of: resampling takes calls as wholes.
    #[must_use]
    pub fn call(&self) -> &str {
        self.item_id.split('#').next().unwrap_or(&self.item_id)
    }

    /// Whether a model said it.
    #[must_use]
    pub fn is_model(&self) -> bool {
        self.rater.starts_with("model:")
    }

    /// Whether nobody has filled it in yet: nothing is answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.checks.is_empty()
            && self.na.is_empty()
            && self.score.is_none()
            && self.labels.is_empty()
            && self.suggestions.is_empty()
    }

    /// What is wrong with it as an answer to a rubric; nothing where it can be used.
    #[must_use]
    pub fn problem(&self, rubric: &Rubric) -> Option<String> {
        let (name, digest) = match self.rubric.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (self.rubric.as_str(), None),
        };
        if name != rubric.name || digest.is_some_and(|digest| digest != rubric.digest) {
            return Some(format!(
                "it answers the rubric `{}`, not `{}`",
                self.rubric,
                rubric.reference()
            ));
        }
        if self.item_id.is_empty() {
            return Some("`item_id` must not be empty".to_owned());
        }
        if self.rater.is_empty() && !self.is_open() {
            return Some("`rater` is empty: whose answers are these?".to_owned());
        }
        let known: BTreeSet<&str> = rubric.checks.iter().map(|check| check.id.as_str()).collect();
        let named = self.checks.keys().chain(&self.na).map(String::as_str);
        let spans = self.spans.iter().map(|span| span.check.as_str());
        if let Some(unknown) = named.chain(spans).find(|name| !known.contains(name)) {
            return Some(format!("the rubric has no check `{unknown}`"));
        }
        if let Some(both) = self.na.iter().find(|name| self.checks.contains_key(*name)) {
            return Some(format!("`{both}` is answered and does not apply at the same time"));
        }
        match self.score {
            Some(score) if !(1.0..=5.0).contains(&score) => {
                Some(format!("`score` is {score}; it is 1 to 5"))
            }
            _ => None,
        }
    }
}

/// Reads verdicts on a rubric, one JSON object a line. A later line of the same rater on
/// the same item replaces the former. Lines that cannot be used are told and cost no
/// other.
#[must_use]
pub fn read_verdicts(text: &str, rubric: &Rubric) -> (Vec<Verdict>, Vec<VerdictError>) {
    let mut verdicts: BTreeMap<(String, String), Verdict> = BTreeMap::new();
    let mut errors = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let read = serde_json::from_str::<Verdict>(line).map_err(|error| error.to_string());
        let checked = read.and_then(|verdict| match verdict.problem(rubric) {
            Some(problem) => Err(problem),
            None => Ok(verdict),
        });
        match checked {
            Ok(verdict) => {
                verdicts.insert((verdict.item_id.clone(), verdict.rater.clone()), verdict);
            }
            Err(problem) => errors.push(VerdictError { line: index + 1, problem }),
        }
    }
    (verdicts.into_values().collect(), errors)
}
