//! {{summary}}

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::rehearsal::plugin::path_builder_api::{Description, Guest};
use rehearsal::plugin::config;
use rehearsal::plugin::examples::{Body, Example, LabelledText};
use rehearsal::plugin::types::{Annotated, Error, Identity, Role};

const SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "minimum_words": { "type": "integer", "minimum": 1, "default": 3, "description": "Shorter turns are left out" }
  },
  "additionalProperties": false
}"#;

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
            // Names of the annotations that it wants to see; others are not passed.
            reads: vec![],
            families: vec!["classification".into()],
        }
    }

    fn build(batch: Vec<Annotated>) -> Vec<Result<Vec<Example>, Error>> {
        let minimum = minimum_words(&config::get());
        batch.iter().map(|call| Ok(examples(call, minimum))).collect()
    }
}

fn minimum_words(config: &str) -> usize {
    let config: serde_json::Value = serde_json::from_str(config).unwrap_or_default();
    config["minimum_words"].as_u64().unwrap_or(3) as usize
}

/// Each turn of somebody whose side is known: the text, and the side as its label.
fn examples(annotated: &Annotated, minimum: usize) -> Vec<Example> {
    let call = &annotated.conversation;
    let turns = call.turns.iter().enumerate();
    turns
        .filter_map(|(index, turn)| {
            let text = &call.text[turn.text.start as usize..turn.text.end as usize];
            let speaker = call.participants.get(turn.participant as usize)?;
            let label = side(speaker.role)?;
            (text.split_whitespace().count() >= minimum).then(|| Example {
                key: format!("turn.{index}"),
                family: "classification".into(),
                body: Body::LabelledText(LabelledText {
                    text: text.into(),
                    label: label.into(),
                    task: "side".into(),
                }),
                turns: vec![index as u32],
                because: vec![format!("the speaker's side is known by {}", speaker.role_evidence)],
                tags: vec![],
            })
        })
        .collect()
}

fn side(role: Role) -> Option<&'static str> {
    match role {
        Role::Seller => Some("seller"),
        Role::Prospect => Some("prospect"),
        Role::Other | Role::Unknown => None,
    }
}

// Natively, for tests, there is nobody to export to.
#[cfg(target_family = "wasm")]
export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_sides_are_no_labels() {
        assert_eq!(side(Role::Seller), Some("seller"));
        assert_eq!(side(Role::Unknown), None);
        assert_eq!(minimum_words(r#"{"minimum_words":5}"#), 5);
    }
}
