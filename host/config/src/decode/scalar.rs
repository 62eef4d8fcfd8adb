//! Decoders of single values and lists of them.

use std::ops::RangeInclusive;

use toml::de::{DeInteger, DeValue};

use super::{Context, Key, Node};
use crate::{Diagnostic, suggest};

/// Longest id in bytes: it becomes the name of a folder.
const LONGEST_ID: usize = 64;

/// A string.
pub(crate) fn text(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<String> {
    match node.get_ref() {
        DeValue::String(text) => Some(text.clone().into_owned()),
        _ => {
            context.wrong_type(key, node, "a string");
            None
        }
    }
}

/// `true` or `false`.
pub(crate) fn boolean(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<bool> {
    let value = node.get_ref().as_bool();
    if value.is_none() {
        context.wrong_type(key, node, "true or false");
    }
    value
}

/// A name fit for a folder on every system.
pub(crate) fn identifier(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<String> {
    let id = text(context, key, node)?;
    if is_identifier(&id) {
        return Some(id);
    }
    context.report(
        Diagnostic::error(format!("`{id}` cannot be a name"))
            .label(node.span(), format!("bad `{}`", key.name))
            .help(format!(
                "it becomes the name of a folder: lowercase letters, digits, `-` and `_`, a \
                 letter or digit first, at most {LONGEST_ID} of them; for example `{}`",
                key.example
            )),
    );
    None
}

/// Whether a text is a name fit for a folder on every system.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= LONGEST_ID
        && text.starts_with(alphanumeric)
        && text.chars().all(|c| alphanumeric(c) || c == '-' || c == '_')
}

/// A whole number of at least 1.
pub(crate) fn positive(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<usize> {
    let number = natural(context, key, node)?;
    match usize::try_from(number) {
        Ok(number) if number > 0 => Some(number),
        _ => {
            context.wrong_value(key, node, "at least 1");
            None
        }
    }
}

/// A whole number of at least 0.
pub(crate) fn natural(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<u64> {
    let DeValue::Integer(integer) = node.get_ref() else {
        context.wrong_type(key, node, "a whole number");
        return None;
    };
    let number = integer_value(integer).and_then(|number| u64::try_from(number).ok());
    if number.is_none() {
        context.wrong_value(key, node, "a whole number from 0 to 9223372036854775807");
    }
    number
}

/// A number between 0 and 1.
pub(crate) fn share(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<f64> {
    number(context, key, node, 0.0..=1.0, "between 0 and 1")
}

/// A number of at least 0.
pub(crate) fn amount(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<f64> {
    number(context, key, node, 0.0..=f64::MAX, "at least 0")
}

fn number(
    context: &mut Context<'_>,
    key: &Key,
    node: &Node<'_>,
    range: RangeInclusive<f64>,
    wanted: &str,
) -> Option<f64> {
    let number = match node.get_ref() {
        DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
        DeValue::Integer(integer) => integer.as_str().parse::<f64>().ok(),
        _ => {
            context.wrong_type(key, node, "a number");
            return None;
        }
    };
    let number = number.filter(|number| range.contains(number));
    if number.is_none() {
        context.wrong_value(key, node, wanted);
    }
    number
}

/// One of a few strings.
pub(crate) fn choice(
    context: &mut Context<'_>,
    key: &Key,
    node: &Node<'_>,
    choices: &[&str],
) -> Option<String> {
    let text = text(context, key, node)?;
    if choices.contains(&text.as_str()) {
        return Some(text);
    }
    context.report(
        Diagnostic::error(format!("`{}` cannot be `{text}`", key.name))
            .label(node.span(), "")
            .help(suggest::help(&text, choices)),
    );
    None
}

/// An array whose elements `decode` reads.
pub(crate) fn list<'i, T>(
    context: &mut Context<'_>,
    key: &Key,
    node: &Node<'i>,
    wanted: &str,
    mut decode: impl FnMut(&mut Context<'_>, &Key, &Node<'i>) -> Option<T>,
) -> Option<Vec<T>> {
    let DeValue::Array(array) = node.get_ref() else {
        context.wrong_type(key, node, wanted);
        return None;
    };
    // Every element is read before the list is given up.
    let elements: Vec<Option<T>> =
        array.iter().map(|element| decode(context, key, element)).collect();
    elements.into_iter().collect()
}

/// An array of strings.
pub(crate) fn texts(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Vec<String>> {
    list(context, key, node, "an array of strings", text)
}

/// The value of an integer in any of TOML's notations; none beyond 64 bits.
pub(crate) fn integer_value(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
