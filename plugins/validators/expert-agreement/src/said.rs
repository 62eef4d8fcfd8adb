//! What was said of calls, as small as it can be: a partial has room for a mebibyte, which
//! is some twenty thousand verdicts.

use std::collections::BTreeMap;

use rehearsal_review::{Check, EvidenceSpan, Rubric, Verdict as Judgement};
use rehearsal_sdk::prelude::*;
use serde::Serialize;

/// Verdicts by rubric, call with part, and rater. Merging joins them: no call is in two
/// batches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said(BTreeMap<String, BTreeMap<String, BTreeMap<String, Answers>>>);

/// One rater's answers to one item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Answers {
    /// Checks that passed, with the turns that show it.
    #[serde(rename = "y", skip_serializing_if = "BTreeMap::is_empty")]
    passed: BTreeMap<String, Vec<u32>>,
    /// Checks that failed.
    #[serde(rename = "n", skip_serializing_if = "BTreeMap::is_empty")]
    failed: BTreeMap<String, Vec<u32>>,
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(rename = "l", skip_serializing_if = "BTreeMap::is_empty")]
    slices: BTreeMap<String, String>,
}

impl Said {
    /// What the annotations of a call say of it.
    pub fn of(call: &str, annotations: &[Annotation]) -> Self {
        let mut said = Self::default();
        for annotation in annotations {
            let (rater, part) = match annotation.rule.rsplit_once('#') {
                Some((rater, part)) => (rater, Some(part)),
                None => (annotation.rule.as_str(), None),
            };
            let item = part.map_or_else(|| call.to_owned(), |part| format!("{call}#{part}"));
            let check = annotation.name.strip_prefix("check.");
            let slice = annotation.name.strip_prefix("slice.");
            if check.is_none() && slice.is_none() && annotation.name != "score" {
                continue;
            }
            let items = said.0.entry(annotation.definition.clone()).or_default();
            let answers = items.entry(item).or_default().entry(rater.to_owned()).or_default();
            match (&annotation.value, check, slice) {
                (Value::Label(label), Some(check), _)
                    if matches!(label.tier, Tier::Expert | Tier::Llm) =>
                {
                    let list = if label.name == "pass" {
                        &mut answers.passed
                    } else {
                        &mut answers.failed
                    };
                    list.insert(check.to_owned(), annotation.related_turns.clone());
                }
                (Value::Text(value), _, Some(slice)) => {
                    answers.slices.insert(slice.to_owned(), value.clone());
                }
                (Value::Number(score), None, None) => answers.score = Some(*score),
                _ => {}
            }
        }
        // An extractor may find a `score`, too; whoever answers no check is no rater.
        for items in said.0.values_mut() {
            for raters in items.values_mut() {
                raters.retain(|_, said| !said.passed.is_empty() || !said.failed.is_empty());
            }
            items.retain(|_, raters| !raters.is_empty());
        }
        said.0.retain(|_, items| !items.is_empty());
        said
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (rubric, items) in other.0 {
            let known = self.0.entry(rubric).or_default();
            for (item, raters) in items {
                known.entry(item).or_default().extend(raters);
            }
        }
        self
    }

    /// The rubric that most verdicts answer; of equals, the last in the alphabet.
    pub(crate) fn commonest_rubric(&self) -> Option<&str> {
        let count = |items: &BTreeMap<String, BTreeMap<String, Answers>>| {
            items.values().map(BTreeMap::len).sum::<usize>()
        };
        self.0.iter().max_by_key(|(_, items)| count(items)).map(|(rubric, _)| rubric.as_str())
    }

    /// A rubric by the name before its digest; of several versions the one with most items.
    pub(crate) fn rubric_named(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().filter(|(rubric, _)| rubric.split('@').next() == Some(name));
        named.max_by_key(|(_, items)| items.len()).map(|(rubric, _)| rubric.as_str())
    }

    /// The verdicts on a rubric.
    pub(crate) fn judgements(&self, rubric: &str) -> Vec<Judgement> {
        let items = self.0.get(rubric).into_iter().flatten();
        let of_item = |(item, raters): (&String, &BTreeMap<String, Answers>)| {
            let judged = raters.iter().map(|(rater, said)| said.judgement(item, rater, rubric));
            judged.collect::<Vec<_>>()
        };
        items.flat_map(of_item).collect()
    }
}

impl Answers {
    fn judgement(&self, item: &str, rater: &str, rubric: &str) -> Judgement {
        let all = || {
            let passed = self.passed.iter().map(|(check, turns)| (check, turns, true));
            passed.chain(self.failed.iter().map(|(check, turns)| (check, turns, false)))
        };
        let spans = all().flat_map(|(check, turns, _)| {
            let span = |turn: &u32| EvidenceSpan { check: check.clone(), turn: u64::from(*turn) };
            turns.iter().map(span)
        });
        Judgement {
            item_id: item.to_owned(),
            rubric: rubric.to_owned(),
            rater: rater.to_owned(),
            blind: false,
            checks: all().map(|(check, _, passed)| (check.clone(), passed)).collect(),
            score: self.score,
            spans: spans.collect(),
            na: Vec::new(),
            seconds: None,
            note: String::new(),
            labels: Vec::new(),
            suggestions: Vec::new(),
            slices: self.slices.clone(),
        }
    }
}

/// A rubric as its verdicts show it: its checks, in the order of their names.
pub(crate) fn rubric(name: &str, judgements: &[Judgement], blockers: &[String]) -> Rubric {
    let ids: std::collections::BTreeSet<&String> =
        judgements.iter().flat_map(|one| one.checks.keys()).collect();
    let check = |id: &String| Check {
        id: id.clone(),
        question: String::new(),
        blocker: blockers.contains(id),
    };
    let (name, digest) = name.split_once('@').unwrap_or((name, ""));
    Rubric {
        name: name.to_owned(),
        checks: ids.into_iter().map(check).collect(),
        digest: digest.to_owned(),
    }
}

/// Checks on which experts differ, and those that two or more of them answered.
pub(crate) fn differing(judgements: &[Judgement]) -> (usize, usize) {
    let mut answers: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
    for one in judgements.iter().filter(|one| !one.is_model()) {
        for (check, passed) in &one.checks {
            answers.entry((&one.item_id, check)).or_default().push(*passed);
        }
    }
    let answered = answers.values().filter(|all| all.len() > 1);
    let differing = answered.clone().filter(|all| all.iter().any(|one| *one != all[0]));
    (differing.count(), answered.count())
}
