//! Heads inside a plugin: from a call as the SDK gives it to labels.

use std::cell::OnceCell;

use rehearsal_sdk::Call;
use rehearsal_sdk::types::Role;

use crate::{Labelled, Line, Model, Reading, Vectors};

/// Heads that ship with a plugin, read when they are first needed.
pub struct Learned {
    bytes: &'static [u8],
    model: OnceCell<Result<Model, String>>,
}

impl Learned {
    /// From a file of `weights/`.
    #[must_use]
    pub const fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, model: OnceCell::new() }
    }

    /// What a head says of a call, in the order of its turns.
    ///
    /// # Errors
    /// Why the learned tier has to be done without, for a person: embeddings are not
    /// granted, there is no model, or it is not the one that the heads were trained on.
    pub fn label(&self, call: &Call<'_>, head: &str) -> Result<Vec<Labelled>, String> {
        let lines: Vec<Line<'_>> = call
            .turns()
            .map(|turn| Line {
                text: turn.text(),
                speaker: turn.participant(),
                seller: turn.role() == Role::Seller,
            })
            .collect();
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let reading = Reading::new(&lines);
        let embedded =
            call.embed(reading.texts()).map_err(|refusal| refusal.message().to_owned())?;
        let load = || Model::load(self.bytes).map_err(|error| error.to_string());
        let model = self.model.get_or_init(load).as_ref().map_err(Clone::clone)?;
        if embedded.model != model.embeddings {
            return Err(format!(
                "the heads were trained on embeddings of {}, and the host has {}",
                model.embeddings, embedded.model
            ));
        }
        let vectors = Vectors::new(&reading, &embedded.values, embedded.dimensions as usize)
            .ok_or("the host gave another number of embeddings than was asked for")?;
        model.predict(&reading, &vectors, head).ok_or(format!("there is no head `{head}`"))
    }
}

impl std::fmt::Debug for Learned {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Learned").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Trained weights, a file a head; a plugin holds those that it names and no others.
pub mod weights {
    /// Objections in the prospect's turns: head `objection`.
    pub const OBJECTION: &[u8] = include_bytes!("../weights/objection.bin");
    /// Moves that answer objections, in the seller's turns: head `move`.
    pub const MOVE: &[u8] = include_bytes!("../weights/move.bin");
    /// Techniques in the seller's turns: head `techniques`.
    pub const TECHNIQUES: &[u8] = include_bytes!("../weights/techniques.bin");
    /// Signs of listening in anybody's turns: head `listening`.
    pub const LISTENING: &[u8] = include_bytes!("../weights/listening.bin");
}
