//! From spanned TOML to typed values, gathering every finding on the way.
//!
//! A decoder is a function `(&mut Context, &Key, &Node) -> Option<T>`: `None` says that
//! what is wrong has been reported. A section reads all of its keys before it gives up,
//! so that one pass over the file finds everything.

mod quantity;
mod scalar;
mod table;

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use crate::Diagnostic;

pub(crate) use quantity::{bytes, duration, rate};
pub use scalar::is_identifier;
pub(crate) use scalar::{
    amount, boolean, choice, identifier, integer_value, list, natural, positive, share, text, texts,
};
pub(crate) use table::{Form, Key, Section};

/// A value and where it stands. A table opened by a header stands at its header, one
/// made by dotted keys at the key.
pub(crate) type Node<'i> = Spanned<DeValue<'i>>;

/// What every decoder needs beside its value.
pub(crate) struct Context<'a> {
    folder: &'a Path,
    diagnostics: Vec<Diagnostic>,
    missing: Vec<Diagnostic>,
}

impl<'a> Context<'a> {
    /// `folder` is what relative paths start from.
    pub(crate) fn new(folder: &'a Path) -> Self {
        Self { folder, diagnostics: Vec::new(), missing: Vec::new() }
    }

    pub(crate) fn report(&mut self, finding: Diagnostic) {
        self.diagnostics.push(finding);
    }

    /// Reports that something is absent. Kept apart, since beside a syntax error it
    /// may well be there.
    pub(crate) fn report_missing(&mut self, finding: Diagnostic) {
        self.missing.push(finding);
    }

    /// A path of the file, seen from the file's folder.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// What is wrong with what is there, and what is not there.
    pub(crate) fn into_findings(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        (self.diagnostics, self.missing)
    }

    /// Reports a value of the wrong type; `wanted` reads `a whole number`.
    pub(crate) fn wrong_type(&mut self, key: &Key, node: &Node<'_>, wanted: &str) {
        self.report(
            Diagnostic::error(format!("`{}` wants {wanted}, not {}", key.name, kind(node)))
                .label(node.span(), format!("this is {}", kind(node)))
                .help(key.usage()),
        );
    }

    /// Reports a value of the right type that cannot be; `wanted` reads `at least 1`.
    pub(crate) fn wrong_value(&mut self, key: &Key, node: &Node<'_>, wanted: &str) {
        self.report(
            Diagnostic::error(format!("`{}` must be {wanted}", key.name))
                .label(node.span(), "")
                .help(key.usage()),
        );
    }
}

/// What a value is, in words.
pub(crate) fn kind(node: &Node<'_>) -> &'static str {
    match node.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
