//! `[dataset]`: what all data sets of a pipeline have in common.

use super::split;
use crate::decode::{Context, Form, Key, Node, Section, boolean, choice, list, texts};
use crate::{DatasetFormat, Datasets};

pub(super) const KEYS: &[Key] = &[
    Key::optional(
        "formats",
        Form::Choices(&FORMATS),
        "`parquet`, `jsonl`, `sharegpt` for LLaMA-Factory (default: all)",
        "formats = [\"parquet\", \"jsonl\"]",
    ),
    Key::optional(
        "conversations",
        Form::Boolean,
        "whether the calls themselves become a data set (default true)",
        "conversations = false",
    ),
    Key::optional(
        "refuse_licences",
        Form::Texts,
        "licences whose calls stay out; `*` at the end stands for anything, `unknown` for none",
        "refuse_licences = [\"unknown\", \"CC-BY-NC-*\"]",
    ),
    Key::optional(
        "split",
        Form::Table(split::KEYS),
        "how calls are divided where a path does not say",
        "split = { train = 0.8, validation = 0.1, test = 0.1 }",
    ),
];

const FORMATS: [&str; 3] = ["parquet", "jsonl", "sharegpt"];

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Datasets> {
    let section = Section::open(context, "`[dataset]`", KEYS, node)?;
    let fallback = Datasets::default();
    let formats = match section.node("formats") {
        None => Some(fallback.formats),
        Some(node) => {
            section.get(context, "formats", |context, key, _| formats(context, key, node))
        }
    };
    let conversations = section.get(context, "conversations", boolean);
    let refuse = section.get(context, "refuse_licences", texts);
    let split = section.get(context, "split", |context, _, node| split::decode(context, node));
    Some(Datasets {
        formats: formats?,
        conversations: conversations.unwrap_or(fallback.conversations),
        refuse_licences: refuse.unwrap_or_default(),
        split,
    })
}

fn formats(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Vec<DatasetFormat>> {
    let named = list(context, key, node, "an array of strings", |context, key, node| {
        choice(context, key, node, &FORMATS)
    })?;
    if named.is_empty() {
        context.wrong_value(key, node, "one format at least");
        return None;
    }
    let format = |name: String| match name.as_str() {
        "jsonl" => DatasetFormat::Jsonl,
        "sharegpt" => DatasetFormat::Sharegpt,
        _ => DatasetFormat::Parquet,
    };
    Some(named.into_iter().map(format).collect())
}
