//! The forms that rows take, and the columns of each.
//!
//! Every row of a configuration has the same columns (tags are a list of pairs, not an
//! object), since readers infer one schema for all. The first columns are what the
//! trainers of that form read, the others say where the row came from.

use serde::{Deserialize, Serialize};

use crate::schema::{Field, Type};

/// What kind of row it is, and so which trainers read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A whole call with what was found in it.
    Conversation,
    /// Messages with a train flag each.
    Chat,
    /// Prompt and completion.
    Critique,
    /// A prompt with a better and a worse answer.
    Preference,
    /// A prompt with one answer and whether it is a good one; made of [`Self::Preference`].
    Feedback,
    /// A text and its class.
    Labelled,
}

impl Form {
    /// Name of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Chat => "chat",
            Self::Critique => "critique",
            Self::Preference => "preference",
            Self::Feedback => "kto",
            Self::Labelled => "labelled",
        }
    }

    /// What a row of it is, for the card.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Conversation => "calls in normal form, with every annotation",
            Self::Chat => "chats; `train` marks the messages to learn from",
            Self::Critique => "prompt and completion",
            Self::Preference => "prompt, chosen and rejected answer (DPO)",
            Self::Feedback => "prompt, answer and whether it is good (KTO)",
            Self::Labelled => "texts with a class",
        }
    }

    /// Its columns.
    #[must_use]
    pub fn schema(self) -> Vec<Field> {
        let text = || Type::Text;
        let messages = || {
            Type::records(vec![
                Field::new("role", text(), "system, user or assistant"),
                Field::new("content", text(), "what is said"),
            ])
        };
        let mut fields =
            vec![Field::new("id", text(), "names the row; `rehearsal explain` takes it")];
        match self {
            Self::Conversation => {
                fields.extend(conversation());
                return fields;
            }
            Self::Chat => {
                let flagged = Type::records(vec![
                    Field::new("role", text(), "system, user or assistant"),
                    Field::new("content", text(), "what is said"),
                    Field::new("train", Type::Flag, "whether to learn from it"),
                ]);
                fields.push(Field::new("messages", flagged, "the dialogue, in order"));
                fields.push(Field::new(
                    "inserted_user_turn",
                    Type::Flag,
                    "whether the first user message was put in, since the other side spoke first",
                ));
            }
            Self::Critique => {
                fields.push(Field::new("prompt", messages(), "what the model sees"));
                fields.push(Field::new("completion", messages(), "what it should answer"));
            }
            Self::Preference => {
                fields.push(Field::new("prompt", messages(), "what came before"));
                fields.push(Field::new("chosen", messages(), "the better answer"));
                fields.push(Field::new("rejected", messages(), "the worse answer"));
            }
            Self::Feedback => {
                fields.push(Field::new("prompt", messages(), "what came before"));
                fields.push(Field::new("completion", messages(), "an answer"));
                fields.push(Field::new("label", Type::Flag, "whether it is a good one"));
            }
            Self::Labelled => {
                fields.push(Field::new("text", text(), "what is classified"));
                fields.push(Field::new("label_name", text(), "its class"));
                fields.push(Field::new("task", text(), "what the classes are of"));
            }
        }
        fields.extend(origin());
        fields
    }
}

/// Where a row came from.
fn origin() -> Vec<Field> {
    let tag = vec![
        Field::new("name", Type::Text, "what the tag is of"),
        Field::new("value", Type::Text, "its value"),
    ];
    vec![
        Field::new("conversation", Type::Text, "the call that it was made of"),
        Field::new("turns", Type::list(Type::Integer), "turns of the call that it rests on"),
        Field::new("source", Type::Text, "source of the call"),
        Field::new("licence", Type::Text, "licence of the call, or `unknown`"),
        Field::new("tags", Type::records(tag), "further attributes"),
    ]
}

fn conversation() -> Vec<Field> {
    let text = || Type::Text;
    let participant = vec![
        Field::new("name", text(), "as the source names them"),
        Field::new("role", text(), "seller, prospect, other or unknown"),
        Field::new("role_confidence", Type::Number, "0 to 1"),
        Field::new("role_evidence", text(), "what the role rests on"),
        Field::new("organisation", text(), "the company they speak for"),
    ];
    let turn = vec![
        Field::new("participant", Type::Integer, "index into `participants`"),
        Field::new("role", text(), "the speaker's side"),
        Field::new("text", text(), "what was said"),
        Field::new("start_ms", Type::Integer, "milliseconds from the start"),
        Field::new("end_ms", Type::Integer, "milliseconds from the start"),
        Field::new("confidence", Type::Number, "of speech recognition, 0 to 1"),
    ];
    let annotation = vec![
        Field::new("stage", text(), "the extractor"),
        Field::new("name", text(), "what was looked at"),
        Field::new("definition", text(), "id of the exact definition"),
        Field::new("turn", Type::Integer, "the turn it is about; absent for the whole call"),
        Field::new("quote", text(), "the words it is about, where it is about some"),
        Field::new("kind", text(), "number, text, label, flag or unavailable"),
        Field::new("number", Type::Number, "a measure, in the unit of its definition"),
        Field::new("text", text(), "a text, a label's name, or why there is no value"),
        Field::new("flag", Type::Flag, "yes or no"),
        Field::new("tier", text(), "of a label: measure, cue, learned, llm or expert"),
        Field::new("confidence", Type::Number, "of a label, calibrated, 0 to 1"),
        Field::new("rule", text(), "the rule or model that found it"),
        Field::new("related_turns", Type::list(Type::Integer), "other turns it rests on"),
    ];
    vec![
        Field::new("turns", Type::records(turn), "who said what when, in order"),
        Field::new("participants", Type::records(participant), "who takes part"),
        Field::new("annotations", Type::records(annotation), "what extractors found"),
        Field::new("title", text(), "for a person"),
        Field::new("language", text(), "BCP 47"),
        Field::new("started_at", text(), "RFC 3339"),
        Field::new("duration_ms", Type::Integer, "whole length"),
        Field::new("account", text(), "the customer's account"),
        Field::new("source", text(), "source of the call"),
        Field::new("licence", text(), "licence of the call, or `unknown`"),
        Field::new("consent", text(), "what the parties agreed to"),
    ]
}
