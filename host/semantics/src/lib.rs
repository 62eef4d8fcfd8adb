//! What texts mean: sentences to vectors, natively.
//!
//! ```text
//! texts ─► tokens ─► packs of about 512 tokens ─► BERT ─► mean of a text's tokens ─► length 1
//!          sorted by length, no padding           6 layers
//! ```
//!
//! [`Embedder`] runs sentence transformers of the MiniLM kind (Wang et al. 2020, as
//! fine-tuned by Reimers & Gurevych's sentence-transformers). **The same text has the
//! same vector in any company**: texts are packed without padding, every product sums
//! over a text's own values in an order that its neighbours do not change, and a last
//! rounding to half precision hides what differs between processors in most cases.

mod activation;
mod bert;
mod embedder;
mod error;

pub use embedder::{Embedder, MAX_TOKENS};
pub use error::SemanticsError;
pub use half::f16;
