//! `[review]`: what experts judge calls by, and where their verdicts are kept.

use crate::decode::{Context, Form, Key, Node, Section, text};
use crate::{Diagnostic, Review};

pub(super) const KEYS: &[Key] = &[
    Key::optional(
        "rubric",
        Form::Text,
        "the questions that experts answer of a call, a TOML file",
        "rubric = \"rubric.toml\"",
    ),
    Key::optional(
        "verdicts",
        Form::Text,
        "the journal of their answers: appended to, never rewritten (default `verdicts.jsonl`)",
        "verdicts = \"verdicts.jsonl\"",
    ),
];

/// Beside the pipeline's file and not in its workspace, which may be deleted.
const VERDICTS: &str = "verdicts.jsonl";

/// What holds where a file has no such section.
pub(super) fn default(context: &Context<'_>) -> Review {
    Review { rubric: None, verdicts: context.resolve(VERDICTS) }
}

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Review> {
    let section = Section::open(context, "`[review]`", KEYS, node)?;
    let rubric = section.get(context, "rubric", |context, key, node| {
        let written = text(context, key, node)?;
        let path = context.resolve(&written);
        if path.is_file() {
            return Some(path);
        }
        context.report(
            Diagnostic::error(format!("there is no rubric `{written}`"))
                .label(node.span(), "not found")
                .help(format!("it was looked for at {}; {}", path.display(), key.about)),
        );
        None
    });
    let verdicts = section.get(context, "verdicts", text);
    Some(Review { rubric, verdicts: context.resolve(verdicts.as_deref().unwrap_or(VERDICTS)) })
}
