//! A plugin's table as canonical JSON, and where each of its values stands in the file.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::de::DeValue;

use crate::Diagnostic;
use crate::decode::{Context, Node, integer_value};

/// Where the values of a `config` table stand, by JSON Pointer (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    by_pointer: BTreeMap<String, Place>,
}

/// Where one value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its key; that of the array for an element.
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
}

impl Places {
    /// The place of the value at `pointer`, or of the innermost table or array around it
    /// that the file has.
    pub(crate) fn nearest(&self, pointer: &str) -> Option<&Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.by_pointer.get(pointer) {
                return Some(place);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// The place of exactly the value at `pointer`.
    pub(crate) fn exactly(&self, pointer: &str) -> Option<&Place> {
        self.by_pointer.get(pointer)
    }
}

/// One step further down a JSON Pointer.
pub(crate) fn join(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// Turns a TOML value into JSON. Dates become strings; what JSON has no form for is
/// reported.
pub(crate) fn convert(context: &mut Context<'_>, node: &Node<'_>) -> Option<(Value, Places)> {
    let mut places = Places::default();
    let value = walk(context, node, node.span(), String::new(), &mut places)?;
    Some((value, places))
}

/// The JSON text of a value with the keys of every object sorted by their bytes,
/// whatever order this build's maps keep.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let members: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(array) => {
            let elements: Vec<String> = array.iter().map(canonical).collect();
            format!("[{}]", elements.join(","))
        }
        scalar => scalar.to_string(),
    }
}

fn walk(
    context: &mut Context<'_>,
    node: &Node<'_>,
    key: Range<usize>,
    pointer: String,
    places: &mut Places,
) -> Option<Value> {
    let value = match node.get_ref() {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(flag) => Some(Value::from(*flag)),
        DeValue::Datetime(when) => Some(Value::from(when.to_string())),
        DeValue::Integer(integer) => number(
            context,
            node,
            integer_value(integer).map(Number::from),
            "whole numbers from -9223372036854775808 to 9223372036854775807",
        ),
        DeValue::Float(float) => number(
            context,
            node,
            float.as_str().parse().ok().and_then(Number::from_f64),
            "finite numbers: no `inf`, no `nan`",
        ),
        DeValue::Array(array) => {
            let elements: Vec<Option<Value>> = (0..)
                .zip(array.iter())
                .map(|(index, element): (usize, _)| {
                    let pointer = join(&pointer, &index.to_string());
                    walk(context, element, key.clone(), pointer, places)
                })
                .collect();
            elements.into_iter().collect::<Option<Vec<_>>>().map(Value::from)
        }
        DeValue::Table(table) => {
            let members: Vec<Option<(String, Value)>> = table
                .iter()
                .map(|(name, member)| {
                    let pointer = join(&pointer, name.get_ref());
                    let value = walk(context, member, name.span(), pointer, places)?;
                    Some((name.get_ref().clone().into_owned(), value))
                })
                .collect();
            members.into_iter().collect::<Option<Map<_, _>>>().map(Value::from)
        }
    };
    places.by_pointer.insert(pointer, Place { key, value: node.span() });
    value
}

fn number(
    context: &mut Context<'_>,
    node: &Node<'_>,
    number: Option<Number>,
    allowed: &str,
) -> Option<Value> {
    if number.is_none() {
        context.report(
            Diagnostic::error("this number cannot be handed to a plugin")
                .label(node.span(), "has no JSON form")
                .help(format!("plugins take {allowed}")),
        );
    }
    number.map(Value::from)
}
