//! What validators say.

use serde::{Deserialize, Serialize};

/// A check that fired.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// Which check: `too_short`.
    pub check: String,
    /// What it saw: `3 turns, at least 4`.
    pub reason: String,
}

/// What becomes of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Kept.
    Accept,
    /// Kept out of the data sets.
    Reject(Finding),
    /// Kept, and marked.
    Flag(Finding),
}

/// A figure of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// `share`, `count`, `ms`, …
    pub unit: String,
}

/// A validator's conclusion over all it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// A few lines for a person.
    pub summary: String,
    /// In the validator's order.
    pub metrics: Vec<Metric>,
    /// Anything more, as JSON.
    pub details: String,
}
