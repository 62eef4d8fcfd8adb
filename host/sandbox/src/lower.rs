//! From the domain's types to those of the contract. Texts are borrowed, not copied:
//! the first copy is the one into the plugin's memory.
//!
//! A record of the contract borrows its lists as slices, so each domain value is first
//! taken apart (`…Parts`, which own the lists) and then viewed.

use rehearsal_model as model;

use crate::bindings::rehearsal::plugin::examples as rows;
use crate::bindings::rehearsal::plugin::types as wit;

/// A conversation taken apart.
pub(crate) struct ConversationParts<'a> {
    id: String,
    call: &'a model::Conversation,
    participants: Vec<wit::ParticipantParam<'a>>,
    turns: Vec<wit::Turn>,
    words: Vec<wit::Word>,
    metadata: Vec<(&'a str, &'a str)>,
}

impl<'a> ConversationParts<'a> {
    pub(crate) fn new(id: model::ConversationId, call: &'a model::Conversation) -> Self {
        Self {
            id: id.to_string(),
            call,
            participants: call.participants.iter().map(participant).collect(),
            turns: call.turns.iter().map(turn).collect(),
            words: call.words.iter().map(word).collect(),
            metadata: pairs(&call.metadata),
        }
    }

    pub(crate) fn view(&self) -> wit::ConversationParam<'_> {
        let call = self.call;
        wit::ConversationParam {
            id: &self.id,
            text: &call.text,
            participants: &self.participants,
            turns: &self.turns,
            words: &self.words,
            timing: match call.timing {
                model::Timing::None => wit::Timing::None,
                model::Timing::Starts => wit::Timing::Starts,
                model::Timing::Turns => wit::Timing::Turns,
                model::Timing::Words => wit::Timing::Words,
            },
            duration_ms: call.duration_ms,
            audio_channels: call.audio_channels,
            language: call.language.as_deref(),
            title: call.title.as_deref(),
            started_at: call.started_at.as_deref(),
            account: call.account.as_deref(),
            licence: call.licence.as_deref(),
            consent: call.consent.as_deref(),
            source_url: call.source_url.as_deref(),
            position: call.position.as_deref(),
            metadata: &self.metadata,
        }
    }
}

/// A conversation and its annotations taken apart.
pub(crate) struct AnnotatedParts<'a> {
    conversation: ConversationParts<'a>,
    annotations: Vec<wit::AnnotationParam<'a>>,
}

impl<'a> AnnotatedParts<'a> {
    pub(crate) fn new(
        id: model::ConversationId,
        call: &'a model::Conversation,
        annotations: &'a [model::Annotation],
    ) -> Self {
        Self {
            conversation: ConversationParts::new(id, call),
            annotations: annotations.iter().map(annotation).collect(),
        }
    }

    pub(crate) fn view(&self) -> wit::Annotated<'_> {
        wit::Annotated { conversation: self.conversation.view(), annotations: &self.annotations }
    }
}

/// An example taken apart.
pub(crate) struct ExampleParts<'a> {
    example: &'a model::Example,
    /// The messages of a chat, or the prompt of what has one.
    messages: Vec<rows::MessageParam<'a>>,
    because: Vec<&'a str>,
    tags: Vec<(&'a str, &'a str)>,
}

impl<'a> ExampleParts<'a> {
    pub(crate) fn new(example: &'a model::Example) -> Self {
        let messages = match &example.body {
            model::Body::Chat { messages } => messages.as_slice(),
            model::Body::Preference { prompt, .. } | model::Body::Critique { prompt, .. } => prompt,
            model::Body::LabelledText { .. } => &[],
        };
        Self {
            example,
            messages: messages.iter().map(message).collect(),
            because: example.because.iter().map(String::as_str).collect(),
            tags: pairs(&example.tags),
        }
    }

    pub(crate) fn view(&self) -> rows::ExampleParam<'_> {
        let messages = &self.messages;
        rows::ExampleParam {
            key: &self.example.key,
            family: &self.example.family,
            body: match &self.example.body {
                model::Body::Chat { .. } => rows::BodyParam::Chat(rows::ChatParam { messages }),
                model::Body::Preference { chosen, rejected, .. } => {
                    rows::BodyParam::Preference(rows::PreferenceParam {
                        prompt: messages,
                        chosen: message(chosen),
                        rejected: message(rejected),
                    })
                }
                model::Body::LabelledText { text, label, task } => {
                    rows::BodyParam::LabelledText(rows::LabelledTextParam { text, label, task })
                }
                model::Body::Critique { completion, .. } => {
                    rows::BodyParam::Critique(rows::CritiqueParam { prompt: messages, completion })
                }
            },
            turns: &self.example.turns,
            because: &self.because,
            tags: &self.tags,
        }
    }
}

fn pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

const fn span(span: model::Span) -> wit::Span {
    wit::Span { start: span.start, end: span.end }
}

fn participant(participant: &model::Participant) -> wit::ParticipantParam<'_> {
    wit::ParticipantParam {
        name: participant.name.as_deref(),
        role: match participant.role {
            model::Role::Seller => wit::Role::Seller,
            model::Role::Prospect => wit::Role::Prospect,
            model::Role::Other => wit::Role::Other,
            model::Role::Unknown => wit::Role::Unknown,
        },
        role_confidence: participant.role_confidence,
        role_evidence: &participant.role_evidence,
        organisation: participant.organisation.as_deref(),
    }
}

const fn turn(turn: &model::Turn) -> wit::Turn {
    wit::Turn {
        participant: turn.participant,
        text: span(turn.text),
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        confidence: turn.confidence,
    }
}

const fn word(word: &model::Word) -> wit::Word {
    wit::Word {
        text: span(word.text),
        start_ms: word.start_ms,
        end_ms: word.end_ms,
        confidence: word.confidence,
    }
}

fn annotation(annotation: &model::Annotation) -> wit::AnnotationParam<'_> {
    wit::AnnotationParam {
        scope: match annotation.scope {
            model::Scope::Conversation => wit::Scope::Conversation,
            model::Scope::Turn(turn) => wit::Scope::Turn(turn),
            model::Scope::Span(turn, within) => wit::Scope::Span((turn, span(within))),
        },
        name: &annotation.name,
        definition: &annotation.definition,
        value: value(&annotation.value),
        rule: &annotation.rule,
        related_turns: &annotation.related_turns,
    }
}

fn value(value: &model::Value) -> wit::ValueParam<'_> {
    match value {
        model::Value::Number(number) => wit::ValueParam::Number(*number),
        model::Value::Text(text) => wit::ValueParam::Text(text),
        model::Value::Flag(flag) => wit::ValueParam::Flag(*flag),
        model::Value::Unavailable(reason) => wit::ValueParam::Unavailable(reason),
        model::Value::Label(label) => wit::ValueParam::Label(wit::LabelParam {
            name: &label.name,
            tier: match label.tier {
                model::Tier::Measure => wit::Tier::Measure,
                model::Tier::Cue => wit::Tier::Cue,
                model::Tier::Learned => wit::Tier::Learned,
                model::Tier::Llm => wit::Tier::Llm,
                model::Tier::Expert => wit::Tier::Expert,
            },
            confidence: label.confidence,
        }),
    }
}

fn message(message: &model::Message) -> rows::MessageParam<'_> {
    rows::MessageParam {
        role: match message.role {
            model::Speaker::System => rows::Speaker::System,
            model::Speaker::User => rows::Speaker::User,
            model::Speaker::Assistant => rows::Speaker::Assistant,
        },
        content: &message.content,
        train: message.train,
        turns: &message.turns,
    }
}
