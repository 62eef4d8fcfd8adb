//! Some calls of the repository, to try plugins on.

use rehearsal_model::{Annotation, Conversation, ConversationId, Example};
use rehearsal_repository::Repository;

use crate::PipelineError;
use crate::outside::kept_in;
use crate::records::{ANALYSES, Analysis, CALLS, PRODUCTS};

/// Entries of a source and calls of the repository that are tried.
pub(crate) const SAMPLE: usize = 20;

/// A call with what was made of it before.
pub(crate) struct Sample {
    pub(crate) id: ConversationId,
    pub(crate) call: Conversation,
    pub(crate) analysis: Analysis,
    pub(crate) examples: Vec<Example>,
    /// Servers may be asked about it.
    pub(crate) leaves: bool,
}

impl Sample {
    /// All that was found in it.
    pub(crate) fn annotations(&self) -> Vec<Annotation> {
        self.analysis.annotations().cloned().collect()
    }
}

pub(crate) fn of_repository(repository: &Repository) -> Result<Vec<Sample>, PipelineError> {
    let mut sample = Vec::new();
    for record in repository.scan(&CALLS, [])?.take(SAMPLE) {
        let record = record?;
        let analysis = repository.get(&ANALYSES, &record.key)?.unwrap_or_default();
        let product = repository.get(&PRODUCTS, &record.key)?.unwrap_or_default();
        let Ok(bytes) = <[u8; 16]>::try_from(record.key.as_slice()) else { continue };
        sample.push(Sample {
            id: ConversationId::from_bytes(bytes),
            leaves: kept_in(&record.value).is_none(),
            call: record.value.conversation,
            analysis,
            examples: product.paths.into_iter().flat_map(|path| path.examples).collect(),
        });
    }
    Ok(sample)
}
