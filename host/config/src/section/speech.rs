//! `[speech]`: how recordings become text.

use crate::decode::{Context, Form, Key, Node, Section, text, texts};
use crate::{Diagnostic, Speech, SpeechModel};

pub(super) const KEYS: &[Key] = &[
    Key::optional(
        "model",
        Form::Text,
        "a name of `rehearsal model list` or the path of a ggml file (default `base`)",
        "model = \"base\"",
    ),
    Key::optional(
        "language",
        Form::Text,
        "language code of the calls, or `auto` to detect it (default `auto`)",
        "language = \"en\"",
    ),
    Key::optional(
        "prompt",
        Form::Text,
        "text that the recogniser takes for what was said before",
        "prompt = \"A sales call about solar panels.\"",
    ),
    Key::optional(
        "vocabulary",
        Form::Texts,
        "names and products that it should expect",
        "vocabulary = [\"Brightline\"]",
    ),
];

const MODEL: &str = "base";

/// What holds where a file has no such section.
pub(super) fn default() -> Speech {
    Speech {
        model: SpeechModel::Catalogue(MODEL.to_owned()),
        model_span: 0..0,
        language: None,
        prompt: String::new(),
        vocabulary: Vec::new(),
    }
}

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Speech> {
    let section = Section::open(context, "`[speech]`", KEYS, node)?;
    let fallback = default();
    let model = section.get(context, "model", model);
    let language = section.get(context, "language", language);
    let prompt = section.get(context, "prompt", text);
    let vocabulary = section.get(context, "vocabulary", texts);
    Some(Speech {
        model: model.unwrap_or(fallback.model),
        model_span: section.node("model").map_or_else(|| section.span(), Node::span),
        language: language.unwrap_or(fallback.language),
        prompt: prompt.unwrap_or(fallback.prompt),
        vocabulary: vocabulary.unwrap_or(fallback.vocabulary),
    })
}

fn model(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<SpeechModel> {
    let written = text(context, key, node)?;
    if written.is_empty() {
        context.wrong_value(key, node, "a name or a path");
        return None;
    }
    if !written.contains('/') && !written.ends_with(".bin") {
        return Some(SpeechModel::Catalogue(written));
    }
    let path = context.resolve(&written);
    if path.is_file() {
        return Some(SpeechModel::File(path));
    }
    context.report(
        Diagnostic::error(format!("there is no model file `{written}`"))
            .label(node.span(), "not found")
            .help(format!("it was looked for at {}; {}", path.display(), key.about)),
    );
    None
}

fn language(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Option<String>> {
    let written = text(context, key, node)?;
    if written == "auto" {
        return Some(None);
    }
    // Whisper's codes are ISO 639-1 where there is one (`en`), else ISO 639-3 (`haw`).
    let is_code =
        matches!(written.len(), 2 | 3) && written.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_code {
        context.wrong_value(key, node, "a code of two or three lowercase letters, or `auto`");
        return None;
    }
    Some(Some(written))
}
