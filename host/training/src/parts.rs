//! Parts of a head: what their inputs count, and their weights in bytes.

use rehearsal_heads::{Block, Part};

/// What weights of explicit features are divided by, so that a hundred of them weigh
/// about as much as one embedding.
pub const FEATURES: f32 = 20.0;

/// Weights in 127 steps a class either way; a row an input, each multiplied by `factor`.
#[must_use]
pub fn quantised(number: usize, weights: &[f64], classes: usize, factor: f32) -> Part {
    let mut most = vec![f64::MIN_POSITIVE; classes];
    for row in weights.chunks_exact(classes) {
        most.iter_mut().zip(row).for_each(|(most, weight)| *most = most.max(weight.abs()));
    }
    let step = |(at, weight): (usize, &f64)| {
        let steps = (weight / most[at % classes] * 127.0).round() as i8;
        steps.cast_unsigned()
    };
    Part {
        number: number as u8,
        steps: weights.iter().enumerate().map(step).collect(),
        scale: most.iter().map(|most| (most / 127.0) as f32 * factor).collect(),
    }
}

/// Weights as numbers: a row an input, a class a column.
#[must_use]
pub fn weights(part: &Part) -> Vec<f32> {
    let scales = part.scale.iter().cycle();
    part.steps.iter().zip(scales).map(|(step, s)| f32::from(step.cast_signed()) * s).collect()
}

/// A block's number.
#[must_use]
pub fn number(block: Block) -> usize {
    Block::ALL.iter().position(|other| *other == block).unwrap_or_default()
}
