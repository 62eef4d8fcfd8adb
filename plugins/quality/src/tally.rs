//! What inspections add up to: counts, which merge in any order and grouping.

use std::collections::BTreeMap;

use rehearsal_sdk::prelude::*;
use serde::Serialize;

/// Counts over subjects of a validator. Merging adds them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Subjects inspected.
    pub subjects: u64,
    /// Subjects that passed every check.
    pub accepted: u64,
    /// Rejections by check.
    pub rejected: BTreeMap<String, u64>,
    /// Flags by check.
    pub flagged: BTreeMap<String, u64>,
    /// Subjects by kind: the family of an example, the language of a call.
    pub kinds: BTreeMap<String, u64>,
    /// Words of all subjects.
    pub words: u64,
    /// Subjects by length: under 2^n words and not under 2^(n-1).
    pub lengths: BTreeMap<u32, u64>,
}

impl Tally {
    /// Counts a subject of this kind and length.
    pub fn subject(&mut self, kind: &str, words: usize) {
        self.subjects += 1;
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        self.words = self.words.saturating_add(words as u64);
        *self.lengths.entry(usize::BITS - words.leading_zeros()).or_default() += 1;
    }

    /// Counts a subject that passed every check.
    pub fn accepted(&mut self) {
        self.accepted += 1;
    }

    /// Counts a rejection by this check.
    pub fn rejected(&mut self, check: &str) {
        *self.rejected.entry(check.to_owned()).or_default() += 1;
    }

    /// Counts a flag by this check.
    pub fn flagged(&mut self, check: &str) {
        *self.flagged.entry(check.to_owned()).or_default() += 1;
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.subjects = self.subjects.saturating_add(other.subjects);
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.words = self.words.saturating_add(other.words);
        add(&mut self.rejected, other.rejected);
        add(&mut self.flagged, other.flagged);
        add(&mut self.kinds, other.kinds);
        add(&mut self.lengths, other.lengths);
        self
    }

    /// What a person should know; `subjects` is what they are called: `examples`.
    ///
    /// # Errors
    /// The counts cannot be written as JSON.
    pub fn report(&self, subjects: &str) -> Result<Report> {
        let rejected: u64 = self.rejected.values().sum();
        let flagged: u64 = self.flagged.values().sum();
        let mut summary = format!(
            "{} {subjects}: {} accepted, {flagged} flagged, {rejected} rejected",
            self.subjects, self.accepted
        );
        let mut by_count: Vec<_> = self.rejected.iter().collect();
        by_count.sort_by_key(|(check, count)| (std::cmp::Reverse(**count), check.as_str()));
        for (check, count) in by_count {
            summary.push_str(&format!("\n  {check}: {count}"));
        }
        let metric =
            |name: String, value: f64, unit: &str| Metric { name, value, unit: unit.to_owned() };
        let share =
            |part: u64| if self.subjects == 0 { 0.0 } else { part as f64 / self.subjects as f64 };
        let mut metrics = vec![
            metric(subjects.to_owned(), self.subjects as f64, "count"),
            metric("accepted".to_owned(), share(self.accepted), "share"),
            metric("rejected".to_owned(), share(rejected), "share"),
        ];
        if self.subjects > 0 {
            metrics.push(metric(
                format!("words_per_{}", subjects.trim_end_matches('s')),
                self.words as f64 / self.subjects as f64,
                "words",
            ));
        }
        metrics.extend(
            self.rejected
                .iter()
                .map(|(check, count)| metric(format!("rejected.{check}"), *count as f64, "count")),
        );
        let details = serde_json::to_string(self)
            .map_err(|error| Error::permanent(format!("the report cannot be written: {error}")))?;
        Ok(Report { summary, metrics, details })
    }
}

fn add<K: Ord>(left: &mut BTreeMap<K, u64>, right: BTreeMap<K, u64>) {
    for (key, count) in right {
        let sum = left.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
}
