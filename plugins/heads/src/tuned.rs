//! A head that was tuned beside one that ships: what experts' labels change of its
//! weights, small enough to be handed to an extractor with its configuration.
//!
//! Embeddings, explicit features and where scores start are tuned; grams, how inputs are
//! spread and the net over the call stay as they ship. That is 60 kB of text instead of
//! 400 for the widest head, read once an instance.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::head::{Calibration, Decision, Head, Part};
use crate::model::{Model, ModelError};
use crate::text::hash;

/// What is tuned of a head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// The head's name.
    pub head: String,
    /// [`Tuned::mark`] of the weights that ship, beside which it was tuned.
    pub beside: u32,
    /// Where scores start, a class each.
    pub bias: Vec<f32>,
    /// Weights of blocks, of the same ones and in the same order as the head's.
    pub blocks: Vec<Part>,
    /// Weights of the explicit features.
    pub features: Vec<f32>,
    /// How scores become labels.
    pub decision: Decision,
    /// How sure a label is.
    pub calibration: Calibration,
}

impl Tuned {
    /// Tells weights apart.
    #[must_use]
    pub fn mark(bytes: &[u8]) -> u32 {
        hash(bytes.iter().copied())
    }

    /// Reads what [`Tuned::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are of another form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        postcard::from_bytes(bytes).map_err(|error| ModelError(error.to_string()))
    }

    /// For a file.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        postcard::to_allocvec(self).map_err(|error| ModelError(error.to_string()))
    }

    /// Bytes as a configuration holds them.
    #[must_use]
    pub fn to_text(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
    }

    /// Bytes of what a configuration holds.
    ///
    /// # Errors
    /// It is no base64.
    pub fn of_text(text: &str) -> Result<Vec<u8>, ModelError> {
        STANDARD.decode(text).map_err(|error| ModelError(format!("no base64: {error}")))
    }

    /// Puts it in the place of what ships; `shipped` are the bytes that the model is of.
    ///
    /// # Errors
    /// It was tuned beside other weights, or its sizes are not those of the head.
    pub fn apply(self, model: &mut Model, shipped: &[u8]) -> Result<(), ModelError> {
        if self.beside != Self::mark(shipped) {
            return Err(ModelError(format!(
                "the tuned head `{}` was trained beside other weights than ship here",
                self.head
            )));
        }
        let own = model.heads.iter_mut().find(|head| head.name == self.head);
        let Some(head) = own.filter(|head| self.fits(head)) else {
            return Err(ModelError(format!(
                "the tuned head `{}` has not the sizes of the one that ships",
                self.head
            )));
        };
        head.bias = self.bias;
        head.blocks = self.blocks;
        head.features = self.features;
        head.decision = self.decision;
        head.calibration = self.calibration;
        Ok(())
    }

    fn fits(&self, head: &Head) -> bool {
        let classes = head.bias.len();
        let blocks = self.blocks.len() == head.blocks.len()
            && self.blocks.iter().zip(&head.blocks).all(|(own, other)| {
                own.number == other.number
                    && own.scale.len() == classes
                    && own.steps.len() == other.steps.len()
            });
        let decided = match (&self.decision, &head.decision) {
            (Decision::Best { bias }, Decision::Best { .. })
            | (Decision::Gate { bias, .. }, Decision::Gate { .. }) => bias.len(),
            (Decision::Each { threshold }, Decision::Each { .. }) => threshold.len(),
            _ => return false,
        };
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        blocks
            && self.bias.len() == classes
            && decided == classes
            && self.features.len() == head.features.len()
            && finite(&self.bias)
            && finite(&self.features)
            && self.blocks.iter().all(|part| finite(&part.scale))
    }
}
