//! A weak moment, its evidence, and a line that somebody said at a strong one.

use rehearsal_sdk::prelude::*;
use serde_json::json;

use crate::findings::Findings;
use crate::moments::{self, Strong, Weak};
use crate::{Config, STRONG_MOMENTS, SUGGESTIONS, coaching, excerpt, labelled};

/// A line that somebody said at a strong moment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The kind of moment that it fits: `clarify_objection.price`, `ask_problem`.
    pub moment: String,
    /// What was said.
    pub text: String,
    /// The id of the row it was taken from.
    pub from: String,
}

/// One a weak moment for which there is a line; nothing is made up where there is none.
pub(crate) fn suggestions(config: &Config, call: &Call<'_>, findings: &Findings) -> Vec<Example> {
    let strong = moments::strong(call, findings);
    moments::weak(call, findings)
        .into_iter()
        .filter_map(|weak| {
            let (line, source) = better(config, &strong, &weak)?;
            let first = weak.answers.unwrap_or(weak.turn);
            let turns: Vec<u32> =
                (first.saturating_sub(config.context_turns)..=weak.turn).collect();
            let answer = json!({
                "turn": weak.turn,
                "gap": weak.gap,
                "evidence": excerpt::quote(call, weak.turn),
                "suggestion": line,
            });
            let mut because = weak.because.clone();
            because.push(format!("feedback.suggestion@1: line of {source}"));
            let ask = excerpt::lines(call, &turns, true);
            let key = format!("suggestion.{}", weak.turn);
            Some(coaching(key, (SUGGESTIONS, "suggestion"), ask, &answer, turns, because))
        })
        .collect()
}

/// The line that fits best: of the same call and the same objection first, then of other
/// calls; among equals the one that the moment's place chooses, so that not every row
/// teaches the same line.
fn better<'a>(config: &'a Config, strong: &'a [Strong], weak: &Weak) -> Option<(&'a str, String)> {
    let family = weak.wants.split('.').next().unwrap_or(&weak.wants);
    let exact = |kind: &str| kind == weak.wants;
    let near = |kind: &str| kind.split('.').next() == Some(family);
    let tests: [&dyn Fn(&str) -> bool; 2] = [&exact, &near];
    for fits in tests {
        if let Some(line) = strong.iter().find(|line| fits(&line.kind)) {
            return Some((&line.text, format!("turn {} of this call", line.turn)));
        }
        let others: Vec<&Line> = config.lines.iter().filter(|line| fits(&line.moment)).collect();
        if let Some(line) = others.get(weak.turn as usize % others.len().max(1)) {
            return Some((&line.text, line.from.clone()));
        }
    }
    None
}

/// Lines of this call that others may use.
pub(crate) fn strong_moments(call: &Call<'_>, findings: &Findings) -> Vec<Example> {
    moments::strong(call, findings)
        .into_iter()
        .map(|line| {
            let key = format!("strong.{}.{}", line.turn, line.kind);
            let task = "strong_moment";
            let because = vec![line.because];
            labelled(key, (STRONG_MOMENTS, task), line.text, &line.kind, vec![line.turn], because)
        })
        .collect()
}
