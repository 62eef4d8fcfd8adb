//! Labels of tier three: a language model that the user grants reads the call.
//!
//! ```text
//! call ─► windows of turns ─► questions ─(gate: secret, rate, budget)─► answers ─► checks ─► labels
//! ```
//!
//! What is asked stands in `prompts/`, a file a version ([`prompt`]). What comes back is
//! checked against the sets and the turns ([`answer`]); nothing that a model makes up
//! reaches an annotation: a label is one of [`sets`], a span is a quote that stands in its
//! turn. A server that fails, or a budget that is spent, is an error that may pass
//! (`transient`): the host puts the call off. A model that refuses or does not come to an
//! end is its last word on these turns.

mod answer;
mod ask;
mod prompt;
mod quote;
mod sets;

use std::collections::BTreeMap;

use answer::{Checked, Found};
use ask::{Endpoint, Reply};
use prompt::Window;
use rehearsal_sdk::prelude::*;
use sets::SETS;

pub use sets::{LISTENING, MOVE, NEPQ, OBJECTION, OUTCOME, TECHNIQUE};

/// How the labels of a call came about.
pub const TALLY: Kind = Kind::new(
    "llm_labels",
    "llm_labels@1",
    "Which model and prompt labelled the call, what was dropped of its answers and why",
);

/// How many labels were dropped.
pub const DROPPED: Kind = Kind::new(
    "llm_labels_dropped",
    "llm_labels_dropped@1",
    "Labels of the model's answers that did not hold: no such label, turn or side, or a quote that is not in its turn",
);

/// How often a question about too many turns is divided in two.
const DIVISIONS: u32 = 3;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the API is, up to `/v1`: `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// The model, as the server names it.
    pub model: String,
    /// Turns that are asked about in one request.
    #[serde(default = "turns")]
    pub turns: u32,
    /// Turns before and after them that are shown to be understood by.
    #[serde(default = "around")]
    pub around: u32,
    /// Tokens that one answer may have; 0 to leave that to the server.
    #[serde(default = "max_tokens")]
    pub max_tokens: u32,
    /// For servers that can repeat an answer.
    #[serde(default = "seed")]
    pub seed: u32,
    /// Whether to ask for `response_format` with a JSON Schema. Servers that do not know it
    /// are asked again without.
    #[serde(default = "structured")]
    pub structured: bool,
    /// How often a label is right, 0 to 1: measure it against experts' labels, since what
    /// models say of themselves is worth nothing.
    #[serde(default = "confidence")]
    pub confidence: f64,
    /// Fields that are added to every request: `{ reasoning_effort = "low" }`.
    #[serde(default)]
    pub extra: ask::Extra,
}

const fn turns() -> u32 {
    40
}

const fn around() -> u32 {
    6
}

const fn max_tokens() -> u32 {
    4096
}

const fn seed() -> u32 {
    7
}

const fn structured() -> bool {
    true
}

const fn confidence() -> f64 {
    0.8
}

/// The extractor.
#[derive(Debug)]
pub struct LlmLabels {
    config: Config,
    http: Http,
}

impl LlmLabels {
    /// With a way to the model.
    ///
    /// # Errors
    /// A setting makes no sense; the message names it.
    pub fn with_http(config: Config, http: Http) -> Result<Self> {
        if !(0.0..=1.0).contains(&config.confidence) {
            return Err(Error::permanent("config.confidence: it lies between 0 and 1"));
        }
        if config.turns == 0 {
            return Err(Error::permanent("config.turns: at least 1"));
        }
        Ok(Self { config, http })
    }
}

impl Extractor for LlmLabels {
    type Config = Config;
    const EMITS: &'static [Kind] =
        &[NEPQ, TECHNIQUE, OBJECTION, MOVE, OUTCOME, LISTENING, TALLY, DROPPED];
    const NEEDS: Needs = Needs::ROLES;

    fn new(config: Config) -> Result<Self> {
        Self::with_http(config, Http::of_host())
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        if !(call.has_role(Role::Seller) && call.has_role(Role::Prospect)) {
            return Ok(nothing(call, "the two sides are not known; labels are of sides"));
        }
        let mut reading = Reading::new(&self.config, &self.http, call);
        for window in Window::over(reading.turns, reading.most(), reading.around()) {
            reading.read(&window, DIVISIONS)?;
        }
        Ok(reading.annotations())
    }
}

rehearsal_sdk::export_extractor!(LlmLabels);

fn nothing(call: &Call<'_>, reason: &str) -> Vec<Annotation> {
    LlmLabels::EMITS.iter().map(|kind| kind.at(call, unavailable(reason))).collect()
}

/// A call while it is asked about.
struct Reading<'r> {
    config: &'r Config,
    call: &'r Call<'r>,
    endpoint: Endpoint<'r>,
    turns: usize,
    checked: Checked,
    /// Turns about which nothing was learned, with the reason.
    unanswered: Vec<(usize, usize, String)>,
}

impl<'r> Reading<'r> {
    fn new(config: &'r Config, http: &'r Http, call: &'r Call<'r>) -> Self {
        Self {
            config,
            call,
            endpoint: Endpoint::new(config, http),
            turns: call.turns().len(),
            checked: Checked::default(),
            unanswered: Vec::new(),
        }
    }

    const fn most(&self) -> usize {
        self.config.turns as usize
    }

    const fn around(&self) -> usize {
        self.config.around as usize
    }

    fn read(&mut self, window: &Window, divisions: u32) -> Result<()> {
        let script = window.script(self.call);
        let reason = match self.endpoint.ask(&script, None)? {
            Reply::Said(said) => match answer::parse(&said) {
                Ok(findings) => {
                    self.checked.take(self.call, &window.asked, findings);
                    return Ok(());
                }
                // Once: the same words would come back for ever.
                Err(fault) => match self.endpoint.ask(&script, Some((&said, &fault)))? {
                    Reply::Said(again) => match answer::parse(&again) {
                        Ok(findings) => {
                            self.checked.take(self.call, &window.asked, findings);
                            return Ok(());
                        }
                        Err(fault) => format!("no answer that can be read: {fault}"),
                    },
                    Reply::TooLong => return self.divide(window, divisions),
                    Reply::Refused(why) => format!("refused: {why}"),
                },
            },
            Reply::TooLong => return self.divide(window, divisions),
            Reply::Refused(why) => format!("refused: {why}"),
        };
        self.give_up(window, reason);
        Ok(())
    }

    /// Asks about the two halves of what was too long.
    fn divide(&mut self, window: &Window, divisions: u32) -> Result<()> {
        let halves = window.halves(self.turns, self.around()).filter(|_| divisions > 0);
        let Some(halves) = halves else {
            self.give_up(window, "the answer does not come to an end".to_owned());
            return Ok(());
        };
        for half in &halves {
            self.read(half, divisions - 1)?;
        }
        Ok(())
    }

    fn give_up(&mut self, window: &Window, reason: String) {
        self.unanswered.push((window.asked.start, window.asked.end - 1, reason));
    }

    fn annotations(mut self) -> Vec<Annotation> {
        let silent: usize = self.unanswered.iter().map(|(first, last, _)| last - first + 1).sum();
        if silent > 0 && silent == self.turns {
            let reason = self.unanswered.first().map_or("", |(_, _, reason)| reason.as_str());
            return nothing(self.call, &format!("{}: {reason}", self.config.model));
        }
        let answers = self.checked.settle();
        let mut annotations = vec![TALLY.at(self.call, Value::Text(self.tally()))];
        let dropped: u64 = self.checked.dropped.values().sum();
        annotations.push(DROPPED.at(self.call, dropped as f64).by(DROPPED.definition));
        let rule = format!("llm:{}+{}", self.config.model, prompt::identity());
        for found in &self.checked.found {
            annotations.extend(self.annotate(found, &answers, &rule));
        }
        annotations
    }

    fn annotate(&self, found: &Found, answers: &BTreeMap<u32, u32>, rule: &str) -> Vec<Annotation> {
        let Some(turn) = self.call.turn(found.turn as usize) else { return Vec::new() };
        let confidence = self.config.confidence as f32;
        let label = |name: &str| Label { name: name.to_owned(), tier: Tier::Llm, confidence };
        let kind = SETS[found.set].kind;
        let place = match &found.range {
            Some(range) => kind.at(turn.excerpt(range.clone()), label(found.label)),
            None => kind.at(turn, label(found.label)),
        };
        let related: Vec<u32> = match kind {
            OBJECTION => {
                let of = answers.iter().filter(|(_, objection)| **objection == found.turn);
                of.map(|(handling, _)| *handling).collect()
            }
            MOVE => answers.get(&found.turn).copied().into_iter().collect(),
            _ => Vec::new(),
        };
        let outcome = found.outcome.filter(|_| kind == OBJECTION);
        let outcome = outcome.map(|end| OUTCOME.at(turn, label(end)).by(rule));
        [place.by(rule).with_turns(related)].into_iter().chain(outcome).collect()
    }

    fn tally(&self) -> String {
        let mut parts = vec![format!("{}, {}", self.config.model, prompt::identity())];
        let served = self.endpoint.served.borrow();
        let others: Vec<&str> =
            served.iter().map(String::as_str).filter(|name| *name != self.config.model).collect();
        if !others.is_empty() {
            parts.push(format!("answered by {}", others.join(", ")));
        }
        parts.push(format!("{} labels", self.checked.found.len()));
        let dropped = self.checked.dropped.iter();
        parts.extend(dropped.map(|(why, count)| format!("{count} dropped: {why}")));
        let unanswered = self.unanswered.iter();
        parts.extend(unanswered.map(|(from, to, why)| format!("turns {from} to {to}: {why}")));
        parts.join("; ")
    }
}
