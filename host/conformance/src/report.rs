//! What came of the checks.

use serde::Serialize;

use crate::Cost;

/// What a plugin was held to, and what came of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
    /// What it costs; none where it could not be called.
    pub cost: Option<Cost>,
}

/// One promise.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// A word for it.
    pub name: &'static str,
    /// The promise, as a sentence.
    pub promise: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "why", rename_all = "snake_case")]
pub enum Outcome {
    /// It holds; what was looked at.
    Holds(String),
    /// It does not; what was seen.
    Broken(String),
    /// It could not be looked at; why.
    LeftOut(String),
}

impl Report {
    /// Whether nothing is broken.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.outcome, Outcome::Broken(_)))
    }

    pub(crate) fn add(
        &mut self,
        name: &'static str,
        promise: &'static str,
        found: Result<String, String>,
    ) {
        let outcome = found.map_or_else(Outcome::Broken, Outcome::Holds);
        self.checks.push(Check { name, promise, outcome });
    }

    pub(crate) fn leave_out(&mut self, name: &'static str, promise: &'static str, why: &str) {
        self.checks.push(Check { name, promise, outcome: Outcome::LeftOut(why.to_owned()) });
    }
}
