//! Lists of turns: `{role, content}`, ShareGPT's `{from, value}`, `{speaker, text}` and
//! their like, plain strings, or any of it as JSON in a text.

use rehearsal_dialogue::{Parsed, Utterance, grammar};
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

use crate::Config;

/// Fields that say who speaks; the first there is counts.
const SPEAKERS: &[&str] =
    &["role", "from", "speaker", "speaker_id", "author", "sender", "user", "name"];
/// Fields that say what is said.
const CONTENTS: &[&str] = &["content", "value", "text", "message", "utterance", "body"];

/// Reads a cell.
pub(super) fn read(config: &Config, column: &str, cell: Option<&Value>) -> Result<Parsed> {
    let parsed;
    let cell = match cell {
        Some(Value::String(text)) => {
            parsed = serde_json::from_str::<Value>(text).map_err(|error| {
                Error::invalid(format!(
                    "the column `{column}` is no list of turns as JSON: {error}"
                ))
            })?;
            &parsed
        }
        Some(cell) => cell,
        None => return Ok(Parsed::default()),
    };
    match cell {
        Value::Null => Ok(Parsed::default()),
        Value::Array(list) => turns(config, column, list),
        // `Sequence` of old data sets: a list a field instead of a field a turn.
        Value::Object(lists) => turns(config, column, &transposed(lists)),
        _ => Err(Error::invalid(format!("the column `{column}` is no list of turns"))),
    }
}

fn turns(config: &Config, column: &str, list: &[Value]) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    for (index, turn) in (1..).zip(list) {
        let utterance = match turn {
            Value::String(text) => of_string(text),
            Value::Object(fields) => of_object(config, fields).ok_or_else(|| {
                let keys = fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                Error::invalid(format!(
                    "turn {index} of `{column}` has no field that says what is said ({keys}); \
                     name it with `content` in `config`"
                ))
            })?,
            _ => {
                let what = format!("turn {index} of `{column}` is neither text nor a table");
                return Err(Error::invalid(what));
            }
        };
        // Instructions to a model are not said in the call.
        if utterance.speaker.as_deref() == Some("system") {
            let fact = ("system_prompt".to_owned(), utterance.text);
            parsed.about.metadata.push(fact);
            continue;
        }
        parsed.utterances.push(Utterance { line: index, ..utterance });
    }
    Ok(parsed)
}

/// `Customer: Hi`, or words alone.
pub(super) fn of_string(text: &str) -> Utterance {
    let (speaker, text) = match grammar::name_and_text(text) {
        Some((name, text)) => (Some(name.to_owned()), text),
        None => (None, text),
    };
    Utterance { speaker, text: text.to_owned(), ..Utterance::default() }
}

fn of_object(config: &Config, fields: &Map<String, Value>) -> Option<Utterance> {
    let find = |named: &Option<String>, usual: &[&str]| match named {
        Some(name) => fields.get(name),
        None => usual.iter().find_map(|name| fields.get(*name)),
    };
    let text = said(find(&config.content, CONTENTS)?)?;
    let speaker = match find(&config.speaker, SPEAKERS) {
        Some(Value::String(name)) => Some(name.clone()),
        Some(Value::Number(number)) => Some(format!("Speaker {number}")),
        _ => None,
    };
    Some(Utterance { speaker, text, ..Utterance::default() })
}

/// A text, nothing, or OpenAI's list of parts of which some are text.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            Some(texts.collect::<Vec<_>>().join(" "))
        }
        _ => None,
    }
}

/// `{"speaker": ["a", "b"], "text": ["x", "y"]}` as a list of turns.
fn transposed(lists: &Map<String, Value>) -> Vec<Value> {
    let len = lists.values().filter_map(|list| list.as_array().map(Vec::len)).max().unwrap_or(0);
    let cell = |list: &Value, row: usize| list.as_array()?.get(row).cloned();
    let row = |row| {
        let fields = lists.iter().filter_map(|(key, list)| Some((key.clone(), cell(list, row)?)));
        Value::Object(fields.collect())
    };
    (0..len).map(row).collect()
}
