//! `[[source]]`, `[[extractor]]`, `[[path]]`, `[[validator]]`: a plugin with its settings.

use serde_json::{Map, Value};
use toml::de::DeValue;

use super::{grant, limits, split};
use crate::decode::{Context, Form, Key, Node, Section, choice, identifier, is_identifier, text};
use crate::json::{self, Places};
use crate::{Diagnostic, Learns, Plugin, Split, Stage, StageKind, StageSpans};

const ID: Key = Key::required("id", Form::Identifier, "what the stage is called", "id = \"calls\"");
const PLUGIN: Key = Key::required(
    "plugin",
    Form::Text,
    "a built-in plugin's name or the path of a component",
    "plugin = \"./plugins/mine.wasm\"",
);
const CONFIG: Key =
    Key::optional("config", Form::Open, "the plugin's own settings", "config = { }");
const GRANT: Key = Key::optional(
    "grant",
    Form::Table(grant::KEYS),
    "what the plugin may see beyond its input",
    "grant.files = \"examples/calls\"",
);
const LIMITS: Key = Key::optional(
    "limits",
    Form::Table(limits::KEYS),
    "what a call of the plugin may use up",
    "limits = { memory = \"256 MiB\", time = \"10 s\" }",
);
const LICENCE: Key = Key::optional(
    "licence",
    Form::Text,
    "licence of items that name none, as an SPDX identifier",
    "licence = \"CC0-1.0\"",
);
const SPLIT: Key = Key::optional(
    "split",
    Form::Table(split::KEYS),
    "shares of the splits",
    "split = { train = 0.8, validation = 0.1, test = 0.1 }",
);

const LEARNS: Key = Key::optional(
    "learns",
    Form::Choice(&LEARNERS),
    "whose turns its chats may train: `prospect`, `seller` or `any` (default `prospect`)",
    "learns = \"prospect\"",
);

const LEARNERS: [&str; 3] = ["prospect", "seller", "any"];

pub(super) const SOURCE_KEYS: &[Key] = &[ID, PLUGIN, LICENCE, CONFIG, GRANT, LIMITS];
pub(super) const PATH_KEYS: &[Key] = &[ID, PLUGIN, CONFIG, GRANT, LIMITS, SPLIT, LEARNS];
pub(super) const KEYS: &[Key] = &[ID, PLUGIN, CONFIG, GRANT, LIMITS];

/// A stage with what only some kinds have.
pub(super) struct Decoded {
    pub(super) stage: Stage,
    pub(super) licence: Option<String>,
    pub(super) split: Option<Split>,
    pub(super) learns: Learns,
}

pub(super) fn decode(
    context: &mut Context<'_>,
    kind: StageKind,
    node: &Node<'_>,
) -> Option<Decoded> {
    let keys = match kind {
        StageKind::Source => SOURCE_KEYS,
        StageKind::Path => PATH_KEYS,
        StageKind::Extractor | StageKind::Validator => KEYS,
    };
    let title = format!("`[[{}]]`", kind.section());
    let section = Section::open(context, &title, keys, node)?;
    let id = section.get(context, "id", identifier);
    let plugin = section.get(context, "plugin", plugin);
    let config = section.get(context, "config", config);
    let grants = section.get(context, "grant", |context, _, node| grant::decode(context, node));
    let limits = section.get(context, "limits", |context, _, node| limits::decode(context, node));
    let (mut licence, mut shares, mut learns) = (None, None, Learns::default());
    match kind {
        StageKind::Source => licence = section.get(context, "licence", text),
        StageKind::Path => {
            shares = section.get(context, "split", |context, _, node| split::decode(context, node));
            learns = section.get(context, "learns", whose).unwrap_or_default();
        }
        StageKind::Extractor | StageKind::Validator => {}
    }
    let (config, places) = config.unwrap_or_else(|| (Value::Object(Map::new()), Places::default()));
    let spans = StageSpans {
        header: section.span(),
        id: section.node("id")?.span(),
        plugin: section.node("plugin")?.span(),
        grant: section.node("grant").map(Node::span),
        config: places,
    };
    let stage = Stage {
        kind,
        id: id?,
        plugin: plugin?,
        config,
        grants: grants.unwrap_or_default(),
        limits: limits.unwrap_or_default(),
        spans,
    };
    Some(Decoded { stage, licence, split: shares, learns })
}

fn whose(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Learns> {
    let named = choice(context, key, node, &LEARNERS)?;
    Some(match named.as_str() {
        "seller" => Learns::Seller,
        "any" => Learns::Any,
        _ => Learns::Prospect,
    })
}

fn plugin(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Plugin> {
    let written = text(context, key, node)?;
    let is_path = written.contains(['/', '\\']) || written.ends_with(".wasm");
    if !is_path {
        if is_identifier(&written) {
            return Some(Plugin::BuiltIn(written));
        }
        context.report(
            Diagnostic::error(format!("`{written}` is no plugin"))
                .label(node.span(), "neither a name nor a path")
                .help(key.usage()),
        );
        return None;
    }
    let path = context.resolve(&written);
    if path.is_file() {
        return Some(Plugin::File(path));
    }
    context.report(
        Diagnostic::error(format!("there is no component `{written}`"))
            .label(node.span(), "not found")
            .help(format!("it was looked for at {}", path.display())),
    );
    None
}

fn config(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<(Value, Places)> {
    let DeValue::Table(_) = node.get_ref() else {
        context.wrong_type(key, node, "a table");
        return None;
    };
    json::convert(context, node)
}
