//! A pipeline file from its text to a checked [`Pipeline`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::decode::Context;
use crate::{
    Diagnostic, Document, Interface, Pipeline, Report, Stage, grant, schema, section, suggest,
};

/// A pipeline file that was read and found good.
///
/// It keeps the text, so that whoever knows more than the file (which plugins there are,
/// what they ask for) can still point into it.
#[derive(Debug, Clone)]
pub struct Config {
    /// What the file says.
    pub pipeline: Pipeline,
    document: Arc<Document>,
    warnings: Vec<Diagnostic>,
}

/// Why a pipeline file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read the pipeline file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no text.
    #[error("the pipeline file {} is not UTF-8 text: line {line} has other bytes", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// It was read, and is wrong.
    #[error("{0}")]
    Invalid(Report),
}

impl Config {
    /// Reads and checks a file. Relative paths in it start from its folder.
    ///
    /// # Errors
    /// The file cannot be read, or anything in it is wrong: then all that is.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes =
            fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Error::NotText { path: path.to_owned(), line }
        })?;
        Ok(Self::parse(path, text)?)
    }

    /// Checks the text of a file that would stand at `path`.
    ///
    /// # Errors
    /// Anything in it is wrong: then all that is.
    pub fn parse(path: &Path, text: String) -> Result<Self, Report> {
        let document = Arc::new(Document::new(path, text));
        let (table, faults) = DeTable::parse_recoverable(document.text());
        let syntax: Vec<Diagnostic> = faults.iter().map(syntax_error).collect();
        let root = Spanned::new(0..0, DeValue::Table(table.into_inner()));
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut context = Context::new(folder);
        let pipeline = section::decode(&mut context, &root);
        let (mut findings, missing) = context.into_findings();
        if syntax.is_empty() {
            findings.extend(missing);
        } else {
            findings = beside_syntax_errors(&document, syntax, findings);
        }
        match pipeline {
            Some(pipeline) if !findings.iter().any(Diagnostic::is_error) => {
                Ok(Self { pipeline, document: Arc::clone(&document), warnings: findings })
            }
            _ => Err(Report::new(Arc::clone(&document), findings)),
        }
    }

    /// The file, for its path and text.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What was found and does not stop a run.
    pub fn warnings(&self) -> Report {
        self.report(self.warnings.clone())
    }

    /// Findings made later, by who knows more than the file, to be rendered on it.
    pub fn report(&self, diagnostics: Vec<Diagnostic>) -> Report {
        Report::new(Arc::clone(&self.document), diagnostics)
    }

    /// Checks a stage's `config` against its plugin's JSON Schema, given as JSON text.
    /// An empty text takes no settings at all.
    ///
    /// Nothing outside the schema is fetched, and patterns are matched in linear time:
    /// the schema comes from a stranger.
    pub fn check_schema(&self, stage: &Stage, schema: &str) -> Vec<Diagnostic> {
        schema::check(stage, schema)
    }

    /// The finding that a stage's plugin imports what its stage does not grant, with the
    /// TOML that would grant it.
    pub fn missing_grant(&self, stage: &Stage, interface: Interface) -> Diagnostic {
        grant::missing(self.document.text(), stage, interface)
    }

    /// The finding that a stage grants what its plugin never imports.
    pub fn unused_grant(&self, stage: &Stage, interface: Interface) -> Diagnostic {
        Diagnostic::warning(format!("`{}` has no use for the grant of `{interface}`", stage.id))
            .label(stage.grant_span(), format!("its plugin does not import `{interface}`"))
            .help("remove it: what is not granted cannot leak")
    }

    /// The finding that an extractor could send calls to a server as they were said.
    pub fn calls_would_leave(&self, stage: &Stage) -> Diagnostic {
        Diagnostic::error(format!(
            "`{}` may ask servers about calls, so personal data has to be replaced in them first",
            stage.id
        ))
        .label(stage.grant_span(), "a way out for what is said in calls")
        .help("write `mode = \"redact\"` under `[privacy]`, or remove the grant of `http`")
    }

    /// The finding that a stage names a built-in plugin that there is not. `known` are
    /// those of its world.
    pub fn unknown_plugin(&self, stage: &Stage, name: &str, known: &[&str]) -> Diagnostic {
        Diagnostic::error(format!("there is no built-in {} `{name}`", stage.kind.world()))
            .label(stage.spans.plugin.clone(), "unknown plugin")
            .help(format!(
                "{}; a component of your own is named by its path, such as `./{name}.wasm`",
                suggest::help(name, known)
            ))
    }

    /// The finding that a stage's plugin exports the world of another kind of stage.
    pub fn wrong_world(&self, stage: &Stage, found: &str) -> Diagnostic {
        let wanted = stage.kind.world();
        let section = stage.kind.section();
        Diagnostic::error(format!("`{}` cannot run: its plugin is no {wanted}", stage.id))
            .label(stage.spans.plugin.clone(), format!("exports the world `{found}`"))
            .label(stage.spans.header.clone(), format!("runs components of the world `{wanted}`"))
            .help(format!("`[[{section}]]` takes plugins of the world `{wanted}`"))
    }

    /// The finding that the catalogue has no such embedding model.
    pub fn unknown_embedding_model(&self, name: &str, known: &[&str]) -> Diagnostic {
        Diagnostic::error(format!("there is no embedding model `{name}`"))
            .label(self.pipeline.semantics.model_span.clone(), "unknown model")
            .help(suggest::help(name, known))
    }

    /// The finding that the catalogue has no such speech model.
    pub fn unknown_model(&self, name: &str, known: &[&str]) -> Diagnostic {
        Diagnostic::error(format!("there is no speech model `{name}`"))
            .label(self.pipeline.speech.model_span.clone(), "unknown model")
            .help(format!(
                "{}; a ggml file of your own is named by its path",
                suggest::help(name, known)
            ))
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::Invalid(report)
    }
}

fn syntax_error(fault: &toml::de::Error) -> Diagnostic {
    Diagnostic::error(format!("this is not TOML: {}", fault.message()))
        .label(fault.span().unwrap_or(0..0), "")
}

/// What can still be trusted of the findings beside syntax errors: nothing on their
/// lines, and nothing at all where a header is broken, since then it is unknown which
/// section the keys below belong to.
fn beside_syntax_errors(
    document: &Document,
    syntax: Vec<Diagnostic>,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let line = |finding: &Diagnostic| document.position(finding.offset()).line;
    let broken: Vec<usize> = syntax.iter().map(line).collect();
    let header_broken = broken.iter().any(|line| {
        let text = document.text().lines().nth(line - 1).unwrap_or_default();
        text.trim_start().starts_with('[')
    });
    let mut all = syntax;
    if !header_broken {
        all.extend(findings.into_iter().filter(|finding| !broken.contains(&line(finding))));
    }
    all
}
