//! What extractors find.

use serde::{Deserialize, Serialize};

use crate::{Conversation, Span};

/// Which method a label rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Measured or counted.
    Measure,
    /// Phrases and rules.
    Cue,
    /// A trained head.
    Learned,
    /// A language model that the user granted.
    Llm,
    /// A person.
    Expert,
}

/// A finding of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The class.
    pub name: String,
    /// How it was found.
    pub tier: Tier,
    /// Calibrated probability, 0 to 1.
    pub confidence: f32,
}

/// What an annotation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// In the unit of its definition.
    Number(f64),
    /// Free text.
    Text(String),
    /// A class.
    Label(Label),
    /// Yes or no.
    Flag(bool),
    /// The measure cannot be had from this source; why.
    Unavailable(String),
}

/// What an annotation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole call.
    Conversation,
    /// A turn, by index.
    Turn(u32),
    /// Part of a turn: its index and a range of [`Conversation::text`] inside it.
    Span(u32, Span),
}

impl Scope {
    /// The turn it lies in.
    #[must_use]
    pub const fn turn(self) -> Option<u32> {
        match self {
            Self::Conversation => None,
            Self::Turn(turn) | Self::Span(turn, _) => Some(turn),
        }
    }
}

/// One finding, as `record annotation` in `wit/types.wit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// What it is about.
    pub scope: Scope,
    /// What was looked at: `nepq`, `words_per_minute`.
    pub name: String,
    /// Id of the exact definition with its version: `wpm.speech@1`.
    pub definition: String,
    /// What was found.
    pub value: Value,
    /// The rule or model that found it.
    pub rule: String,
    /// Other turns it rests on, in order.
    pub related_turns: Vec<u32>,
}

impl Annotation {
    /// Checks it against its call.
    ///
    /// # Errors
    /// A sentence that says what does not fit.
    pub fn validate(&self, call: &Conversation) -> Result<(), String> {
        let turn = |index: u32| {
            call.turns.get(index as usize).ok_or_else(|| {
                format!("`{}` names turn {index} of {}", self.name, call.turns.len())
            })
        };
        match self.scope {
            Scope::Conversation => {}
            Scope::Turn(index) => {
                turn(index)?;
            }
            Scope::Span(index, span) => {
                let within = turn(index)?.text;
                let fits = span.start >= within.start
                    && span.end <= within.end
                    && call.text.get(span.start as usize..span.end as usize).is_some();
                if !fits {
                    return Err(format!(
                        "`{}` has a span {}..{} outside the characters of turn {index} ({}..{})",
                        self.name, span.start, span.end, within.start, within.end
                    ));
                }
            }
        }
        for &index in &self.related_turns {
            turn(index)?;
        }
        match &self.value {
            Value::Label(label) if !(0.0..=1.0).contains(&label.confidence) => {
                Err(format!("`{}` has a confidence of {}", self.name, label.confidence))
            }
            Value::Number(number) if !number.is_finite() => Err(format!(
                "`{}` is {number}: a measure that cannot be had is `unavailable`",
                self.name
            )),
            _ => Ok(()),
        }
    }
}
