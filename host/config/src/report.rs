//! Diagnostics together with the file that they are about, for people and for `--json`.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use serde::Serialize;

use crate::{Diagnostic, Document, Severity};

/// Findings about one file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    document: Arc<Document>,
    diagnostics: Vec<Diagnostic>,
}

/// A diagnostic as `--json` prints it. Lines and columns count from 1, columns in
/// characters.
#[derive(Debug, Serialize)]
struct Record<'a> {
    severity: Severity,
    file: String,
    line: usize,
    column: usize,
    message: &'a str,
    labels: Vec<LabelRecord<'a>>,
    help: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct LabelRecord<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
}

impl Report {
    pub(crate) fn new(document: Arc<Document>, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(Diagnostic::offset);
        Self { document, diagnostics }
    }

    /// The findings, in the order of the file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether any finding stops a run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// For people: each finding with its lines of the file, `file:line:column` above
    /// them. Colour and box-drawing only where asked for; no newline at the end.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let rendered: Vec<String> =
            self.diagnostics.iter().map(|finding| self.render_one(&renderer, finding)).collect();
        rendered.join("\n\n")
    }

    /// For programs: `[{severity, file, line, column, message, labels, help}]`.
    pub fn to_json(&self) -> serde_json::Value {
        let records: Vec<Record<'_>> =
            self.diagnostics.iter().map(|finding| self.record(finding)).collect();
        // Strings and numbers alone: this cannot fail.
        serde_json::to_value(records).unwrap_or_default()
    }

    fn render_one(&self, renderer: &Renderer, finding: &Diagnostic) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(finding.message.as_str()))
            .element(self.snippet(finding));
        if let Some(help) = &finding.help {
            // Keys and schemas of strangers end up here: no terminal escapes.
            group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
        }
        renderer.render(&[group])
    }

    fn snippet<'a>(
        &'a self,
        finding: &'a Diagnostic,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let snippet = Snippet::source(self.document.text())
            .path(self.document.path().display().to_string())
            .fold(true);
        if finding.labels.is_empty() {
            return snippet.annotation(AnnotationKind::Primary.span(0..0));
        }
        snippet.annotations(finding.labels.iter().enumerate().map(|(index, (span, text))| {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(self.document.clamp(span));
            if text.is_empty() {
                annotation
            } else {
                annotation.label(normalize_untrusted_str(text))
            }
        }))
    }

    fn record<'a>(&self, finding: &'a Diagnostic) -> Record<'a> {
        let at = self.document.position(finding.offset());
        let labels = finding.labels.iter().map(|(span, text)| {
            let (start, end) =
                (self.document.position(span.start), self.document.position(span.end));
            LabelRecord {
                line: start.line,
                column: start.column,
                end_line: end.line,
                end_column: end.column,
                text,
            }
        });
        Record {
            severity: finding.severity,
            file: self.document.path().display().to_string(),
            line: at.line,
            column: at.column,
            message: &finding.message,
            labels: labels.collect(),
            help: finding.help.as_deref(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}
