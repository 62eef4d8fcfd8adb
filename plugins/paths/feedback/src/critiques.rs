//! What was good and what was missing, by component, as JSON.

use rehearsal_sdk::prelude::*;
use serde_json::{Value, json};

use crate::excerpt::Transcript;
use crate::findings::Findings;
use crate::rubric::{Component, Judged, ScoreCard};
use crate::{CRITIQUES, Config, coaching};

/// Components, their tasks, and the measures that belong to them.
const COMPONENTS: &[(Component, &str, &[&str])] = &[
    (
        Component::Communication,
        "communication",
        &["talk_ratio", "talk_ratio_of_words", "longest_monologue", "open_questions"],
    ),
    (Component::Nepq, "nepq", &["nepq_coverage", "nepq_order"]),
    (Component::ActiveListening, "active_listening", &[]),
    (Component::Objections, "objection_handling", &[]),
];

/// A critique for every component to which checks apply, and one of the whole.
pub(crate) fn critiques(
    config: &Config,
    transcript: &Transcript<'_>,
    findings: &Findings,
    card: &ScoreCard,
) -> Vec<Example> {
    let turns = transcript.whole(config.max_words);
    let ask = transcript.lines(&turns, true);
    let critique = |task: &str, judged: &[&Judged], mut answer: Value| {
        let (strengths, gaps): (Vec<&Judged>, Vec<&Judged>) =
            judged.iter().copied().partition(|judged| judged.passed);
        answer["strengths"] = strengths.iter().map(|one| point(transcript, &turns, one)).collect();
        answer["gaps"] = gaps.iter().map(|one| point(transcript, &turns, one)).collect();
        let because = judged.iter().flat_map(|judged| judged.because.iter().cloned()).collect();
        let key = format!("critique.{task}");
        coaching(key, (CRITIQUES, task), ask.clone(), &answer, turns.clone(), because)
    };
    let mut rows = Vec::new();
    for (component, task, measures) in COMPONENTS {
        let judged: Vec<&Judged> =
            card.judged.iter().filter(|judged| judged.check.component == *component).collect();
        if !judged.is_empty() {
            let numbers: serde_json::Map<String, Value> = measures
                .iter()
                .filter_map(|name| {
                    let (number, _) = findings.number(name)?;
                    Some(((*name).to_owned(), json!((number * 100.0).round() / 100.0)))
                })
                .collect();
            rows.push(critique(task, &judged, json!({ "measures": numbers })));
        }
    }
    if let Some(score) = card.score() {
        let judged: Vec<&Judged> = card.judged.iter().collect();
        let answer = json!({ "score": score.points(), "level": score.level() });
        let mut row = critique("overall", &judged, answer);
        row.because.push(card.because(score));
        rows.push(row);
    }
    rows
}

/// A check with the first turn that shows it, among those that the reader sees.
fn point(transcript: &Transcript<'_>, shown: &[u32], judged: &Judged) -> Value {
    let what = if judged.passed { judged.check.praise } else { judged.check.gap };
    match judged.turns.iter().find(|turn| shown.binary_search(turn).is_ok()) {
        Some(turn) => json!({
            "check": judged.check.id,
            "what": what,
            "turn": turn,
            "evidence": transcript.quote(*turn),
        }),
        None => json!({ "check": judged.check.id, "what": what }),
    }
}
