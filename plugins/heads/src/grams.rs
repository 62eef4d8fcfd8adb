//! Runs of words and letters of a turn, hashed into buckets: what embeddings blur, such
//! as "wouldn't it?" at the end of a sentence.

use crate::reading::{Reading, Turn};
use crate::text::hash;

/// Kinds of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grams {
    /// One to three words of the turn, its borders counting as words.
    Words,
    /// One or two words of the turn before.
    Before,
    /// One to three words of the last sentence.
    Last,
    /// Three to five letters of a word of the turn, its borders counting as letters.
    Letters,
}

impl Grams {
    /// All of them; a kind's number is its place.
    pub const ALL: [Self; 4] = [Self::Words, Self::Before, Self::Last, Self::Letters];

    /// Buckets of a kind, a power of 2.
    #[must_use]
    pub const fn buckets(self) -> usize {
        match self {
            Self::Words => 1 << 13,
            Self::Before | Self::Last | Self::Letters => 1 << 12,
        }
    }

    /// Buckets that a turn falls into, ascending, with how often it does.
    pub fn count(self, reading: &Reading, index: usize) -> Vec<(u32, u32)> {
        let turn = &reading.turns[index];
        let mut hashes = Vec::new();
        match self {
            Self::Words => word_runs(&turn.tokens, 3, &mut hashes),
            Self::Last => {
                let tokens = turn.segments.last().map_or(&[][..], |last| &last.tokens);
                word_runs(tokens, 3, &mut hashes);
            }
            Self::Before => {
                if let Some(former) = index.checked_sub(1) {
                    word_runs(&reading.turns[former].tokens, 2, &mut hashes);
                }
            }
            Self::Letters => letter_runs(turn, &mut hashes),
        }
        let mask = self.buckets() as u32 - 1;
        let mut buckets: Vec<u32> =
            hashes.into_iter().map(|hash| (hash ^ (hash >> 15)) & mask).collect();
        buckets.sort_unstable();
        buckets
            .chunk_by(|left, right| left == right)
            .map(|same| (same[0], same.len() as u32))
            .collect()
    }

    /// The values of a turn: frequencies, tamed and weighed by how rare a bucket is, one
    /// long together.
    pub(crate) fn values(
        self,
        reading: &Reading,
        index: usize,
        rarity: impl Fn(u32) -> f32,
    ) -> Vec<(u32, f32)> {
        let counts = self.count(reading, index);
        let mut values: Vec<(u32, f32)> = counts
            .into_iter()
            .map(|(bucket, count)| (bucket, (1.0 + (count as f32).ln()) * rarity(bucket)))
            .filter(|(_, value)| *value > 0.0)
            .collect();
        let length = values.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        values.iter_mut().for_each(|(_, value)| *value /= length.max(f32::MIN_POSITIVE));
        values
    }
}

/// Between the words of a run.
const SPACE: u8 = b' ';

fn word_runs(tokens: &[String], longest: usize, hashes: &mut Vec<u32>) {
    hashes.extend(tokens.iter().map(|token| hash(token.bytes())));
    let bordered: Vec<&str> =
        std::iter::once("<").chain(tokens.iter().map(String::as_str)).chain([">"]).collect();
    for length in 2..=longest {
        hashes.extend(
            bordered
                .windows(length)
                .map(|run| hash(run.iter().flat_map(|word| word.bytes().chain([SPACE])))),
        );
    }
}

fn letter_runs(turn: &Turn, hashes: &mut Vec<u32>) {
    for token in &turn.tokens {
        let letters: Vec<u8> = [b"^", token.as_bytes(), b"$"].concat();
        for length in 3..=5 {
            hashes.extend(letters.windows(length).map(|run| hash(run.iter().copied())));
        }
    }
}
