//! Small nets over the whole call: what a turn does depends on what was said around it.
//! They give scores for every head, which a head adds to its own.
//!
//! ```text
//! Row ─► projection ─► gated units, forwards through the call ──┐
//!        (a turn)  └─► gated units, backwards ──────────────────┴─► scores a head
//! ```
//!
//! Gated recurrent units after Cho et al. 2014, in the form whose reset gate applies after
//! the product.

use serde::{Deserialize, Serialize};

use crate::row::Row;
use crate::text::hash;
use crate::vectors::Block;
use crate::{ModelError, features};

/// What a net looks at in a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Values of an embedding.
    pub width: u32,
    /// Numbers of the blocks; the explicit features come after them.
    pub blocks: Vec<u8>,
    /// What values of blocks and features are multiplied by.
    pub gain: (f32, f32),
}

/// Weights of a layer, in steps of an output's own scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Where outputs start.
    pub bias: Vec<f32>,
    /// A step an output.
    pub scale: Vec<f32>,
    /// Steps: a row an input, an output a column; two's complement in a byte.
    pub steps: Vec<u8>,
}

/// Gated units that read a call in one direction. Columns of both layers are reset gates,
/// update gates and candidates, a unit each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// From a turn's projection.
    pub input: Layer,
    /// From the state after the turn before.
    pub state: Layer,
}

/// One trained net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Net {
    /// From blocks and features to fewer values, negative ones cut.
    pub projection: Layer,
    /// From the first turn to the last.
    pub forwards: Units,
    /// From the last to the first.
    pub backwards: Units,
    /// From projection and both states to the scores of all heads.
    pub output: Layer,
}

/// Trained nets that differ by what chance made of them, and whose mean is better than
/// each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// The embedding model that they were trained on, as the host names it.
    pub embeddings: String,
    /// What they look at in a turn.
    pub look: Look,
    /// Heads by name and number of their classes, in the order of the scores.
    pub heads: Vec<(String, u32)>,
    /// The nets.
    pub nets: Vec<Net>,
}

/// Scores of every turn of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    heads: Vec<(String, u32)>,
    /// All heads' scores, a turn each.
    scores: Vec<Vec<f32>>,
}

impl Look {
    /// How many explicit features there are.
    #[must_use]
    pub const fn features() -> usize {
        features::COUNT
    }

    /// A turn's values, as the projection takes them.
    #[must_use]
    pub fn inputs(&self, row: &Row) -> Vec<f32> {
        let width = self.width as usize;
        let block = |number: &u8| {
            let start = usize::from(*number) * width;
            row.blocks[start..start + width].iter().map(|value| value * self.gain.0)
        };
        let features = row.features.iter().map(|value| value * self.gain.1);
        self.blocks.iter().flat_map(block).chain(features).collect()
    }
}

impl Sequence {
    /// Reads what [`Sequence::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are of another form, or their sizes do not fit together.
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        let net: Self =
            postcard::from_bytes(bytes).map_err(|error| ModelError(error.to_string()))?;
        if net.fits() { Ok(net) } else { Err(ModelError("the nets' sizes do not fit".to_owned())) }
    }

    /// For a file.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        postcard::to_allocvec(self).map_err(|error| ModelError(error.to_string()))
    }

    /// What heads that were tuned beside these nets know them by.
    #[must_use]
    pub fn mark(bytes: &[u8]) -> u32 {
        hash(bytes.iter().copied())
    }

    fn fits(&self) -> bool {
        let inputs = self.look.blocks.len() * self.look.width as usize + Look::features();
        let classes = self.heads.iter().map(|head| head.1 as usize).sum();
        self.look.blocks.iter().all(|number| usize::from(*number) < Block::ALL.len())
            && !self.nets.is_empty()
            && self.nets.iter().all(|net| net.fits(inputs, classes))
    }

    /// Scores of all turns of a call, given in order. Rows are taken one by one and not
    /// kept, so that a long call needs little memory.
    #[must_use]
    pub fn read(&self, rows: impl Iterator<Item = Row>) -> Context {
        let mut projected: Vec<Vec<Vec<f32>>> = vec![Vec::new(); self.nets.len()];
        for row in rows {
            let inputs = self.look.inputs(&row);
            for (net, projected) in self.nets.iter().zip(&mut projected) {
                projected.push(net.project(&inputs));
            }
        }
        let mut said = self.nets.iter().zip(projected).map(|(net, turns)| net.scores(turns));
        let mut scores = said.next().unwrap_or_default();
        for other in said {
            let pairs = scores.iter_mut().flatten().zip(other.iter().flatten());
            pairs.for_each(|(sum, score)| *sum += score);
        }
        let count = self.nets.len() as f32;
        scores.iter_mut().flatten().for_each(|score| *score /= count);
        Context { heads: self.heads.clone(), scores }
    }
}

impl Net {
    fn fits(&self, inputs: usize, classes: usize) -> bool {
        let projected = self.projection.bias.len();
        let units = |units: &Units| {
            let count = units.state.bias.len() / 3;
            let fits = units.state.fits(count, 3 * count) && units.input.fits(projected, 3 * count);
            fits.then_some(count)
        };
        let states = units(&self.forwards).zip(units(&self.backwards));
        self.projection.fits(inputs, projected)
            && states.is_some_and(|(forwards, backwards)| {
                self.output.fits(projected + forwards + backwards, classes)
            })
    }

    fn project(&self, inputs: &[f32]) -> Vec<f32> {
        let mut values = self.projection.apply(inputs);
        values.iter_mut().for_each(|value| *value = value.max(0.0));
        values
    }

    /// Scores of every turn, from the turns' projections.
    fn scores(&self, turns: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let forwards = self.forwards.states(turns.iter());
        let mut backwards = self.backwards.states(turns.iter().rev());
        backwards.reverse();
        let states = forwards.into_iter().zip(backwards);
        let all = turns.into_iter().zip(states);
        all.map(|(turn, (before, after))| self.output.apply(&[turn, before, after].concat()))
            .collect()
    }
}

impl Context {
    /// Scores of a head's classes for a turn; none where there is no such head or turn.
    #[must_use]
    pub fn of(&self, head: &str, turn: usize) -> Option<&[f32]> {
        let at = self.heads.iter().position(|(name, _)| name == head)?;
        let start: usize = self.heads[..at].iter().map(|(_, classes)| *classes as usize).sum();
        self.scores.get(turn)?.get(start..start + self.heads[at].1 as usize)
    }
}

impl Layer {
    fn fits(&self, inputs: usize, outputs: usize) -> bool {
        self.bias.len() == outputs
            && self.scale.len() == outputs
            && self.steps.len() == inputs * outputs
    }

    fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let outputs = self.bias.len();
        let mut sums = vec![0.0_f32; outputs];
        for (value, steps) in inputs.iter().zip(self.steps.chunks_exact(outputs.max(1))) {
            if *value != 0.0 {
                let terms = sums.iter_mut().zip(steps);
                terms.for_each(|(sum, step)| *sum += value * f32::from(step.cast_signed()));
            }
        }
        let scaled = sums.iter().zip(&self.scale).zip(&self.bias);
        scaled.map(|((sum, scale), bias)| sum * scale + bias).collect()
    }
}

impl Units {
    /// The state after each turn.
    fn states<'a>(&self, turns: impl Iterator<Item = &'a Vec<f32>>) -> Vec<Vec<f32>> {
        let count = self.state.bias.len() / 3;
        let mut state = vec![0.0_f32; count];
        let mut states = Vec::new();
        for turn in turns {
            let heard = self.input.apply(turn);
            let kept = self.state.apply(&state);
            for (at, value) in state.iter_mut().enumerate() {
                let (update_at, new_at) = (count + at, 2 * count + at);
                let reset = sigmoid(heard[at] + kept[at]);
                let update = sigmoid(heard[update_at] + kept[update_at]);
                let new = (heard[new_at] + reset * kept[new_at]).tanh();
                *value = new + update * (*value - new);
            }
            states.push(state.clone());
        }
        states
    }
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
