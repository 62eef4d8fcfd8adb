//! Embeddings of a reading's texts, and the blocks of them that heads look at.

use crate::reading::{REMEMBERED, Reading, Segment};

/// A vector a text of [`Reading::texts`], all of the same length.
#[derive(Clone, Copy)]
pub struct Vectors<'a> {
    values: &'a [f32],
    width: usize,
}

impl<'a> Vectors<'a> {
    /// Rows of `width` values, a text each, one after the other. None where their number
    /// is not that of the reading's texts.
    #[must_use]
    pub fn new(reading: &Reading, values: &'a [f32], width: usize) -> Option<Self> {
        let fits = width > 0 && values.len() == reading.texts().len() * width;
        fits.then_some(Self { values, width })
    }

    pub(crate) fn get(&self, number: usize) -> &'a [f32] {
        &self.values[number * self.width..(number + 1) * self.width]
    }

    pub(crate) const fn width(&self) -> usize {
        self.width
    }
}

pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Embeddings that a head can look at, each of a text about a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The turn.
    Turn,
    /// The turn before it, whoever speaks; the second and the third before it.
    Before1,
    /// The second turn before it.
    Before2,
    /// The third turn before it.
    Before3,
    /// The turn after it.
    After,
    /// The end of the turn before and the turn as one text.
    Pair,
    /// The first sentence.
    First,
    /// The last sentence.
    Last,
    /// The last sentence that asks.
    Question,
    /// The mean of the sentences.
    Sentences,
    /// The mean of the turns before.
    History,
}

impl Block {
    /// All of them; a block's number is its place.
    pub const ALL: [Self; 11] = [
        Self::Turn,
        Self::Before1,
        Self::Before2,
        Self::Before3,
        Self::After,
        Self::Pair,
        Self::First,
        Self::Last,
        Self::Question,
        Self::Sentences,
        Self::History,
    ];

    /// What the block holds for a turn; zeros where there is no such text.
    pub(crate) fn values(
        self,
        reading: &Reading,
        vectors: &Vectors<'_>,
        index: usize,
        out: &mut [f32],
    ) {
        let turn = &reading.turns[index];
        let whole = |at: Option<usize>| {
            at.and_then(|at| reading.turns.get(at)).map(|turn| vectors.get(turn.whole))
        };
        let sentence = |segment: Option<&Segment>| segment.map(|s| vectors.get(s.number));
        let one = match self {
            Self::Turn => whole(Some(index)),
            Self::Before1 => whole(index.checked_sub(1)),
            Self::Before2 => whole(index.checked_sub(2)),
            Self::Before3 => whole(index.checked_sub(3)),
            Self::After => whole(Some(index + 1)),
            Self::Pair => Some(vectors.get(turn.pair)),
            Self::First => sentence(turn.segments.first()),
            Self::Last => sentence(turn.segments.last()),
            Self::Question => sentence(turn.segments.iter().rfind(|segment| segment.asks)),
            Self::Sentences => {
                mean(turn.segments.iter().map(|segment| vectors.get(segment.number)), out);
                return;
            }
            Self::History => {
                let turns = &reading.turns[index.saturating_sub(REMEMBERED)..index];
                mean(turns.iter().map(|turn| vectors.get(turn.whole)), out);
                return;
            }
        };
        match one {
            Some(vector) => out.copy_from_slice(vector),
            None => out.fill(0.0),
        }
    }
}

fn mean<'a>(vectors: impl ExactSizeIterator<Item = &'a [f32]>, out: &mut [f32]) {
    let count = vectors.len().max(1) as f32;
    out.fill(0.0);
    for vector in vectors {
        out.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value / count);
    }
}
