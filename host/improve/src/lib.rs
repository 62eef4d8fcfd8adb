//! From data sets and verdicts to models, and from models to better ones.
//!
//! ```text
//! data set ─┐                       ┌─► model, card ─► registry: candidate ─► champion
//! verdicts ─┴─► lessons ─► trainer ─┤                              ▲            │
//! labels        (who said it,       └─► files of a command         └─ compared ─┘ rolled back
//!                how far trusted)                                  on calls that nobody
//!                                                                  ever learns from
//! ```
//!
//! A [`Lesson`] is a text with the classes that the most trusted of its raters gave it.
//! Whatever is made of lessons follows from them: the same ones give the same model, so
//! a training that was cut off is done again and one that was finished is not.

mod card;
mod classifier;
mod command;
mod error;
mod expected;
pub mod experts;
mod files;
mod head;
mod history;
mod judge;
mod lessons;
mod make;
mod meaning;
mod method;
mod pupils;
mod registry;
mod reigning;
mod rounds;
mod rows;
mod scenes;
mod task;
mod trainer;
mod verdicts;

pub use error::ImproveError;
pub use expected::expected;
pub use lessons::{Lesson, Lessons, Rater, Side};
pub use registry::{Registry, Stage, Version};
pub use reigning::reigning;
pub use rounds::{Doubt, Drift, Order, Round, round};
pub use trainer::{Trained, Workshop, train};
