//! Tables with a fixed set of keys.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Context, Node, kind};
use crate::{Diagnostic, suggest};

/// What a value looks like: what an editor can check before the decoder does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// A string.
    Text,
    /// A name fit for a folder.
    Identifier,
    /// `true` or `false`.
    Boolean,
    /// A whole number of at least 0.
    Natural,
    /// A whole number of at least 1.
    Positive,
    /// A number from 0 to 1.
    Share,
    /// A number of at least 0.
    Amount,
    /// `256 MiB`
    Size,
    /// `10 s`
    Duration,
    /// `60/min`, or several of these.
    Rates,
    /// `2026-03-01`, in quotes or as a date of TOML.
    Day,
    /// `https://host/path*`
    Address,
    /// Strings.
    Texts,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Some of these.
    Choices(&'static [&'static str]),
    /// A table with these keys.
    Table(&'static [Key]),
    /// Any number of such tables.
    Tables(&'static [Key]),
    /// A string, or a table with these keys.
    TextOrTable(&'static [Key]),
    /// A table with keys that only the plugin knows.
    Open,
}

/// A key that a table may have. The lists of these are what there is to know about
/// the file's form.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) required: bool,
    /// What it sets, with its default.
    pub(crate) about: &'static str,
    /// A line that sets it.
    pub(crate) example: &'static str,
}

impl Key {
    pub(crate) const fn required(
        name: &'static str,
        form: Form,
        about: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, form, required: true, about, example }
    }

    pub(crate) const fn optional(
        name: &'static str,
        form: Form,
        about: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, form, required: false, about, example }
    }

    /// What it sets and a line that does.
    pub(crate) fn usage(&self) -> String {
        format!("{}; for example `{}`", self.about, self.example)
    }
}

/// A table that is being read.
pub(crate) struct Section<'a, 'i> {
    keys: &'static [Key],
    table: &'a DeTable<'i>,
    span: Range<usize>,
}

impl<'a, 'i> Section<'a, 'i> {
    /// Opens a table, reporting a value that is none, unknown keys and missing ones.
    /// `title` is how the file names it: `[pipeline]`.
    pub(crate) fn open(
        context: &mut Context<'_>,
        title: &str,
        keys: &'static [Key],
        node: &'a Node<'i>,
    ) -> Option<Self> {
        let DeValue::Table(table) = node.get_ref() else {
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            context.report(
                Diagnostic::error(format!("{title} wants a table, not {}", kind(node)))
                    .label(node.span(), format!("this is {}", kind(node)))
                    .help(format!("its keys are {}", suggest::enumerate(&names))),
            );
            return None;
        };
        let section = Self { keys, table, span: node.span() };
        section.report_unknown(context, title);
        section.report_missing(context, title);
        Some(section)
    }

    /// Where the table stands: its header, its key or its braces.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of a key as it stands in the file.
    pub(crate) fn node(&self, name: &str) -> Option<&'a Node<'i>> {
        debug_assert!(self.keys.iter().any(|key| key.name == name), "`{name}` is not declared");
        self.table.get(name)
    }

    /// The value of a key, decoded. `None` when it is absent or was reported.
    pub(crate) fn get<T>(
        &self,
        context: &mut Context<'_>,
        name: &str,
        decode: impl FnOnce(&mut Context<'_>, &Key, &Node<'i>) -> Option<T>,
    ) -> Option<T> {
        let key = self.keys.iter().find(|key| key.name == name)?;
        decode(context, key, self.node(name)?)
    }

    fn report_unknown(&self, context: &mut Context<'_>, title: &str) {
        let known: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        for (name, _) in self.table.iter().filter(|(name, _)| !known.contains(&&**name.get_ref())) {
            context.report(
                Diagnostic::error(format!("{title} has no key `{}`", name.get_ref()))
                    .label(name.span(), "unknown key")
                    .help(suggest::help(name.get_ref(), &known)),
            );
        }
    }

    fn report_missing(&self, context: &mut Context<'_>, title: &str) {
        // A key that was mistyped is not missing, too.
        let known: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        let mistyped: Vec<&str> = self
            .table
            .keys()
            .filter(|name| !known.contains(&&**name.get_ref()))
            .filter_map(|name| suggest::closest(name.get_ref(), &known))
            .collect();
        let missing = self
            .keys
            .iter()
            .filter(|key| key.required && !self.table.contains_key(key.name))
            .filter(|key| !mistyped.contains(&key.name));
        for key in missing {
            context.report_missing(
                Diagnostic::error(format!("{title} lacks `{}`", key.name))
                    .label(self.span(), format!("wants `{}`", key.name))
                    .help(key.usage()),
            );
        }
    }
}
