//! All that heads may look at of one turn.

use serde::{Deserialize, Serialize};

use crate::features::{POSITION, features};
use crate::grams::Grams;
use crate::reading::Reading;
use crate::vectors::{Block, Vectors};

/// Standardised features stay within this many deviations.
const FARTHEST: f32 = 4.0;

/// How numbers were spread over the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Means of the explicit features.
    pub mean: Vec<f32>,
    /// Their standard deviations, at least 0.1.
    pub deviation: Vec<f32>,
    /// How rare each bucket of each of [`Grams::ALL`] is: sixteenths of 1 + ln(rows /
    /// rows with it); 0 for buckets too rare to learn from.
    pub rarity: Vec<Vec<u8>>,
}

/// What stands in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Vectors of [`Block::ALL`], one after the other.
    pub blocks: Vec<f32>,
    /// Standardised explicit features.
    pub features: Vec<f32>,
    /// Buckets and values of [`Grams::ALL`].
    pub grams: Vec<Vec<(u32, f32)>>,
}

/// Explicit features of a turn as they are, to learn their [`Spread`].
#[must_use]
pub fn raw_features(reading: &Reading, vectors: &Vectors<'_>, turn: usize) -> Vec<f32> {
    features(reading, vectors, turn)
}

impl Row {
    /// Of a turn. `excerpt` says that the reading is no whole call: then the features that
    /// tell the place in it are left out.
    #[must_use]
    pub fn new(
        reading: &Reading,
        vectors: &Vectors<'_>,
        spread: &Spread,
        turn: usize,
        excerpt: bool,
    ) -> Self {
        let width = vectors.width();
        let mut blocks = vec![0.0; Block::ALL.len() * width];
        for (block, out) in Block::ALL.iter().zip(blocks.chunks_exact_mut(width)) {
            block.values(reading, vectors, turn, out);
        }
        let mut features = features(reading, vectors, turn);
        for ((value, mean), deviation) in
            features.iter_mut().zip(&spread.mean).zip(&spread.deviation)
        {
            *value = ((*value - mean) / deviation).clamp(-FARTHEST, FARTHEST);
        }
        if excerpt {
            features[..POSITION].fill(0.0);
        }
        let grams = Grams::ALL
            .iter()
            .zip(&spread.rarity)
            .map(|(kind, rarity)| {
                let weigh = |bucket: u32| f32::from(rarity[bucket as usize]) / 16.0;
                kind.values(reading, turn, weigh)
            })
            .collect();
        Self { blocks, features, grams }
    }
}
