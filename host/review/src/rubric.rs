//! The rubric: questions that are answered by yes or no.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Checks of an item and how they add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rubric {
    /// Its name and version: `nepq-v3`.
    pub name: String,
    /// In the order in which raters see them.
    pub checks: Vec<Check>,
    /// `sha256:…` of the file: verdicts name it, so that answers to other questions are
    /// never mixed in.
    pub digest: String,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name in verdicts: `asked_consequence`.
    pub id: String,
    /// What raters are asked.
    pub question: String,
    /// An item that fails it is poor, whatever else is good; a model that misses such a
    /// failure is not released.
    #[serde(default)]
    pub blocker: bool,
}

/// Why a rubric cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RubricError {
    /// No TOML, or not of a rubric's shape; the message shows the line.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// Two checks share a name.
    #[error("two checks are named `{0}`; verdicts tell them apart by name")]
    Twice(String),
    /// Nothing is asked.
    #[error("a rubric needs at least one [[check]]")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(rename = "check", default)]
    checks: Vec<Check>,
}

/// Highest score of an item that fails a blocker.
const CAP: u8 = 2;

impl Rubric {
    /// Reads a rubric's file.
    ///
    /// # Errors
    /// As [`RubricError`] says.
    pub fn parse(text: &str) -> Result<Self, RubricError> {
        let File { name, checks } = toml::from_str(text)?;
        let mut names = BTreeSet::new();
        if let Some(check) = checks.iter().find(|check| !names.insert(&check.id)) {
            return Err(RubricError::Twice(check.id.clone()));
        }
        if checks.is_empty() {
            return Err(RubricError::Empty);
        }
        let digest = Sha256::digest(text.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { name, checks, digest: format!("sha256:{hex}") })
    }

    /// How verdicts name it: `nepq-v3@sha256:…`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}@{}", self.name, self.digest)
    }

    /// 1 to 5 from answers: `1 + 4 · passed / answered`, rounded, at most 2 where a
    /// blocker fails. `None` where nothing was answered.
    #[must_use]
    pub fn score(&self, answers: &BTreeMap<String, bool>) -> Option<u8> {
        let answered: Vec<(&Check, bool)> = self
            .checks
            .iter()
            .filter_map(|check| Some((check, *answers.get(&check.id)?)))
            .collect();
        if answered.is_empty() {
            return None;
        }
        let passed = answered.iter().filter(|(_, passed)| *passed).count();
        let points = (1.0 + 4.0 * passed as f64 / answered.len() as f64).round() as u8;
        let blocked = answered.iter().any(|(check, passed)| check.blocker && !passed);
        Some(if blocked { points.min(CAP) } else { points })
    }
}
