//! Precision and recall by label.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What was found right, found wrong, and missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Found and labelled.
    pub right: u32,
    /// Found and not labelled.
    pub wrong: u32,
    /// Labelled and not found.
    pub missed: u32,
}

impl Score {
    /// Share of what was found that is labelled; 1 where nothing was found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Share of what is labelled that was found; 1 where nothing is.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// Harmonic mean of the two.
    #[must_use]
    pub fn f1(&self) -> f64 {
        share(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

/// Scores by label, and how often each rule was right. Its display is a table.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    labels: BTreeMap<String, Score>,
    rules: BTreeMap<String, Score>,
}

impl Scores {
    /// Counts one turn: labels found (each with its rule) against labels given.
    pub fn turn<'a>(
        &mut self,
        found: impl IntoIterator<Item = (&'a str, &'a str)>,
        labelled: impl IntoIterator<Item = &'a str>,
    ) {
        let labelled: BTreeSet<&str> = labelled.into_iter().collect();
        let mut seen = BTreeSet::new();
        for (label, rule) in found {
            let right = labelled.contains(label);
            let count = |score: &mut Score| {
                score.right += u32::from(right);
                score.wrong += u32::from(!right);
            };
            count(self.rules.entry(rule.to_owned()).or_default());
            if seen.insert(label) {
                count(self.labels.entry(label.to_owned()).or_default());
            }
        }
        for label in labelled.difference(&seen) {
            self.labels.entry((*label).to_owned()).or_default().missed += 1;
        }
    }

    /// Of a label; all zeros for one that never occurred.
    #[must_use]
    pub fn of(&self, label: &str) -> Score {
        self.labels.get(label).copied().unwrap_or_default()
    }

    /// Of all labels together.
    #[must_use]
    pub fn all(&self) -> Score {
        self.labels.values().fold(Score::default(), |sum, one| Score {
            right: sum.right + one.right,
            wrong: sum.wrong + one.wrong,
            missed: sum.missed + one.missed,
        })
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, score) in &self.rules {
            writeln!(
                out,
                "{rule:40} {:4} of {:4}  {:.2}",
                score.right,
                score.right + score.wrong,
                score.precision()
            )?;
        }
        writeln!(out, "\n{:24} {:>9} {:>7} {:>5}", "label", "precision", "recall", "F1")?;
        let all = self.all();
        for (label, score) in
            self.labels.iter().map(|(l, s)| (l.as_str(), s)).chain([("all", &all)])
        {
            writeln!(
                out,
                "{label:24} {:9.2} {:7.2} {:5.2}   {} right, {} wrong, {} missed",
                score.precision(),
                score.recall(),
                score.f1(),
                score.right,
                score.wrong,
                score.missed
            )?;
        }
        Ok(())
    }
}
