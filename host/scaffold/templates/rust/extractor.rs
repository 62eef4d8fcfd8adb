//! {{summary}}

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::rehearsal::plugin::extractor_api::{AnnotationKind, Description, Guest, Needs};
use rehearsal::plugin::config;
use rehearsal::plugin::types::{
    Annotation, Conversation, Error, Identity, Scope, Span, Turn, Value,
};

/// Checked by the host against the table `config` in pipeline.toml, before anything runs.
const SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "mark": { "type": "string", "minLength": 1, "default": "?", "description": "Ends a question" }
  },
  "additionalProperties": false
}"#;

/// A new id for every change of meaning: results of two definitions never mix.
const DEFINITION: &str = "{{name}}.mark@1";

/// The plugin: a function for each of the contract's.
pub struct Plugin;

impl Guest for Plugin {
    fn describe() -> Description {
        Description {
            identity: Identity {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
                summary: env!("CARGO_PKG_DESCRIPTION").into(),
                config_schema: SCHEMA.into(),
            },
            needs: Needs::empty(),
            emits: vec![AnnotationKind {
                name: "{{name}}".into(),
                definition: DEFINITION.into(),
                meaning: "A sentence that ends with the mark; the span is the sentence".into(),
                labels: vec![],
            }],
        }
    }

    fn extract(batch: Vec<Conversation>) -> Vec<Result<Vec<Annotation>, Error>> {
        let mark = mark(&config::get());
        batch.iter().map(|call| Ok(annotate(call, &mark))).collect()
    }
}

fn mark(config: &str) -> String {
    let config: serde_json::Value = serde_json::from_str(config).unwrap_or_default();
    config["mark"].as_str().unwrap_or("?").to_owned()
}

fn annotate(call: &Conversation, mark: &str) -> Vec<Annotation> {
    let turns = call.turns.iter().enumerate();
    turns.flat_map(|(index, turn)| found(call, index, turn, mark)).collect()
}

/// An annotation a question of a turn. Spans count bytes of `call.text`.
fn found(call: &Conversation, index: usize, turn: &Turn, mark: &str) -> Vec<Annotation> {
    let origin = turn.text.start;
    questions(&call.text[turn.text.start as usize..turn.text.end as usize], mark)
        .into_iter()
        .map(|(start, end)| Annotation {
            scope: Scope::Span((
                index as u32,
                Span { start: origin + start as u32, end: origin + end as u32 },
            )),
            name: "{{name}}".into(),
            definition: DEFINITION.into(),
            value: Value::Flag(true),
            rule: "mark".into(),
            related_turns: vec![],
        })
        .collect()
}

/// Sentences of `text` that end with `mark`, as ranges of bytes.
fn questions(text: &str, mark: &str) -> Vec<(usize, usize)> {
    let (mut found, mut former, mut seen) = (Vec::new(), 0, 0);
    for (at, _) in text.match_indices(mark) {
        // What was looked at before is not looked at again: a turn may have a megabyte.
        former = text[seen..at].rfind(['.', '!', '?', '\n']).map_or(former, |end| seen + end + 1);
        seen = at;
        let start = at - text[former..at].trim_start_matches(' ').len();
        if start < at {
            found.push((start, at + mark.len()));
        }
    }
    found
}

// Natively, for tests, there is nobody to export to.
#[cfg(target_family = "wasm")]
export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_sentence_before_its_mark() {
        let text = "Grüß Gott. How long has that been? Fine.";
        let found: Vec<_> =
            questions(text, "?").into_iter().map(|(start, end)| &text[start..end]).collect();
        assert_eq!(found, ["How long has that been?"]);
        assert!(questions("??", "?").is_empty());
    }

    #[test]
    fn the_mark_is_configurable() {
        assert_eq!(mark("{}"), "?");
        assert_eq!(mark(r#"{"mark":"؟"}"#), "؟");
    }
}
