//! What can go wrong with a model.

use std::path::PathBuf;

/// Why texts cannot be embedded.
#[derive(Debug, thiserror::Error)]
pub enum SemanticsError {
    /// The tokenizer cannot be read.
    #[error("cannot read the tokenizer {}: {reason}", path.display())]
    Tokenizer {
        /// `tokenizer.json` beside the weights.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The weights cannot be read, or are those of another kind of model.
    #[error("cannot read the embedding model {}: {reason}", path.display())]
    Weights {
        /// The safetensors file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A computation failed: a bug here.
    #[error("the embedding model failed: {0}")]
    Compute(String),
}
