//! The form of a pipeline file as a JSON Schema, for editors: made from the same lists of
//! keys that the decoder reads by, so it cannot fall behind.
//!
//! It says what a file looks like. What needs a look around (files that exist, ids that
//! are used twice, shares that add up, settings of a plugin) stays the decoder's.

use serde_json::{Map, Value, json};

use crate::decode::{Form, Key};
use crate::section::SECTIONS;

/// The JSON Schema (2020-12) of pipeline.toml.
#[must_use]
pub fn schema() -> Value {
    let mut root = table(SECTIONS);
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("title".into(), "pipeline.toml of Rehearsal".into());
        let about = "Where sales calls come from, what is found in them, what is made of them";
        root.insert("description".into(), about.into());
    }
    root
}

fn table(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        properties.insert(key.name.to_owned(), property(key));
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(key: &Key) -> Value {
    let mut schema = value(key.form);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), key.about.into());
        if let Some(example) = example(key) {
            schema.insert("examples".into(), json!([example]));
        }
    }
    schema
}

fn value(form: Form) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match form {
        Form::Text => json!({ "type": "string" }),
        Form::Identifier => text("^[a-z0-9][a-z0-9_-]{0,63}$"),
        Form::Boolean => json!({ "type": "boolean" }),
        Form::Natural => json!({ "type": "integer", "minimum": 0 }),
        Form::Positive => json!({ "type": "integer", "minimum": 1 }),
        Form::Amount => json!({ "type": "number", "minimum": 0 }),
        Form::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Form::Size => text(r"^\s*[0-9]+(\.[0-9]+)?\s*[A-Za-z]+$"),
        Form::Duration => text(r"^\s*[0-9][0-9\sA-Za-zµ]*$"),
        Form::Rates => {
            let one = text(r"^\s*[0-9]+\s*/\s*(s|min|h|d)\s*$");
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Form::Day => text("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Form::Address => text(r"^https?://[^/*@?#\s]+(/[^*?#]*\*?)?$"),
        Form::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Form::Choice(choices) => json!({ "enum": choices }),
        Form::Choices(choices) => json!({ "type": "array", "items": { "enum": choices } }),
        Form::Table(keys) => table(keys),
        Form::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Form::TextOrTable(keys) => json!({ "anyOf": [{ "type": "string" }, table(keys)] }),
        Form::Open => json!({ "type": "object" }),
    }
}

/// The value in a key's example; none for sections, whose example is a header.
fn example(key: &Key) -> Option<Value> {
    let written: toml::Table = toml::from_str(key.example).ok()?;
    let mut value = toml::Value::Table(written);
    // Examples of grants are written as `grant.files = …`.
    loop {
        let toml::Value::Table(table) = &mut value else { return None };
        if let Some(found) = table.remove(key.name) {
            let example = serde_json::to_value(found).ok()?;
            let empty = example.as_object().is_some_and(Map::is_empty)
                || example.as_array().is_some_and(|all| all.iter().all(|one| *one == json!({})));
            return (!empty).then_some(example).map(dates);
        }
        let name = table.keys().next()?.clone();
        value = table.remove(&name)?;
    }
}

/// A date as people write it; the TOML reader wraps it in a table.
fn dates(value: Value) -> Value {
    match value.as_object() {
        Some(wrapped) if wrapped.len() == 1 => {
            wrapped.get("$__toml_private_datetime").cloned().unwrap_or_else(|| value.clone())
        }
        _ => value,
    }
}
