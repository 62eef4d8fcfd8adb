//! Heads as they ship: bytes inside a plugin, and what they say of a call.

use serde::{Deserialize, Serialize};

use crate::features;
use crate::grams::Grams;
use crate::head::{Head, Part, Side};
use crate::reading::Reading;
use crate::row::{Row, Spread};
use crate::sequence::{Context, Sequence};
use crate::vectors::{Block, Vectors};

/// Trained heads that share their inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The embedding model that they were trained on, as the host names it.
    pub embeddings: String,
    /// Values of its vectors.
    pub width: u32,
    /// How inputs were spread in training.
    pub spread: Spread,
    /// [`Sequence::mark`] of the net beside which the heads were tuned.
    pub sequence: u32,
    /// In the order that training has them.
    pub heads: Vec<Head>,
}

/// Bytes that are no model for this code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these are no heads for this version: {0}")]
pub struct ModelError(pub(crate) String);

/// A label of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// Index of the turn.
    pub turn: usize,
    /// The label's name.
    pub label: String,
    /// Probability that it is right.
    pub confidence: f32,
}

impl Model {
    /// Reads what [`Model::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are of another form, or of heads with other inputs than this code gives.
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        let model: Self =
            postcard::from_bytes(bytes).map_err(|error| ModelError(error.to_string()))?;
        match model.fault() {
            None => Ok(model),
            Some(fault) => Err(ModelError(fault)),
        }
    }

    /// For a file.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        postcard::to_allocvec(self).map_err(|error| ModelError(error.to_string()))
    }

    /// The first size that does not fit.
    fn fault(&self) -> Option<String> {
        let inputs = self.spread.mean.len();
        if inputs != features::COUNT || self.spread.deviation.len() != inputs {
            return Some(format!("{inputs} features, not {}", features::COUNT));
        }
        let buckets = |number: u8| Grams::ALL.get(usize::from(number)).map(|kind| kind.buckets());
        let rare = self.spread.rarity.iter().zip(Grams::ALL);
        if self.spread.rarity.len() != Grams::ALL.len()
            || rare.into_iter().any(|(rarity, kind)| rarity.len() != kind.buckets())
        {
            return Some("buckets of another number".to_owned());
        }
        let width = self.width as usize;
        let fits =
            |head: &Head| {
                let classes = head.bias.len();
                let part = |part: &Part, inputs: usize| {
                    part.scale.len() == classes && part.steps.len() == inputs * classes
                };
                head.features.len() == inputs * classes
                    && head.blocks.iter().all(|block| {
                        usize::from(block.number) < Block::ALL.len() && part(block, width)
                    })
                    && head.grams.iter().all(|grams| {
                        buckets(grams.number).is_some_and(|buckets| part(grams, buckets))
                    })
            };
        let broken = self.heads.iter().find(|head| !fits(head))?;
        Some(format!("the sizes of `{}` do not fit together", broken.name))
    }

    /// What the net says of all turns of a call.
    #[must_use]
    pub fn context(
        &self,
        reading: &Reading,
        vectors: &Vectors<'_>,
        sequence: &Sequence,
    ) -> Context {
        let row = |turn| Row::new(reading, vectors, &self.spread, turn, false);
        sequence.read((0..reading.len()).map(row))
    }

    /// What a head says of a call, in the order of its turns; none where there is no head
    /// of that name, or the net has none.
    #[must_use]
    pub fn predict(
        &self,
        reading: &Reading,
        vectors: &Vectors<'_>,
        context: &Context,
        head: &str,
    ) -> Option<Vec<Labelled>> {
        let head = self.heads.iter().find(|other| other.name == head)?;
        let mut found = Vec::new();
        for (turn, side) in reading.sides().enumerate() {
            if !head.side.looks_at(side) {
                continue;
            }
            let row = Row::new(reading, vectors, &self.spread, turn, false);
            let around = context.of(&head.name, turn)?;
            let scores = head.scores(&row, self.width as usize, around);
            found.extend(head.decide(&scores).into_iter().map(|finding| Labelled {
                turn,
                label: head.labels[finding.label].clone(),
                confidence: head.calibration.probability(finding.margin),
            }));
        }
        Some(found)
    }
}

impl Side {
    /// Whether turns of the selling side, or of the others, concern it.
    #[must_use]
    pub const fn looks_at(self, seller: bool) -> bool {
        match self {
            Self::Seller => seller,
            Self::Prospect => !seller,
            Self::Both => true,
        }
    }
}
