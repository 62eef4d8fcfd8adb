//! What a rater said of an item: one JSON object a line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Rubric;

/// One rater's answers to one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Answers by check; what is missing was not answered.
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

    fn problem(&self, rubric: &Rubric) -> Option<String> {
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
        if self.item_id.is_empty() || self.rater.is_empty() {
            return Some("`item_id` and `rater` must not be empty".to_owned());
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
