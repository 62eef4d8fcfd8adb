//! `[semantics]`: what texts are embedded with, for plugins that were granted it.

use crate::Semantics;
use crate::decode::{Context, Form, Key, Node, Section, text};

pub(super) const KEYS: &[Key] = &[Key::optional(
    "model",
    Form::Text,
    "a name of `rehearsal model list` of the kind `embedding` (default `all-minilm-l6-v2`)",
    "model = \"all-minilm-l6-v2\"",
)];

const MODEL: &str = "all-minilm-l6-v2";

/// What holds where a file has no such section.
pub(super) fn default() -> Semantics {
    Semantics { model: MODEL.to_owned(), model_span: 0..0 }
}

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Semantics> {
    let section = Section::open(context, "`[semantics]`", KEYS, node)?;
    let model = section.get(context, "model", text);
    Some(Semantics {
        model: model.unwrap_or(default().model),
        model_span: section.node("model").map_or_else(|| section.span(), Node::span),
    })
}
