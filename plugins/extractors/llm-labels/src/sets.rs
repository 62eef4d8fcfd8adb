//! The sets of labels that are asked for: names, whose turns, how many a turn. They are
//! those of the extractors of tiers one and two, so that tiers can be compared.

use rehearsal_labels::names;
use rehearsal_sdk::prelude::*;
use serde_json::{Value as Json, json};

/// NEPQ question type of a seller's turn.
pub const NEPQ: Kind = Kind::new(
    "nepq",
    "nepq.llm@1",
    "NEPQ question type of a seller's turn, by a language model (plugins/extractors/llm-labels/prompts)",
)
.with_labels(names::NEPQ);

/// A technique in a seller's turn.
pub const TECHNIQUE: Kind = Kind::new(
    "technique",
    "technique.llm@1",
    "Technique in a seller's turn, by a language model (plugins/extractors/llm-labels/prompts)",
)
.with_labels(names::TECHNIQUES);

/// An objection in a prospect's turn.
pub const OBJECTION: Kind = Kind::new(
    "objection",
    "objection.llm@1",
    "Objection in a prospect's turn, by a language model (plugins/extractors/llm-labels/prompts); related turns answer it",
)
.with_labels(names::OBJECTIONS);

/// How a seller's turn handles an objection.
pub const MOVE: Kind = Kind::new(
    "objection_move",
    "objection_move.llm@1",
    "How a seller's turn handles an objection, by a language model (plugins/extractors/llm-labels/prompts); the related turn raised it",
)
.with_labels(names::MOVES);

/// How an objection ends.
pub const OUTCOME: Kind = Kind::new(
    "objection_outcome",
    "objection_outcome.llm@1",
    "How the objection of this turn ends, by a language model (plugins/extractors/llm-labels/prompts)",
)
.with_labels(names::OUTCOMES);

/// A sign of listening in a turn of either side.
pub const LISTENING: Kind = Kind::new(
    "listening",
    "listening.llm@1",
    "Sign of listening in a turn of either side, by a language model (plugins/extractors/llm-labels/prompts); interruption is its opposite",
)
.with_labels(names::LISTENING);

/// What a model says of an objection that has no outcome yet.
const UNCLEAR: &str = "unclear";

/// A set of labels.
#[derive(Debug)]
pub(crate) struct Set {
    /// As answers name it.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whose turns carry it.
    sides: &'static [Role],
    /// At most one label a turn.
    pub(crate) single: bool,
}

/// All, in the order in which a turn's labels are given.
pub(crate) const SETS: [Set; 5] = [
    Set { name: "nepq", kind: NEPQ, sides: &[Role::Seller], single: true },
    Set { name: "technique", kind: TECHNIQUE, sides: &[Role::Seller], single: false },
    Set { name: "objection", kind: OBJECTION, sides: &[Role::Prospect], single: true },
    Set { name: "move", kind: MOVE, sides: &[Role::Seller], single: true },
    Set {
        name: "listening",
        kind: LISTENING,
        sides: &[Role::Seller, Role::Prospect],
        single: false,
    },
];

impl Set {
    /// The set of that name and the place among [`SETS`].
    pub(crate) fn named(name: &str) -> Option<(usize, &'static Self)> {
        const ALL: &[Set] = &SETS;
        ALL.iter().enumerate().find(|(_, set)| set.name == name)
    }

    /// The label as this program writes it.
    pub(crate) fn label(&self, name: &str) -> Option<&'static str> {
        self.kind.labels.iter().copied().find(|label| *label == name)
    }

    pub(crate) fn is_of(&self, role: Role) -> bool {
        self.sides.contains(&role)
    }
}

/// The outcome of that name; none for what is unclear or unknown.
pub(crate) fn outcome(name: &str) -> Option<&'static str> {
    OUTCOME.labels.iter().copied().find(|label| *label == name)
}

/// The form of an answer, for servers that hold a model to one.
pub(crate) fn schema() -> Json {
    let of_set = |set: &Set| {
        let mut properties = json!({
            "turn": { "type": "integer" },
            "set": { "type": "string", "enum": [set.name] },
            "label": { "type": "string", "enum": set.kind.labels },
            "quote": { "type": "string" },
        });
        let mut required = vec!["turn", "set", "label", "quote"];
        if set.kind.name == OBJECTION.name {
            let ends: Vec<&str> = OUTCOME.labels.iter().copied().chain([UNCLEAR]).collect();
            properties["outcome"] = json!({ "type": "string", "enum": ends });
            required.push("outcome");
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    let findings: Vec<Json> = SETS.iter().map(of_set).collect();
    json!({
        "type": "object",
        "properties": { "findings": { "type": "array", "items": { "anyOf": findings } } },
        "required": ["findings"],
        "additionalProperties": false,
    })
}
