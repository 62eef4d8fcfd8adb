//! Tier two of labels: small trained heads over sentence embeddings and explicit
//! features.
//!
//! ```text
//! lines ─► Reading ─► texts ─(the host embeds them)─► Vectors ─► Row ─► Head ─► labels
//!          words, sentences, signs                    blocks,   └─► Sequence ─┘
//!                                                     features,     the turns around
//!                                                     grams
//! ```
//!
//! The same code reads calls in training (`cargo xtask train-extractors`) and inside
//! plugins, so that a head never sees an input that it was not trained on. Heads are
//! linear, and one small recurrent net over the call adds to the scores of all of them:
//! some hundred thousand weights in a byte each, compiled into the plugin.
//! [`Tuned`] is what experts' labels change of a head (`rehearsal train`).
//! What was tried and what they reach is in `docs/research/learned-labels.md`.

mod features;
mod grams;
mod head;
mod learned;
mod model;
mod reading;
mod row;
mod sequence;
mod signs;
mod text;
mod tuned;
mod vectors;
mod words;

pub use grams::Grams;
pub use head::{Calibration, Decision, Finding, Head, Part, Side};
pub use learned::{Found, Heard, Learned, tier_of, weights};
pub use model::{Labelled, Model, ModelError};
pub use reading::{Line, Reading};
pub use row::{Row, Spread, raw_features};
pub use sequence::{Context, Layer, Look, Net, Sequence, Units};
pub use tuned::Tuned;
pub use vectors::{Block, Vectors};
