//! What is wrong with a pipeline file, where, and what would be right.

use std::ops::Range;

/// Whether a diagnostic stops a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used and probably does not do what was meant.
    Warning,
}

/// One finding about a pipeline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops a run.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Byte ranges of the file with what to say there; the first is the culprit.
    pub labels: Vec<(Range<usize>, String)>,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding that stops a run.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// A finding that lets a run go on.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    /// Points at a byte range of the file. Call it first for the culprit.
    #[must_use]
    pub fn label(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Whether it stops a run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Byte offset of the culprit; the start of the file when nothing is labelled.
    pub(crate) fn offset(&self) -> usize {
        self.labels.first().map_or(0, |(span, _)| span.start)
    }

    fn new(severity: Severity, message: String) -> Self {
        Self { severity, message, labels: Vec::new(), help: None }
    }
}
