//! What inspections add up to: counts, which merge in any order and grouping.

use std::collections::BTreeMap;

use rehearsal_sdk::prelude::*;
use serde::Serialize;

/// Counts over examples. Merging adds them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Examples inspected.
    pub examples: u64,
    /// Examples that passed every check.
    pub accepted: u64,
    /// Rejections by check.
    pub rejected: BTreeMap<String, u64>,
    /// Flags by check.
    pub flagged: BTreeMap<String, u64>,
    /// Examples by family.
    pub families: BTreeMap<String, u64>,
    /// Words of all examples.
    pub words: u64,
    /// Examples by length: under 2^n words and not under 2^(n-1).
    pub lengths: BTreeMap<u32, u64>,
}

impl Tally {
    pub(crate) fn example(&mut self, family: &str, words: usize) {
        self.examples += 1;
        *self.families.entry(family.to_owned()).or_default() += 1;
        self.words = self.words.saturating_add(words as u64);
        *self.lengths.entry(usize::BITS - words.leading_zeros()).or_default() += 1;
    }

    pub(crate) fn accepted(&mut self) {
        self.accepted += 1;
    }

    pub(crate) fn rejected(&mut self, check: &str) {
        *self.rejected.entry(check.to_owned()).or_default() += 1;
    }

    pub(crate) fn flagged(&mut self, check: &str) {
        *self.flagged.entry(check.to_owned()).or_default() += 1;
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.examples = self.examples.saturating_add(other.examples);
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.words = self.words.saturating_add(other.words);
        add(&mut self.rejected, other.rejected);
        add(&mut self.flagged, other.flagged);
        add(&mut self.families, other.families);
        add(&mut self.lengths, other.lengths);
        self
    }

    pub(crate) fn report(&self) -> Result<Report> {
        let rejected: u64 = self.rejected.values().sum();
        let flagged: u64 = self.flagged.values().sum();
        let mut summary = format!(
            "{} examples: {} accepted, {flagged} flagged, {rejected} rejected",
            self.examples, self.accepted
        );
        let mut by_count: Vec<_> = self.rejected.iter().collect();
        by_count.sort_by_key(|(check, count)| (std::cmp::Reverse(**count), check.as_str()));
        for (check, count) in by_count {
            summary.push_str(&format!("\n  {check}: {count}"));
        }
        let metric =
            |name: String, value: f64, unit: &str| Metric { name, value, unit: unit.to_owned() };
        let share =
            |part: u64| if self.examples == 0 { 0.0 } else { part as f64 / self.examples as f64 };
        let mut metrics = vec![
            metric("examples".to_owned(), self.examples as f64, "count"),
            metric("accepted".to_owned(), share(self.accepted), "share"),
            metric("rejected".to_owned(), share(rejected), "share"),
        ];
        if self.examples > 0 {
            metrics.push(metric(
                "words_per_example".to_owned(),
                self.words as f64 / self.examples as f64,
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
