//! How a run tells what it is doing.

/// Where a run's news go: a progress bar, plain lines, a log.
pub trait Reporter: Send + Sync {
    /// A stage has come so far. `total` is absent while it is not known; `unit` is
    /// what is counted: `calls`, `entries`, `s` of audio.
    fn progress(&self, stage: &str, done: u64, total: Option<u64>, unit: &'static str);

    /// A stage is through.
    fn finished(&self, stage: &str);

    /// Something that a person should know.
    fn note(&self, severity: Severity, text: &str);
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look.
    Warning,
    /// An item or a stage failed.
    Error,
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn progress(&self, _: &str, _: u64, _: Option<u64>, _: &'static str) {}
    fn finished(&self, _: &str) {}
    fn note(&self, _: Severity, _: &str) {}
}
