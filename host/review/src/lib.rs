//! Experts and models judge the same items by the same rubric; this crate reads what
//! they said and tells how well they agree.
//!
//! A [`Rubric`] is binary checks, some of them blockers, and a score that follows from
//! them. A [`Verdict`] is one rater's answers to one item. [`Agreement::of`] compares
//! experts with each other and a model with experts, check by check, with intervals over
//! calls; its [`gate`](Agreement::gate) decides whether the model may be released.
//!
//! Nothing can recompute what an expert said, so verdicts are kept in a [`Journal`]: a
//! text file that is only ever appended to, beside the pipeline's file and outside of
//! everything that may be deleted.

mod agreement;
mod batch;
mod gate;
mod journal;
pub mod lines;
mod queue;
mod rubric;
mod table;
mod verdict;

pub use agreement::{Agreement, CheckAgreement, Comparison, ScoreAgreement};
pub use batch::{Batch, BatchError, BatchItem, Batches};
pub use gate::{Gate, Reason};
pub use journal::{Event, Journal, JournalError, Kept, standing};
pub use queue::{Candidate, Why, pick, place};
pub use rubric::{Check, Rubric, RubricError};
pub use verdict::{
    EvidenceSpan, SuggestionVerdict, TurnLabel, Verdict, VerdictError, read_verdicts,
};
