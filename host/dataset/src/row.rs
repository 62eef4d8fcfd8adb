//! An example as the JSON object that trainers read.
//!
//! Every row of a family has the same columns (tags are a list of pairs, not an
//! object), since readers infer one schema for all.

use rehearsal_model::{Body, Example, ExampleId, Message};
use serde_json::{Map, Value, json};

/// Where an example's call comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The source's id in pipeline.toml.
    pub source: String,
    /// SPDX identifier or the source's own words.
    pub licence: Option<String>,
}

/// The row of an example, columns in a fixed order.
pub(crate) fn row(id: &ExampleId, example: &Example, origin: &Origin) -> Value {
    let mut row = Map::new();
    row.insert("id".into(), json!(id.to_string()));
    match &example.body {
        Body::Chat { messages } => {
            row.insert("messages".into(), messages.iter().map(chat_message).collect());
        }
        Body::Preference { prompt, chosen, rejected } => {
            row.insert("prompt".into(), prompt.iter().map(plain_message).collect());
            row.insert("chosen".into(), json!([plain_message(chosen)]));
            row.insert("rejected".into(), json!([plain_message(rejected)]));
        }
        Body::LabelledText { text, label, task } => {
            row.insert("text".into(), json!(text));
            row.insert("label_name".into(), json!(label));
            row.insert("task".into(), json!(task));
        }
        Body::Critique { prompt, completion } => {
            row.insert("prompt".into(), prompt.iter().map(plain_message).collect());
            row.insert(
                "completion".into(),
                json!([{ "role": "assistant", "content": completion }]),
            );
        }
    }
    row.insert("conversation".into(), json!(id.conversation.to_string()));
    row.insert("turns".into(), json!(example.turns));
    row.insert("source".into(), json!(origin.source));
    row.insert("licence".into(), json!(origin.licence.as_deref().unwrap_or("unknown")));
    let tags =
        example.tags.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    row.insert("tags".into(), tags);
    Value::Object(row)
}

/// With Axolotl's per-message train flag.
fn chat_message(message: &Message) -> Value {
    json!({ "role": message.role, "content": message.content, "train": message.train })
}

fn plain_message(message: &Message) -> Value {
    json!({ "role": message.role, "content": message.content })
}
