//! A weak moment, its evidence, and a line that somebody said at a strong one.

use rehearsal_sdk::prelude::*;
use rehearsal_sdk::{message, types};
use serde_json::json;

use crate::excerpt::Transcript;
use crate::findings::Findings;
use crate::moments::{self, Strong, Weak};
use crate::{Config, PAIRS, STRONG_MOMENTS, SUGGESTIONS, coaching, labelled};

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

/// One a weak moment for which there is a line, as a coach would say it and as a pair;
/// nothing is made up where there is none.
pub(crate) fn suggestions(
    config: &Config,
    call: &Call<'_>,
    transcript: &Transcript<'_>,
    findings: &Findings,
) -> Vec<Example> {
    let strong = moments::strong(call, findings);
    let mut examples = Vec::new();
    for weak in moments::weak(call, findings) {
        if let Some(line) = better(config, &strong, &weak) {
            examples.push(coached(config, transcript, &weak, &line));
            examples.extend(pair(config, transcript, &weak, &line));
        }
    }
    examples
}

/// What a coach says of the moment.
fn coached(
    config: &Config,
    transcript: &Transcript<'_>,
    weak: &Weak,
    (line, source): &(&str, String),
) -> Example {
    let turns = around(config, weak);
    let answer = json!({
        "turn": weak.turn,
        "gap": weak.gap,
        "evidence": transcript.quote(weak.turn),
        "suggestion": line,
    });
    let ask = transcript.lines(&turns, true);
    let key = format!("suggestion.{}", weak.turn);
    let because = because(weak, "suggestion", source);
    coaching(key, (SUGGESTIONS, "suggestion"), ask, &answer, turns, because)
}

/// What was said, and what would have been better, in answer to the same words. None where
/// nothing was said before, or where both are the same.
fn pair(
    config: &Config,
    transcript: &Transcript<'_>,
    weak: &Weak,
    (line, source): &(&str, String),
) -> Option<Example> {
    let turns = around(config, weak);
    let before: Vec<u32> = turns.iter().copied().filter(|&turn| turn < weak.turn).collect();
    let heard = transcript.lines(&before, false);
    let said = transcript.text(weak.turn);
    if heard.is_empty() || said == *line {
        return None;
    }
    let prompt =
        vec![message(Speaker::System, SELLER, &[]), message(Speaker::User, heard, &before)];
    let body = types::Preference {
        prompt,
        chosen: message(Speaker::Assistant, *line, &[]),
        rejected: message(Speaker::Assistant, said, &[weak.turn]),
    };
    Some(Example {
        key: format!("pair.{}", weak.turn),
        family: PAIRS.to_owned(),
        body: types::Body::Preference(body),
        turns,
        because: because(weak, "pair", source),
        tags: vec![("task".to_owned(), "pair".to_owned())],
    })
}

const SELLER: &str = "You are the salesperson on this call. Say what comes next, in a line.";

/// The moment and what came before it.
fn around(config: &Config, weak: &Weak) -> Vec<u32> {
    let first = weak.answers.unwrap_or(weak.turn);
    (first.saturating_sub(config.context_turns)..=weak.turn).collect()
}

fn because(weak: &Weak, rule: &str, source: &str) -> Vec<String> {
    let line = format!("feedback.{rule}@1: line of {source}");
    weak.because.iter().cloned().chain([line]).collect()
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
