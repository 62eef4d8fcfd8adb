//! From the contract's types to the domain's, with every bound and rule checked on
//! the way. What comes from a plugin is not trusted before it has passed here.

mod example;

use rehearsal_model as model;

use crate::bindings::rehearsal::plugin::types as wit;
use crate::{Identity, ItemError, LimitExceeded, Limits, PluginError};

/// Checks sizes while it translates.
#[derive(Clone, Copy)]
pub(crate) struct Lift<'l>(pub(crate) &'l Limits);

type Bounded<T> = Result<T, LimitExceeded>;

impl Lift<'_> {
    pub(crate) fn string(self, text: String) -> Bounded<String> {
        LimitExceeded::check("bytes of one string", self.0.string, 0, text.len())?;
        Ok(text)
    }

    pub(crate) fn optional(self, text: Option<String>) -> Bounded<Option<String>> {
        text.map(|text| self.string(text)).transpose()
    }

    pub(crate) fn list<T>(self, list: Vec<T>) -> Bounded<Vec<T>> {
        LimitExceeded::check("elements of one list", self.0.list, 0, list.len())?;
        Ok(list)
    }

    pub(crate) fn strings(self, texts: Vec<String>) -> Bounded<Vec<String>> {
        self.list(texts)?.into_iter().map(|text| self.string(text)).collect()
    }

    /// Pairs sorted by key. The contract says so already, but a hash map's order would
    /// slip through every test of a plugin's author and change results between builds.
    pub(crate) fn pairs(self, pairs: Vec<(String, String)>) -> Bounded<Vec<(String, String)>> {
        let mut pairs = self
            .list(pairs)?
            .into_iter()
            .map(|(key, value)| Ok((self.string(key)?, self.string(value)?)))
            .collect::<Bounded<Vec<_>>>()?;
        pairs.sort();
        Ok(pairs)
    }

    pub(crate) fn identity(self, identity: wit::Identity) -> Bounded<Identity> {
        Ok(Identity {
            name: self.string(identity.name)?,
            version: self.string(identity.version)?,
            summary: self.string(identity.summary)?,
            config_schema: self.string(identity.config_schema)?,
        })
    }

    /// A conversation that holds together.
    pub(crate) fn conversation(
        self,
        call: wit::ConversationResult,
    ) -> Result<model::Conversation, ItemError> {
        let call = self.conversation_parts(call)?;
        call.validate().map_err(|error| ItemError::Contract(error.to_string()))?;
        Ok(call)
    }

    fn conversation_parts(self, call: wit::ConversationResult) -> Bounded<model::Conversation> {
        let participants = self.list(call.participants)?.into_iter();
        Ok(model::Conversation {
            text: self.string(call.text)?,
            participants: participants.map(|who| self.participant(who)).collect::<Bounded<_>>()?,
            turns: self.list(call.turns)?.into_iter().map(turn).collect(),
            words: self.list(call.words)?.into_iter().map(word).collect(),
            timing: match call.timing {
                wit::Timing::None => model::Timing::None,
                wit::Timing::Starts => model::Timing::Starts,
                wit::Timing::Turns => model::Timing::Turns,
                wit::Timing::Words => model::Timing::Words,
            },
            duration_ms: call.duration_ms,
            audio_channels: call.audio_channels,
            language: self.optional(call.language)?,
            title: self.optional(call.title)?,
            started_at: self.optional(call.started_at)?,
            account: self.optional(call.account)?,
            licence: self.optional(call.licence)?,
            consent: self.optional(call.consent)?,
            source_url: self.optional(call.source_url)?,
            position: self.optional(call.position)?,
            metadata: self.pairs(call.metadata)?,
        })
    }

    fn participant(self, who: wit::ParticipantResult) -> Bounded<model::Participant> {
        Ok(model::Participant {
            name: self.optional(who.name)?,
            role: match who.role {
                wit::Role::Seller => model::Role::Seller,
                wit::Role::Prospect => model::Role::Prospect,
                wit::Role::Other => model::Role::Other,
                wit::Role::Unknown => model::Role::Unknown,
            },
            role_confidence: who.role_confidence,
            role_evidence: self.string(who.role_evidence)?,
            organisation: self.optional(who.organisation)?,
        })
    }

    /// Annotations that fit their conversation.
    pub(crate) fn annotations(
        self,
        annotations: Vec<wit::AnnotationResult>,
        call: &model::Conversation,
    ) -> Result<Vec<model::Annotation>, ItemError> {
        let count = annotations.len();
        LimitExceeded::check("annotations of a conversation", self.0.annotations, 0, count)?;
        let checked = annotations.into_iter().map(|annotation| {
            let annotation = self.annotation(annotation)?;
            annotation.validate(call).map_err(ItemError::Contract)?;
            Ok(annotation)
        });
        checked.collect()
    }

    fn annotation(self, annotation: wit::AnnotationResult) -> Bounded<model::Annotation> {
        Ok(model::Annotation {
            scope: match annotation.scope {
                wit::Scope::Conversation => model::Scope::Conversation,
                wit::Scope::Turn(turn) => model::Scope::Turn(turn),
                wit::Scope::Span((turn, within)) => model::Scope::Span(turn, span(within)),
            },
            name: self.string(annotation.name)?,
            definition: self.string(annotation.definition)?,
            value: self.value(annotation.value)?,
            rule: self.string(annotation.rule)?,
            related_turns: self.list(annotation.related_turns)?,
        })
    }

    fn value(self, value: wit::ValueResult) -> Bounded<model::Value> {
        Ok(match value {
            wit::ValueResult::Number(number) => model::Value::Number(number),
            wit::ValueResult::Text(text) => model::Value::Text(self.string(text)?),
            wit::ValueResult::Flag(flag) => model::Value::Flag(flag),
            wit::ValueResult::Unavailable(why) => model::Value::Unavailable(self.string(why)?),
            wit::ValueResult::Label(label) => model::Value::Label(model::Label {
                name: self.string(label.name)?,
                tier: match label.tier {
                    wit::Tier::Measure => model::Tier::Measure,
                    wit::Tier::Cue => model::Tier::Cue,
                    wit::Tier::Learned => model::Tier::Learned,
                    wit::Tier::Llm => model::Tier::Llm,
                    wit::Tier::Expert => model::Tier::Expert,
                },
                confidence: label.confidence,
            }),
        })
    }
}

const fn span(span: wit::Span) -> model::Span {
    model::Span { start: span.start, end: span.end }
}

const fn turn(turn: wit::Turn) -> model::Turn {
    model::Turn {
        participant: turn.participant,
        text: span(turn.text),
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        confidence: turn.confidence,
    }
}

const fn word(word: wit::Word) -> model::Word {
    model::Word {
        text: span(word.text),
        start_ms: word.start_ms,
        end_ms: word.end_ms,
        confidence: word.confidence,
    }
}

/// The most that is kept of what a plugin says went wrong, in bytes: it ends up in
/// messages.
const ERROR_TEXT: usize = 4096;

impl From<wit::Error> for PluginError {
    fn from(error: wit::Error) -> Self {
        let text = |text: String| {
            let kept = &text[..text.floor_char_boundary(ERROR_TEXT)];
            crate::output::clean(kept)
        };
        match error {
            wit::Error::InvalidInput(what) => Self::InvalidInput(text(what)),
            wit::Error::Transient(what) => Self::Transient(text(what)),
            wit::Error::Permanent(what) => Self::Permanent(text(what)),
            wit::Error::Denied(what) => Self::Denied(text(what)),
        }
    }
}
