//! `[privacy]`: what becomes of personal data before any plugin sees it.

use crate::decode::{Context, Form, Key, Node, Section, choice, text};
use crate::{Diagnostic, KeyPlace, Privacy, PrivacyMode, PseudonymScope};

const MODES: [&str; 3] = ["redact", "report", "off"];
const SCOPES: [&str; 2] = ["call", "account"];

pub(super) const KEYS: &[Key] = &[
    Key::optional(
        "mode",
        Form::Choice(&MODES),
        "`redact` replaces personal data by pseudonyms, `report` only counts it, `off` does not \
         look (default `redact`)",
        "mode = \"redact\"",
    ),
    Key::optional(
        "key_file",
        Form::Text,
        "file of the key that pseudonyms follow from, made at the first run (default: \
         `rehearsal/privacy.key` in the user's configuration folder)",
        "key_file = \"/etc/rehearsal/privacy.key\"",
    ),
    Key::optional(
        "key_env",
        Form::Text,
        "environment variable that holds the key, 64 hexadecimal digits",
        "key_env = \"REHEARSAL_PRIVACY_KEY\"",
    ),
    Key::optional(
        "scope",
        Form::Choice(&SCOPES),
        "how long a person keeps a pseudonym: for a `call`, or over all calls of an `account` \
         (default `call`)",
        "scope = \"account\"",
    ),
    Key::optional(
        "release",
        Form::Text,
        "name of the release: another one gives everybody other pseudonyms",
        "release = \"2026-03\"",
    ),
];

/// What holds where a file has no such section.
pub(super) fn default() -> Privacy {
    Privacy {
        mode: PrivacyMode::Redact,
        key: KeyPlace::Default,
        scope: PseudonymScope::Call,
        release: String::new(),
    }
}

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Privacy> {
    let section = Section::open(context, "`[privacy]`", KEYS, node)?;
    let fallback = default();
    let mode = section.get(context, "mode", |context, key, node| {
        let mode = choice(context, key, node, &MODES)?;
        Some(match mode.as_str() {
            "off" => PrivacyMode::Off,
            "report" => PrivacyMode::Report,
            _ => PrivacyMode::Redact,
        })
    });
    let scope = section.get(context, "scope", |context, key, node| {
        let scope = choice(context, key, node, &SCOPES)?;
        Some(if scope == "account" { PseudonymScope::Account } else { PseudonymScope::Call })
    });
    let release = section.get(context, "release", text);
    let file = section.get(context, "key_file", text);
    let variable = section.get(context, "key_env", text);
    let key = match (file, variable) {
        (Some(_), Some(_)) => {
            context.report(
                Diagnostic::error("`[privacy]` names two keys")
                    .label(section.span(), "has `key_file` and `key_env`")
                    .help("keep one of them"),
            );
            return None;
        }
        (Some(file), None) => KeyPlace::File(context.resolve(&file)),
        (None, Some(variable)) => KeyPlace::Environment(variable),
        (None, None) => fallback.key,
    };
    Some(Privacy {
        mode: mode.unwrap_or(fallback.mode),
        key,
        scope: scope.unwrap_or(fallback.scope),
        release: release.unwrap_or(fallback.release),
    })
}
