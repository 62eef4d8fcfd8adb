//! Whether a model may be released.

use std::fmt;

use crate::Agreement;

/// How far a model may stay behind experts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// Least lower bound of (model–expert κ − expert–expert κ).
    pub difference: f64,
    /// How far a slice's difference may lie under that of the whole.
    pub slice: f64,
    /// Least α of experts on every check: below it they do not mean the same, and no
    /// model can be held to them.
    pub alpha: f64,
}

impl Default for Gate {
    fn default() -> Self {
        Self { difference: -0.05, slice: 0.10, alpha: 0.67 }
    }
}

/// Why a model is not released.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Nothing to compare: too few verdicts of experts or of the model.
    TooFew,
    /// Experts do not agree on these checks: check and α.
    MendRubric(Vec<(String, f64)>),
    /// The lower bound of the difference is under the gate.
    Behind {
        /// 2.5th percentile of the difference.
        low: f64,
        /// What it had to reach.
        wanted: f64,
    },
    /// A slice lies too far under the whole.
    Slice {
        /// `source: fathom`.
        slice: String,
        /// Its difference.
        difference: f64,
        /// The whole's.
        overall: f64,
    },
    /// Blockers that experts saw and the model did not, by item.
    MissedBlockers(Vec<String>),
}

impl Agreement {
    /// All reasons against a release; none means that the model may be released.
    #[must_use]
    pub fn gate(&self, gate: Gate) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let doubtful: Vec<(String, f64)> = self
            .checks
            .iter()
            .filter_map(|check| Some((check.check.clone(), check.alpha?)))
            .filter(|(_, alpha)| *alpha < gate.alpha)
            .collect();
        if !doubtful.is_empty() {
            reasons.push(Reason::MendRubric(doubtful));
        }
        match self.overall.difference {
            None => reasons.push(Reason::TooFew),
            Some(difference) => {
                if difference.low <= gate.difference {
                    reasons.push(Reason::Behind { low: difference.low, wanted: gate.difference });
                }
                let behind = self.slices.iter().filter_map(|(slice, comparison)| {
                    let of_slice = comparison.difference?.estimate;
                    (difference.estimate - of_slice > gate.slice).then(|| Reason::Slice {
                        slice: slice.clone(),
                        difference: of_slice,
                        overall: difference.estimate,
                    })
                });
                reasons.extend(behind);
            }
        }
        if !self.missed_blockers.is_empty() {
            reasons.push(Reason::MissedBlockers(self.missed_blockers.clone()));
        }
        reasons
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew => {
                write!(f, "too few verdicts: it takes items that two experts and the model judged")
            }
            Self::MendRubric(checks) => {
                let list: Vec<String> =
                    checks.iter().map(|(check, alpha)| format!("{check} ({alpha:.2})")).collect();
                write!(
                    f,
                    "experts disagree on {}: mend the rubric before holding a model to it",
                    list.join(", ")
                )
            }
            Self::Behind { low, wanted } => write!(
                f,
                "the model may be {low:+.3} behind experts in κ (lower bound); the gate is {wanted:+.2}"
            ),
            Self::Slice { slice, difference, overall } => write!(
                f,
                "on `{slice}` the model is {difference:+.3} from experts, {overall:+.3} over all"
            ),
            Self::MissedBlockers(items) => {
                write!(f, "it misses a blocker on {}", items.join(", "))
            }
        }
    }
}
