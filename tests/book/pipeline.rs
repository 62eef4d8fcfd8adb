//! The reference of pipeline.toml, out of its JSON Schema.

use serde_json::{Map, Value};

use crate::rehearsal;

const HEAD: &str = "\
# pipeline.toml: every key

Made from the schema that `rehearsal schema` prints. [The guide](../pipeline.md) explains
what belongs together and why. An editor with a TOML language server completes and checks
the file by the schema:

```sh
rehearsal schema > pipeline.schema.json     # then, first in pipeline.toml: #:schema ./pipeline.schema.json
```
";

pub(crate) fn page() -> String {
    let schema: Value = serde_json::from_str(&rehearsal(&["schema"])).expect("it is JSON");
    let mut page = HEAD.to_owned();
    let mut told = Vec::new();
    for (name, section) in schema["properties"].as_object().expect("sections") {
        let header = match section["type"].as_str() {
            Some("array") => format!("[[{name}]]"),
            _ => format!("[{name}]"),
        };
        let required =
            schema["required"].as_array().is_some_and(|all| all.contains(&name.as_str().into()));
        let about = section["description"].as_str().unwrap_or_default();
        let must = if required { ", required" } else { "" };
        page.push_str(&format!("\n## `{header}`\n\nSays {about}{must}.\n"));
        table(name, inner(section).expect("keys"), &mut page, &mut told);
    }
    page
}

/// The schema whose keys a table has, in a list or beside a short form.
fn inner(schema: &Value) -> Option<&Value> {
    let forms = schema["anyOf"].as_array();
    let mut candidates = [schema, &schema["items"]].into_iter().chain(forms.into_iter().flatten());
    candidates.find(|one| one["properties"].is_object())
}

/// A table of keys, then the tables of those keys that are tables themselves, each once.
fn table(path: &str, schema: &Value, page: &mut String, told: &mut Vec<(Value, String)>) {
    page.push_str("\n| key | value | meaning | example |\n|---|---|---|---|\n");
    let properties = schema["properties"].as_object().expect("keys");
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut below = Map::new();
    for (name, key) in properties {
        let must = if required.contains(&name.as_str().into()) { ", required" } else { "" };
        let example = key["examples"].get(0).map(|value| format!("`{}`", toml(value)));
        page.push_str(&format!(
            "| `{name}` | {}{must} | {} | {} |\n",
            form(key),
            cell(key["description"].as_str().unwrap_or_default()),
            cell(&example.unwrap_or_default()),
        ));
        if inner(key).is_some() {
            below.insert(name.clone(), key.clone());
        }
    }
    for (name, key) in below {
        let path = format!("{path}.{name}");
        let keys = inner(&key).expect("it has keys");
        if let Some((_, first)) = told.iter().find(|(known, _)| known == keys) {
            page.push_str(&format!("\n`{path}` has the keys of `{first}`.\n"));
            continue;
        }
        told.push((keys.clone(), path.clone()));
        page.push_str(&format!("\n### `{path}`\n"));
        table(&path, keys, page, told);
    }
}

/// What a value looks like, in words.
fn form(schema: &Value) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        let all: Vec<String> = choices.iter().map(|one| format!("`{}`", toml(one))).collect();
        return format!("one of {}", all.join(", "));
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().map(form).collect::<Vec<_>>().join(", or ");
    }
    match schema["type"].as_str() {
        Some("array") if schema["items"]["properties"].is_object() => "tables".to_owned(),
        Some("array") if schema["items"]["enum"].is_array() => {
            form(&schema["items"]).replacen("one", "a list", 1)
        }
        Some("array") => "a list of texts".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => format!("a whole number from {}", schema["minimum"]),
        Some("number") if schema["maximum"].is_null() => "a number from 0".to_owned(),
        Some("number") => "a number from 0 to 1".to_owned(),
        Some("object") => "a table".to_owned(),
        _ => "text".to_owned(),
    }
}

/// A value as TOML writes it.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(table) => {
            let keys: Vec<String> =
                table.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect();
            format!("{{ {} }}", keys.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// Text that does not end its cell.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
