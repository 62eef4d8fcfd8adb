//! `limits`: what a call of a plugin may use up.

use crate::Limits;
use crate::decode::{Context, Form, Key, Node, Section, bytes, duration};

pub(super) const KEYS: &[Key] = &[
    Key::optional("memory", Form::Size, "memory of a call", "memory = \"256 MiB\""),
    Key::optional("time", Form::Duration, "time of a call", "time = \"10 s\""),
];

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Limits> {
    let section = Section::open(context, "`limits`", KEYS, node)?;
    Some(Limits {
        memory: section.get(context, "memory", bytes),
        time: section.get(context, "time", duration),
    })
}
