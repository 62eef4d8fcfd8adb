//! Experts and models judge the same items by the same rubric; this crate reads what
//! they said and tells how well they agree.
//!
//! A [`Rubric`] is binary checks, some of them blockers, and a score that follows from
//! them. A [`Verdict`] is one rater's answers to one item. [`Agreement::of`] compares
//! experts with each other and a model with experts, check by check, with intervals over
//! calls; its [`gate`](Agreement::gate) decides whether the model may be released.

mod agreement;
mod gate;
mod rubric;
mod table;
mod verdict;

pub use agreement::{Agreement, CheckAgreement, Comparison, ScoreAgreement};
pub use gate::{Gate, Reason};
pub use rubric::{Check, Rubric, RubricError};
pub use verdict::{EvidenceSpan, Verdict, VerdictError, read_verdicts};
