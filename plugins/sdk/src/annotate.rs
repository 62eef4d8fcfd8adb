//! Saying what was found: kinds of annotations and where they go.

use crate::bindings::extractor::exports::rehearsal::plugin::extractor_api as api;
use crate::types::{Annotation, Label, Scope, Tier, Value};
use crate::{Call, Excerpt, Turn};

/// One kind of annotation that an extractor emits. The same constant describes it to
/// the host and makes its annotations, so that the two never differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// What is looked at: `words_per_minute`.
    pub name: &'static str,
    /// Id of the exact definition with its version: `wpm.speech@1`.
    pub definition: &'static str,
    /// What it means, how it is measured, its unit.
    pub meaning: &'static str,
    /// Names of labels it can carry; empty for other values.
    pub labels: &'static [&'static str],
}

impl Kind {
    /// A kind of number, text or flag.
    #[must_use]
    pub const fn new(name: &'static str, definition: &'static str, meaning: &'static str) -> Self {
        Self { name, definition, meaning, labels: &[] }
    }

    /// A kind that carries one of these labels.
    #[must_use]
    pub const fn with_labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    /// An annotation of this kind on a call, a turn or an excerpt.
    pub fn at(&self, place: impl Place, value: impl Into<Value>) -> Annotation {
        Annotation {
            scope: place.scope(),
            name: self.name.to_owned(),
            definition: self.definition.to_owned(),
            value: value.into(),
            rule: String::new(),
            related_turns: Vec::new(),
        }
    }

    pub(crate) fn describe(&self) -> api::AnnotationKind {
        api::AnnotationKind {
            name: self.name.to_owned(),
            definition: self.definition.to_owned(),
            meaning: self.meaning.to_owned(),
            labels: self.labels.iter().map(|&label| label.to_owned()).collect(),
        }
    }
}

impl Annotation {
    /// Names the rule or model that found it.
    #[must_use]
    pub fn by(mut self, rule: impl Into<String>) -> Self {
        self.rule = rule.into();
        self
    }

    /// Names other turns that it rests on; they are put in order.
    #[must_use]
    pub fn with_turns(mut self, turns: impl IntoIterator<Item = u32>) -> Self {
        self.related_turns = turns.into_iter().collect();
        self.related_turns.sort_unstable();
        self.related_turns.dedup();
        self
    }
}

/// What an annotation can be put on.
pub trait Place {
    /// As the contract says it.
    fn scope(&self) -> Scope;
}

impl Place for Call<'_> {
    fn scope(&self) -> Scope {
        Scope::Conversation
    }
}

impl Place for Turn<'_> {
    fn scope(&self) -> Scope {
        Scope::Turn(self.index())
    }
}

impl Place for Excerpt<'_> {
    fn scope(&self) -> Scope {
        Scope::Span((self.turn().index(), self.span()))
    }
}

impl<P: Place> Place for &P {
    fn scope(&self) -> Scope {
        (**self).scope()
    }
}

/// The value of a measure that this call cannot support, and why. Never publish a 0 in
/// its place.
pub fn unavailable(reason: impl Into<String>) -> Value {
    Value::Unavailable(reason.into())
}

impl Label {
    /// A label that phrases or rules found, with its calibrated confidence, 0 to 1.
    #[must_use]
    pub fn cue(name: &str, confidence: f32) -> Self {
        Self { name: name.to_owned(), tier: Tier::Cue, confidence }
    }

    /// A label that a trained head found, with its calibrated confidence, 0 to 1.
    #[must_use]
    pub fn learned(name: &str, confidence: f32) -> Self {
        Self { name: name.to_owned(), tier: Tier::Learned, confidence }
    }
}

impl From<Label> for Value {
    fn from(label: Label) -> Self {
        Self::Label(label)
    }
}

impl From<f64> for Value {
    /// A number; a value that is not finite becomes *unavailable*.
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::Unavailable("the measure has no finite value".to_owned())
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Value>> From<Result<T, String>> for Value {
    /// A measure, or the reason why it cannot be had.
    fn from(measure: Result<T, String>) -> Self {
        measure.map_or_else(Self::Unavailable, Into::into)
    }
}

/// What an extractor cannot do without; it answers *unavailable* where a call lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Turns have starts.
    pub starts: bool,
    /// Turns have ends.
    pub ends: bool,
    /// Words have times.
    pub words: bool,
    /// Sides are known.
    pub roles: bool,
    /// A recording.
    pub audio: bool,
}

impl Needs {
    /// Nothing but text.
    pub const TEXT: Self =
        Self { starts: false, ends: false, words: false, roles: false, audio: false };
    /// Text and who is on which side.
    pub const ROLES: Self = Self { roles: true, ..Self::TEXT };

    pub(crate) fn describe(self) -> api::Needs {
        let pairs = [
            (self.starts, api::Needs::STARTS),
            (self.ends, api::Needs::ENDS),
            (self.words, api::Needs::WORDS),
            (self.roles, api::Needs::ROLES),
            (self.audio, api::Needs::AUDIO),
        ];
        pairs
            .into_iter()
            .filter(|(set, _)| *set)
            .fold(api::Needs::empty(), |all, (_, one)| all | one)
    }
}
