//! Examples and calls as rows: cells in the order of their form's columns.

use rehearsal_model::{
    Annotation, Body, Conversation, ConversationId, Example, ExampleId, Message, Scope, Speaker,
    Tier, Value,
};

use crate::form::Form;
use crate::licence::UNKNOWN;
use crate::schema::Cell;

/// Where an example's call comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The source's id in pipeline.toml.
    pub source: String,
    /// SPDX identifier or the source's own words.
    pub licence: Option<String>,
}

impl Origin {
    pub(crate) fn licence(&self) -> &str {
        self.licence.as_deref().unwrap_or(UNKNOWN)
    }
}

type Row<'a> = Vec<Cell<'a>>;

/// The rows of an example, each with its form: one, or a preference pair's own and the
/// two judged answers in it.
pub(crate) fn rows<'a>(
    id: &ExampleId,
    example: &'a Example,
    origin: &'a Origin,
) -> Vec<(Form, Row<'a>)> {
    let whole = |form: Form, name: String, own: Row<'a>| {
        let mut row = vec![Cell::owned(name)];
        row.extend(own);
        row.extend([
            Cell::owned(id.conversation.to_string()),
            Cell::integers(&example.turns),
            Cell::text(&origin.source),
            Cell::text(origin.licence()),
            Cell::List(
                example
                    .tags
                    .iter()
                    .map(|(name, value)| Cell::Record(vec![Cell::text(name), Cell::text(value)]))
                    .collect(),
            ),
        ]);
        (form, row)
    };
    let name = id.to_string();
    match &example.body {
        Body::Chat { messages } => {
            let flagged = messages.iter().map(flagged).collect();
            let own = vec![Cell::List(flagged), Cell::Flag(opens_with_inserted(messages))];
            vec![whole(Form::Chat, name, own)]
        }
        Body::Critique { prompt, completion } => {
            let own = vec![plain(prompt), answer(completion)];
            vec![whole(Form::Critique, name, own)]
        }
        Body::Preference { prompt, chosen, rejected } => {
            let judged = |suffix: &str, message: &'a Message, good: bool| {
                let own = vec![plain(prompt), answer(&message.content), Cell::Flag(good)];
                whole(Form::Feedback, format!("{name}{suffix}"), own)
            };
            let own = vec![plain(prompt), answer(&chosen.content), answer(&rejected.content)];
            vec![
                whole(Form::Preference, name.clone(), own),
                judged("#chosen", chosen, true),
                judged("#rejected", rejected, false),
            ]
        }
        Body::LabelledText { text, label, task } => {
            let own = vec![Cell::text(text), Cell::text(label), Cell::text(task)];
            vec![whole(Form::Labelled, name, own)]
        }
    }
}

fn flagged(message: &Message) -> Cell<'_> {
    let role = Cell::text(role(message.role));
    Cell::Record(vec![role, Cell::text(&message.content), Cell::Flag(message.train)])
}

fn plain(messages: &[Message]) -> Cell<'_> {
    let mut list = Vec::with_capacity(messages.len());
    for one in messages {
        list.push(Cell::Record(vec![Cell::text(role(one.role)), Cell::text(&one.content)]));
    }
    Cell::List(list)
}

fn answer(content: &str) -> Cell<'_> {
    Cell::List(vec![Cell::Record(vec![Cell::text(role(Speaker::Assistant)), Cell::text(content)])])
}

/// Whether the dialogue opens with a user message that nobody said.
fn opens_with_inserted(messages: &[Message]) -> bool {
    messages
        .iter()
        .find(|message| message.role != Speaker::System)
        .is_some_and(|first| first.role == Speaker::User && first.turns.is_empty())
}

pub(crate) const fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// The row of a call; `found` are annotations by stage.
pub(crate) fn conversation<'a>(
    id: ConversationId,
    call: &'a Conversation,
    found: &[(&'a str, &'a [Annotation])],
    origin: &'a Origin,
) -> Row<'a> {
    let milliseconds = |ms: Option<u32>| ms.map_or(Cell::Null, |ms| Cell::Integer(ms.into()));
    let turns = call.turns.iter().map(|turn| {
        Cell::Record(vec![
            Cell::Integer(turn.participant.into()),
            Cell::text(call.role(turn).name()),
            Cell::text(call.turn_text(turn)),
            milliseconds(turn.start_ms),
            milliseconds(turn.end_ms),
            turn.confidence.map_or(Cell::Null, short),
        ])
    });
    let participants = call.participants.iter().map(|one| {
        Cell::Record(vec![
            Cell::maybe(one.name.as_deref()),
            Cell::text(one.role.name()),
            short(one.role_confidence),
            Cell::text(&one.role_evidence),
            Cell::maybe(one.organisation.as_deref()),
        ])
    });
    let annotations =
        found.iter().flat_map(|(stage, of)| of.iter().map(move |one| annotation(call, stage, one)));
    vec![
        Cell::owned(id.to_string()),
        Cell::List(turns.collect()),
        Cell::List(participants.collect()),
        Cell::List(annotations.collect()),
        Cell::maybe(call.title.as_deref()),
        Cell::maybe(call.language.as_deref()),
        Cell::maybe(call.started_at.as_deref()),
        milliseconds(call.duration_ms),
        Cell::maybe(call.account.as_deref()),
        Cell::text(&origin.source),
        Cell::text(origin.licence()),
        Cell::maybe(call.consent.as_deref()),
    ]
}

fn annotation<'a>(call: &'a Conversation, stage: &'a str, one: &'a Annotation) -> Cell<'a> {
    let quote = match one.scope {
        Scope::Span(_, span) => Cell::text(call.slice(span)),
        Scope::Turn(_) | Scope::Conversation => Cell::Null,
    };
    let (kind, number, text, flag) = match &one.value {
        Value::Number(number) => ("number", Cell::Number(*number), Cell::Null, Cell::Null),
        Value::Text(text) => ("text", Cell::Null, Cell::text(text), Cell::Null),
        Value::Label(label) => ("label", Cell::Null, Cell::text(&label.name), Cell::Null),
        Value::Flag(flag) => ("flag", Cell::Null, Cell::Null, Cell::Flag(*flag)),
        Value::Unavailable(why) => ("unavailable", Cell::Null, Cell::text(why), Cell::Null),
    };
    let (tier, confidence) = match &one.value {
        Value::Label(label) => (Cell::text(tier(label.tier)), short(label.confidence)),
        _ => (Cell::Null, Cell::Null),
    };
    Cell::Record(vec![
        Cell::text(stage),
        Cell::text(&one.name),
        Cell::text(&one.definition),
        one.scope.turn().map_or(Cell::Null, |turn| Cell::Integer(turn.into())),
        quote,
        Cell::text(kind),
        number,
        text,
        flag,
        tier,
        confidence,
        Cell::text(&one.rule),
        Cell::integers(&one.related_turns),
    ])
}

/// A short float as it was written, not as its binary form: 0.8, not 0.800000011920929.
fn short(number: f32) -> Cell<'static> {
    Cell::Number(number.to_string().parse().unwrap_or_else(|_| f64::from(number)))
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Measure => "measure",
        Tier::Cue => "cue",
        Tier::Learned => "learned",
        Tier::Llm => "llm",
        Tier::Expert => "expert",
    }
}
