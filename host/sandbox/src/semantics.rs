//! What texts mean, as the host tells it to plugins.

/// Where embeddings come from. It may block: the sandbox calls it off the asynchronous
/// threads.
pub trait SemanticsSource: Send + Sync {
    /// A vector of each text, in their order. The same text has the same vector in any
    /// company, or results would depend on the size of batches.
    ///
    /// # Errors
    /// [`EmbedError::Unavailable`] where there is no model: the plugin is told so and
    /// does without. [`EmbedError::Failed`] ends the call.
    fn embed(&self, texts: &[String]) -> Result<Embeddings, EmbedError>;
}

/// Vectors of texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embeddings {
    /// Name and digest of the model.
    pub model: String,
    /// Values a vector.
    pub dimensions: u32,
    /// Vectors of length 1, one after the other.
    pub values: Vec<f32>,
}

/// Why texts could not be embedded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// There is no model; why, for a person.
    #[error("{0}")]
    Unavailable(String),
    /// There is one, and it failed.
    #[error("{0}")]
    Failed(String),
}
