//! How heads of the learned tier are trained: what ships, from the corpus (the program
//! `heads` beside this library), and what experts' labels make of it in a repository.
//!
//! ```text
//! labelled turns ─► Ground: rows as extractors read them, scores of what ships
//!                      │
//!                      └─► tune: least change that the labels ask for ─► Tuned
//! ```

mod adapt;
mod ground;
pub mod lbfgs;
pub mod loss;
pub mod parts;
pub mod tasks;
pub mod tune;

pub use adapt::{Lesson, Tuning};
pub use ground::{Change, Ground, Sample, TuningError, probabilities};
