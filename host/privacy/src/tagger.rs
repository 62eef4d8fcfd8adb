//! Which words are names: a logistic regression over the hashed features, and what the
//! rest of the call says about the same word.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::features::{BUCKETS, CallText, Candidate, Commonness, word_hash};

/// The tagger's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    weights: Vec<f32>,
    /// Hashes of the words of each level of [`Commonness`] from 1, sorted.
    common: [Vec<u32>; 3],
}

/// How sure the tagger must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Probability from which a word is a name.
    pub name: f32,
    /// Probability of one use from which the others in the call are names, too…
    pub sure: f32,
    /// …if theirs is at least this.
    pub other_use: f32,
}

impl Default for Thresholds {
    /// Chosen by cross-validation over the corpus' calls.
    fn default() -> Self {
        Self { name: 0.15, sure: 0.6, other_use: 0.005 }
    }
}

/// A file that holds no weights of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these are no tagger weights of this version: {bytes} bytes")]
pub struct WeightsError {
    bytes: usize,
}

const MAGIC: &[u8; 8] = b"names-01";

impl Weights {
    /// The weights that ship with the crate, trained on the project's corpus by
    /// `cargo xtask train-privacy`.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
            Weights::from_bytes(include_bytes!("../data/names.weights"))
                .unwrap_or_else(|_| Weights::untrained())
        });
        &WEIGHTS
    }

    /// All zero: before the first training.
    #[must_use]
    pub fn untrained() -> Self {
        Self { weights: vec![0.0; BUCKETS], common: [const { Vec::new() }; 3] }
    }

    /// Of trained weights and words with their levels.
    #[must_use]
    pub fn new(weights: Vec<f32>, words: impl Iterator<Item = (String, u8)>) -> Self {
        let mut common = [const { Vec::new() }; 3];
        for (word, level) in words.filter(|(_, level)| *level > 0) {
            common[usize::from(level.min(3)) - 1].push(short_hash(&word));
        }
        common.iter_mut().for_each(|words| words.sort_unstable());
        Self { weights, common }
    }

    /// Reads [`Weights::to_bytes`].
    ///
    /// # Errors
    /// Other bytes than those.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        Self::read(bytes).ok_or(WeightsError { bytes: bytes.len() })
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (scale, rest) = rest.split_first_chunk::<4>()?;
        let scale = f32::from_le_bytes(*scale);
        let (weights, mut rest) = rest.split_at_checked(BUCKETS)?;
        let mut common = [const { Vec::new() }; 3];
        for words in &mut common {
            let (count, after) = rest.split_first_chunk::<4>()?;
            let bytes = (u32::from_le_bytes(*count) as usize).checked_mul(4)?;
            let (hashes, after) = after.split_at_checked(bytes)?;
            *words = hashes
                .chunks_exact(4)
                .map(|hash| u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]))
                .collect();
            rest = after;
        }
        let weights = weights.iter().map(|byte| f32::from(byte.cast_signed()) * scale).collect();
        rest.is_empty().then_some(Self { weights, common })
    }

    /// Eight bits a weight with one scale for all, then the common words.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let largest = self.weights.iter().fold(f32::MIN_POSITIVE, |most, w| most.max(w.abs()));
        let scale = largest / 127.0;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(scale.to_le_bytes());
        bytes.extend(self.weights.iter().map(|w| ((w / scale).round() as i8).cast_unsigned()));
        for words in &self.common {
            bytes.extend((words.len() as u32).to_le_bytes());
            words.iter().for_each(|hash| bytes.extend(hash.to_le_bytes()));
        }
        bytes
    }

    /// The probability of each candidate to be part of a name.
    #[must_use]
    pub fn probabilities(&self, call: &CallText<'_>, candidates: &[Candidate]) -> Vec<f32> {
        let score = |candidate: &Candidate| {
            if call.is_plain_name(*candidate, self) {
                return 1.0;
            }
            let features = call.features(*candidate, self);
            let sum: f32 = features.iter().map(|feature| self.weights[*feature as usize]).sum();
            1.0 / (1.0 + (-sum).exp())
        };
        candidates.iter().map(score).collect()
    }
}

impl Commonness for Weights {
    fn level(&self, base: &str) -> u8 {
        let hash = short_hash(base);
        let level = (0..3).rev().find(|level| self.common[*level].binary_search(&hash).is_ok());
        level.map_or(0, |level| level as u8 + 1)
    }
}

fn short_hash(word: &str) -> u32 {
    let hash = word_hash(word);
    (hash ^ (hash >> 32)) as u32
}

/// Which candidates are names: those that are likely by themselves, and the other uses
/// of a word that surely is one.
#[must_use]
pub fn decide(
    call: &CallText<'_>,
    candidates: &[Candidate],
    probabilities: &[f32],
    thresholds: Thresholds,
) -> Vec<bool> {
    let mut best: HashMap<&str, f32> = HashMap::new();
    for (candidate, probability) in candidates.iter().zip(probabilities) {
        let best = best.entry(call.base(*candidate)).or_default();
        *best = best.max(*probability);
    }
    candidates
        .iter()
        .zip(probabilities)
        .map(|(candidate, probability)| {
            let sure = best[call.base(*candidate)] >= thresholds.sure;
            *probability >= thresholds.name || (sure && *probability >= thresholds.other_use)
        })
        .collect()
}
