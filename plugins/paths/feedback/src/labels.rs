//! Texts and classes.

use std::cell::LazyCell;

use rehearsal_sdk::prelude::*;

use crate::excerpt::{self, Transcript};
use crate::findings::{Findings, LISTENING, MOVE, NEPQ, OBJECTION, TECHNIQUE};
use crate::rubric::ScoreCard;
use crate::{Config, LABELS, labelled};

/// What is classified, by whose turns, from which annotation.
const TASKS: &[(&str, Role, &str)] = &[
    ("nepq_type", Role::Seller, NEPQ),
    ("technique", Role::Seller, TECHNIQUE),
    ("objection_type", Role::Prospect, OBJECTION),
    ("objection_handling", Role::Seller, MOVE),
    ("active_listening", Role::Seller, LISTENING),
];

/// The class of a turn that carries none of the annotation's classes.
const NONE: &str = "none";
/// One turn in this many without a class is kept, so that a classifier learns to abstain.
const NONE_EVERY: u32 = 4;

/// A row for every class that a turn carries, and some of turns that carry none.
pub(crate) fn turns(
    config: &Config,
    call: &Call<'_>,
    transcript: &Transcript<'_>,
    findings: &Findings,
) -> Vec<Example> {
    let mut rows = Vec::new();
    for (task, role, name) in TASKS {
        // An extractor that is not in the pipeline says nothing of any turn.
        if !findings.has(name) {
            continue;
        }
        for turn in call.turns().filter(|turn| turn.role() == *role) {
            let index = turn.index();
            let context = excerpt::with_context(index, config.context_turns);
            // Most turns carry no class.
            let text = LazyCell::new(|| transcript.lines(&context, false));
            if turn.text().trim().is_empty() {
                continue;
            }
            let row = |label: &str, because: String| {
                let key = format!("{task}.{index}.{label}");
                labelled(key, (LABELS, task), text.clone(), label, context.clone(), vec![because])
            };
            let before = rows.len();
            rows.extend(findings.at(name, index).map(|found| {
                let mut row = row(&found.label, found.evidence.clone());
                row.tags.push(("tier".to_owned(), found.tier.to_owned()));
                row
            }));
            if rows.len() == before && index % NONE_EVERY == 0 {
                let mut none = row(NONE, format!("feedback.none@1: no `{name}` in turn {index}"));
                // Who labelled the call's other turns found nothing in this one.
                let who = findings.tier(name);
                none.tags.extend(who.map(|tier| ("tier".to_owned(), tier.to_owned())));
                rows.push(none);
            }
        }
    }
    rows
}

/// A row for every check of the rubric that applies, and one of the whole call's level.
pub(crate) fn checks(
    config: &Config,
    transcript: &Transcript<'_>,
    card: &ScoreCard,
) -> Vec<Example> {
    let turns = transcript.whole(config.max_words);
    let text = transcript.lines(&turns, false);
    let mut rows: Vec<Example> = card
        .judged
        .iter()
        .map(|judged| {
            let task = format!("check.{}", judged.check.id);
            let label = if judged.passed { "yes" } else { "no" };
            labelled(
                task.clone(),
                (LABELS, &task),
                text.clone(),
                label,
                turns.clone(),
                judged.because.clone(),
            )
        })
        .collect();
    if let Some(score) = card.score() {
        let because = vec![card.because(score)];
        let level = score.level();
        let task = "skill_level";
        rows.push(labelled(task.to_owned(), (LABELS, task), text, level, turns, because));
    }
    rows
}
