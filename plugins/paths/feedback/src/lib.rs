//! Rows for a coach, from what the extractors found in a call:
//!
//! - `labels`: texts and classes: question types, techniques, objections, the moves that
//!   answer them, every check of the rubric, and the level of the whole call;
//! - `suggestions`: a weak moment, its evidence, and a better line that somebody really
//!   said at a strong one;
//! - `pairs`: the same moments for preference training: what was said, and that line;
//! - `critiques`: what was good and what was missing, by component, as JSON;
//! - `strong_moments`: the lines that suggestions can be made of.
//!
//! Nothing is claimed that an annotation does not carry, and every row names the turns and
//! rules that it rests on.

mod critiques;
mod excerpt;
mod findings;
mod labels;
mod moments;
mod rubric;
mod suggestions;

use rehearsal_sdk::prelude::*;
use rehearsal_sdk::{message, types};

use excerpt::Transcript;
use findings::Findings;
pub use suggestions::Line;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Smallest confidence of an annotation that is learned from, 0 to 1.
    pub min_confidence: f32,
    /// Turns before the one that is judged, as context.
    pub context_turns: u32,
    /// Most words of a call that is judged as a whole; longer ones lose their middle.
    pub max_words: u32,
    /// Lines for suggestions beside those of the call itself: strong moments of other
    /// calls, as an earlier run wrote them to the family `strong_moments`. `rehearsal lines
    /// PATH --write` chooses them and sets this key.
    pub lines: Vec<Line>,
}

impl Default for Config {
    fn default() -> Self {
        Self { min_confidence: 0.5, context_turns: 2, max_words: 1_500, lines: Vec::new() }
    }
}

const LABELS: &str = "labels";
const SUGGESTIONS: &str = "suggestions";
const PAIRS: &str = "pairs";
const CRITIQUES: &str = "critiques";
const STRONG_MOMENTS: &str = "strong_moments";

/// The path builder.
#[derive(Debug)]
pub struct Feedback {
    config: Config,
}

impl PathBuilder for Feedback {
    type Config = Config;
    const READS: &'static [&'static str] = findings::READS;
    const FAMILIES: &'static [&'static str] =
        &[LABELS, SUGGESTIONS, PAIRS, CRITIQUES, STRONG_MOMENTS];

    fn new(config: Config) -> Result<Self> {
        if !(0.0..=1.0).contains(&config.min_confidence) {
            return Err(Error::permanent(format!(
                "config.min_confidence is {}; it is a probability, 0 to 1",
                config.min_confidence
            )));
        }
        if let Some(line) = config.lines.iter().find(|line| line.text.trim().is_empty()) {
            return Err(Error::permanent(format!(
                "config.lines: a line for `{}` is empty",
                line.moment
            )));
        }
        Ok(Self { config })
    }

    fn build(&self, call: &Call<'_>, annotations: &[Annotation]) -> Result<Vec<Example>> {
        for (role, side) in [(Role::Seller, "seller"), (Role::Prospect, "prospect")] {
            if !call.has_role(role) {
                log::debug(format!("{}: nobody is known to be the {side}", call.conversation().id));
                return Ok(Vec::new());
            }
        }
        let findings = Findings::of(annotations, self.config.min_confidence);
        let card = rubric::score(call, &findings);
        let transcript = Transcript::of(call);
        let config = &self.config;
        let mut examples = labels::turns(config, call, &transcript, &findings);
        examples.extend(labels::checks(config, &transcript, &card));
        examples.extend(suggestions::suggestions(config, call, &transcript, &findings));
        examples.extend(critiques::critiques(config, &transcript, &findings, &card));
        examples.extend(suggestions::strong_moments(call, &findings));
        Ok(examples)
    }
}

/// A text of one class.
fn labelled(
    key: String,
    (family, task): (&str, &str),
    text: String,
    label: &str,
    turns: Vec<u32>,
    because: Vec<String>,
) -> Example {
    let body = types::LabelledText { text, label: label.to_owned(), task: task.to_owned() };
    Example {
        key,
        family: family.to_owned(),
        body: types::Body::LabelledText(body),
        turns,
        because,
        tags: vec![("task".to_owned(), task.to_owned())],
    }
}

/// What a coach is asked and answers: `ask` with the excerpt, then JSON.
fn coaching(
    key: String,
    (family, task): (&str, &str),
    ask: String,
    answer: &serde_json::Value,
    turns: Vec<u32>,
    because: Vec<String>,
) -> Example {
    let prompt = vec![
        message(Speaker::System, format!("{COACH} Task: {task}."), &[]),
        message(Speaker::User, ask, &turns),
    ];
    Example {
        key,
        family: family.to_owned(),
        body: types::Body::Critique(types::Critique { prompt, completion: answer.to_string() }),
        turns,
        because,
        tags: vec![("task".to_owned(), task.to_owned())],
    }
}

const COACH: &str = "You coach a salesperson from the words of a call. Return JSON. \
                     Say nothing that the turns do not show.";

rehearsal_sdk::export_path_builder!(Feedback);
