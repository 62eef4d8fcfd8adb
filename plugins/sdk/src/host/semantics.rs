//! What texts mean, as vectors.

use std::marker::PhantomData;

pub use crate::bindings::base::rehearsal::plugin::semantics::{Embeddings, Refusal};
#[cfg(not(target_family = "wasm"))]
use crate::testing::MemoryEmbeddings;

/// Where embeddings come from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    #[cfg(not(target_family = "wasm"))]
    memory: Option<&'a MemoryEmbeddings>,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Source<'a> {
    pub(crate) fn of_host() -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            memory: None,
            lifetime: PhantomData,
        }
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn of_memory(memory: &'a MemoryEmbeddings) -> Self {
        Self { memory: Some(memory), lifetime: PhantomData }
    }

    pub(crate) fn embed(&self, texts: &[String]) -> Result<Embeddings, Refusal> {
        if texts.is_empty() {
            // Whether there are embeddings at all is worth asking before a call is read.
            return self.ask(texts);
        }
        let mut all = Embeddings { model: String::new(), dimensions: 0, values: Vec::new() };
        for part in texts.chunks(MAX_TEXTS) {
            let some = self.ask(part)?;
            all.model = some.model;
            all.dimensions = some.dimensions;
            all.values.extend(some.values);
        }
        Ok(all)
    }

    #[cfg(target_family = "wasm")]
    fn ask(&self, texts: &[String]) -> Result<Embeddings, Refusal> {
        crate::bindings::base::rehearsal::plugin::semantics::embed(texts)
    }

    #[cfg(not(target_family = "wasm"))]
    fn ask(&self, texts: &[String]) -> Result<Embeddings, Refusal> {
        let denied = || Refusal::Denied("no embeddings were given to this test".to_owned());
        self.memory.map(|memory| memory.embed(texts)).ok_or_else(denied)
    }
}

/// What the host takes at once.
const MAX_TEXTS: usize = 4096;

impl Embeddings {
    /// The vector of the text at this place; empty past the last.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        let width = self.dimensions as usize;
        self.values.get(index * width..(index + 1) * width).unwrap_or_default()
    }
}

impl Refusal {
    /// The sentence for a person, without the refusal's kind.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Denied(why) | Self::Unavailable(why) | Self::InvalidInput(why) => why,
        }
    }
}
