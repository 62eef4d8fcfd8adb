//! A net over a call while it learns: the forward pass of `rehearsal_heads::Net`
//! in tensors that know their gradients, many calls at once.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use rehearsal_heads::{Layer, Units};

use crate::score::Random;

/// Values that a turn is projected to.
const PROJECTED: usize = 96;
/// Units in each direction.
const UNITS: usize = 64;

/// Several calls, turn by turn: the first turns of all, then the second ones, and so on,
/// the longest calls first, so that those that go on are always the first ones.
pub(crate) struct Packed {
    inputs: Tensor,
    /// Calls that have a turn of this number.
    going: Vec<usize>,
    /// What the rows are, as whoever packed them numbers turns.
    pub(crate) turns: Vec<usize>,
}

impl Packed {
    /// Packs calls, lists of numbers of turns; `input` gives a turn's values.
    pub(crate) fn new<'a>(
        mut calls: Vec<&'a [usize]>,
        input: impl Fn(usize) -> &'a [f32],
    ) -> Result<Self> {
        calls.sort_by_key(|turns| std::cmp::Reverse(turns.len()));
        let longest = calls.first().map_or(0, |turns| turns.len());
        let going: Vec<usize> = (0..longest)
            .map(|at| calls.iter().take_while(|turns| turns.len() > at).count())
            .collect();
        let turns: Vec<usize> = going
            .iter()
            .enumerate()
            .flat_map(|(at, going)| calls[..*going].iter().map(move |turns| turns[at]))
            .collect();
        let values: Vec<f32> = turns.iter().flat_map(|turn| input(*turn)).copied().collect();
        let shape = (turns.len(), values.len() / turns.len().max(1));
        Ok(Self { inputs: Tensor::from_vec(values, shape, &Device::Cpu)?, going, turns })
    }
}

struct Dense {
    weights: Var,
    bias: Var,
}

struct Cell {
    input: Dense,
    state: Dense,
}

pub(crate) struct Net {
    projection: Dense,
    forwards: Cell,
    backwards: Cell,
    output: Dense,
}

impl Net {
    /// Weights drawn evenly, as wide as their layer's inputs allow.
    pub(crate) fn new(inputs: usize, classes: usize, random: &mut Random) -> Result<Self> {
        Ok(Self {
            projection: Dense::new(inputs, PROJECTED, inputs, random)?,
            forwards: Cell::new(random)?,
            backwards: Cell::new(random)?,
            output: Dense::new(PROJECTED + 2 * UNITS, classes, PROJECTED + 2 * UNITS, random)?,
        })
    }

    /// Scores, a row a turn. While it learns, half of what layers see is left out, drawn
    /// from `drop`.
    pub(crate) fn scores(&self, calls: &Packed, mut drop: Option<&mut Random>) -> Result<Tensor> {
        let inputs = halved(&calls.inputs, drop.as_deref_mut())?;
        let projected = self.projection.apply(&inputs)?.relu()?;
        let forwards = self.forwards.states(&projected, &calls.going, false)?;
        let backwards = self.backwards.states(&projected, &calls.going, true)?;
        let all = Tensor::cat(&[projected, forwards, backwards], 1)?;
        self.output.apply(&halved(&all, drop)?)
    }

    pub(crate) fn variables(&self) -> Vec<&Var> {
        self.layers().into_iter().flat_map(|layer| [&layer.weights, &layer.bias]).collect()
    }

    fn layers(&self) -> [&Dense; 6] {
        let Self { projection, forwards, backwards, output } = self;
        let (there, back) = (forwards, backwards);
        [projection, &there.input, &there.state, &back.input, &back.state, output]
    }

    /// The net as it ships, weights in bytes.
    pub(crate) fn ship(&self) -> Result<rehearsal_heads::Net> {
        let units = |cell: &Cell| -> Result<Units> {
            Ok(Units { input: cell.input.ship()?, state: cell.state.ship()? })
        };
        Ok(rehearsal_heads::Net {
            projection: self.projection.ship()?,
            forwards: units(&self.forwards)?,
            backwards: units(&self.backwards)?,
            output: self.output.ship()?,
        })
    }
}

/// Leaves out half of the values and doubles the others.
fn halved(values: &Tensor, drop: Option<&mut Random>) -> Result<Tensor> {
    let Some(random) = drop else { return Ok(values.clone()) };
    let count = values.elem_count();
    let mut mask = Vec::with_capacity(count + 64);
    while mask.len() < count {
        let bits = random.bits();
        mask.extend((0..64).map(|at| if bits >> at & 1 == 1 { 2.0_f32 } else { 0.0 }));
    }
    mask.truncate(count);
    Ok(values.mul(&Tensor::from_vec(mask, values.shape(), &Device::Cpu)?)?)
}

impl Dense {
    fn new(inputs: usize, outputs: usize, fan: usize, random: &mut Random) -> Result<Self> {
        let most = 1.0 / (fan as f32).sqrt();
        let mut draw = |count: usize, shape: &[usize]| {
            let values: Vec<f32> = (0..count).map(|_| random.even(most)).collect();
            Ok::<_, anyhow::Error>(Var::from_vec(values, shape, &Device::Cpu)?)
        };
        Ok(Self {
            weights: draw(inputs * outputs, &[inputs, outputs])?,
            bias: draw(outputs, &[outputs])?,
        })
    }

    fn apply(&self, inputs: &Tensor) -> Result<Tensor> {
        Ok(inputs.matmul(&self.weights)?.broadcast_add(&self.bias)?)
    }

    /// Weights in 127 steps an output either way.
    fn ship(&self) -> Result<Layer> {
        let outputs = self.bias.dims1()?;
        let weights = self.weights.flatten_all()?.to_vec1::<f32>()?;
        let mut most = vec![f32::MIN_POSITIVE; outputs];
        for row in weights.chunks_exact(outputs) {
            most.iter_mut().zip(row).for_each(|(most, weight)| *most = most.max(weight.abs()));
        }
        let step = |(at, weight): (usize, &f32)| {
            ((weight / most[at % outputs] * 127.0).round() as i8).cast_unsigned()
        };
        Ok(Layer {
            bias: self.bias.to_vec1::<f32>()?,
            steps: weights.iter().enumerate().map(step).collect(),
            scale: most.iter().map(|most| most / 127.0).collect(),
        })
    }
}

impl Cell {
    fn new(random: &mut Random) -> Result<Self> {
        Ok(Self {
            input: Dense::new(PROJECTED, 3 * UNITS, UNITS, random)?,
            state: Dense::new(UNITS, 3 * UNITS, UNITS, random)?,
        })
    }

    /// The state after each turn, rows as packed.
    fn states(&self, projected: &Tensor, going: &[usize], back: bool) -> Result<Tensor> {
        let heard = self.input.apply(projected)?;
        let starts: Vec<usize> = going
            .iter()
            .scan(0, |next, going| Some(std::mem::replace(next, *next + going)))
            .collect();
        let order: Vec<usize> =
            if back { (0..going.len()).rev().collect() } else { (0..going.len()).collect() };
        let mut states: Vec<Tensor> = Vec::with_capacity(going.len());
        for at in order {
            let count = going[at];
            let zeros = |rows| Tensor::zeros((rows, UNITS), projected.dtype(), &Device::Cpu);
            let state = match states.last() {
                None => zeros(count)?,
                // Calls that end here, or, backwards, begin here.
                Some(last) if last.dim(0)? >= count => last.narrow(0, 0, count)?,
                Some(last) => Tensor::cat(&[last, &zeros(count - last.dim(0)?)?], 0)?,
            };
            states.push(self.step(&heard.narrow(0, starts[at], count)?, &state)?);
        }
        if back {
            states.reverse();
        }
        Ok(Tensor::cat(&states, 0)?)
    }

    fn step(&self, heard: &Tensor, state: &Tensor) -> Result<Tensor> {
        let kept = self.state.apply(state)?;
        let gates =
            sigmoid(&heard.narrow(1, 0, 2 * UNITS)?.add(&kept.narrow(1, 0, 2 * UNITS)?)?)?;
        let (reset, update) = (gates.narrow(1, 0, UNITS)?, gates.narrow(1, UNITS, UNITS)?);
        let kept = kept.narrow(1, 2 * UNITS, UNITS)?.mul(&reset)?;
        let new = heard.narrow(1, 2 * UNITS, UNITS)?.add(&kept)?.tanh()?;
        Ok(new.add(&state.sub(&new)?.mul(&update)?)?)
    }
}

fn sigmoid(values: &Tensor) -> Result<Tensor> {
    Ok(values.affine(0.5, 0.0)?.tanh()?.affine(0.5, 0.5)?)
}

#[cfg(test)]
mod tests {
    use rehearsal_heads::{Look, Row, Sequence};

    use super::*;

    /// Weights as the bytes say them: then nothing but arithmetic may differ.
    fn round(layer: &Dense) {
        let shipped = layer.ship().unwrap();
        let outputs = shipped.bias.len();
        let value =
            |(at, step): (usize, &u8)| f32::from(step.cast_signed()) * shipped.scale[at % outputs];
        let values: Vec<f32> = shipped.steps.iter().enumerate().map(value).collect();
        let rounded = Tensor::from_vec(values, layer.weights.shape(), &Device::Cpu).unwrap();
        layer.weights.set(&rounded).unwrap();
    }

    #[test]
    fn what_ships_scores_calls_as_what_was_trained() {
        let mut random = Random(7);
        let look = Look { width: 4, blocks: vec![0, 9], gain: (3.0, 0.5) };
        let row = |random: &mut Random| Row {
            blocks: (0..44).map(|_| random.even(1.0)).collect(),
            features: (0..Look::features()).map(|_| random.even(4.0)).collect(),
            grams: Vec::new(),
        };
        // Of several lengths, not in order of them, one of a single turn.
        let calls: Vec<Vec<usize>> = vec![vec![0, 1, 2], vec![3, 4, 5, 6, 7], vec![8], vec![9, 10]];
        let rows: Vec<Row> = (0..11).map(|_| row(&mut random)).collect();
        let inputs: Vec<Vec<f32>> = rows.iter().map(|row| look.inputs(row)).collect();
        let net = Net::new(inputs[0].len(), 5, &mut random).unwrap();
        net.layers().into_iter().for_each(round);
        let packed =
            Packed::new(calls.iter().map(Vec::as_slice).collect(), |turn| &inputs[turn]).unwrap();
        let trained = net.scores(&packed, None).unwrap().to_vec2::<f32>().unwrap();
        let shipped = Sequence {
            embeddings: "test".to_owned(),
            look,
            heads: vec![("left".to_owned(), 2), ("right".to_owned(), 3)],
            nets: vec![net.ship().unwrap()],
        };
        let shipped = Sequence::load(&shipped.to_bytes().unwrap()).unwrap();
        let mut spread = 0.0_f32;
        for call in &calls {
            let context = shipped.read(call.iter().map(|turn| rows[*turn].clone()));
            for (at, turn) in call.iter().enumerate() {
                let place = packed.turns.iter().position(|other| other == turn).unwrap();
                let said = [context.of("left", at).unwrap(), context.of("right", at).unwrap()];
                for (one, other) in said.concat().iter().zip(&trained[place]) {
                    assert!((one - other).abs() < 1e-4, "turn {turn}: {one}, {other}");
                    spread = spread.max((one - trained[0][0]).abs());
                }
            }
        }
        assert!(spread > 0.1, "all scores are alike: {trained:?}");
    }
}
