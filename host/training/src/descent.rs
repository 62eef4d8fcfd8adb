//! How nets over a call learn: all heads' losses at once, by AdamW (Loshchilov & Hutter
//! 2019), batches and what is left out drawn from a fixed seed.
//!
//! The same nets come out wherever matrices are multiplied the same way: small differences
//! grow over the steps, so a processor with other vector units may give other nets, as good.

use anyhow::{Context as _, Result};
use candle_core::{Device, Tensor, Var, backprop::GradStore};
use rehearsal_heads::{Block, Look, Sequence};

use crate::data::Data;
use crate::net::{Net, Packed};
use crate::score::Random;
use crate::tasks::{Kind, TASKS, Task};

/// What a net's draws follow from, a net each.
const SEEDS: [u64; 2] = [5, 6];
/// Times that every call is learned from.
const EPOCHS: usize = 24;
/// Calls learned from at once, and two-line examples beside them.
const BATCH: usize = 8;
/// Length of the longest step.
const RATE: f64 = 2e-3;
/// How fast weights fade.
const DECAY: f64 = 0.05;
/// Longest gradient.
const LONGEST: f64 = 1.0;
/// Blocks that the net looks at.
const BLOCKS: [Block; 4] = [Block::Turn, Block::Sentences, Block::Last, Block::Pair];

/// What the net looks at in a turn.
fn look(data: &Data) -> Look {
    // A value of an embedding is about 1/√width; of a feature, about 1.
    let gain = ((data.width as f32).sqrt() * 0.5, 0.5);
    let place = |block: &Block| Block::ALL.iter().position(|other| other == block);
    let blocks = BLOCKS.iter().filter_map(place).map(|at| at as u8).collect();
    Look { width: data.width as u32, blocks, gain }
}

/// Trains nets on all calls but some, and on the two-line examples.
pub(crate) fn sequence(data: &Data, without: impl Fn(usize) -> bool) -> Result<Sequence> {
    let look = look(data);
    let inputs: Vec<Vec<f32>> =
        data.examples.iter().map(|example| look.inputs(&example.row)).collect();
    let calls = data.calls().into_iter().enumerate();
    let calls: Vec<Vec<usize>> = calls.filter(|(at, _)| !without(*at)).map(|call| call.1).collect();
    let nets: Vec<rehearsal_heads::Net> =
        SEEDS.iter().map(|seed| net(data, &inputs, &calls, *seed)).collect::<Result<_>>()?;
    let heads = TASKS.iter().map(|task| (task.name.to_owned(), task.classes() as u32)).collect();
    Ok(Sequence { embeddings: data.model.clone(), look, heads, nets })
}

fn net(
    data: &Data,
    inputs: &[Vec<f32>],
    calls: &[Vec<usize>],
    seed: u64,
) -> Result<rehearsal_heads::Net> {
    let lone: Vec<[usize; 1]> = (0..data.examples.len())
        .filter(|at| data.examples[*at].call.is_none())
        .map(|at| [at])
        .collect();
    let mut random = Random(seed);
    let net = Net::new(inputs[0].len(), TASKS.iter().map(Task::classes).sum(), &mut random)?;
    let steps = EPOCHS * calls.len().div_ceil(BATCH);
    let mut adam = Adam::new(&net)?;
    let mut order: Vec<usize> = (0..calls.len()).collect();
    for _ in 0..EPOCHS {
        random.shuffle(&mut order);
        for chosen in order.chunks(BATCH) {
            let mut batch: Vec<&[usize]> = chosen.iter().map(|at| calls[*at].as_slice()).collect();
            if !lone.is_empty() {
                batch.extend((0..BATCH).map(|_| lone[random.below(lone.len())].as_slice()));
            }
            let packed = Packed::new(batch, |turn| &inputs[turn])?;
            let scores = net.scores(&packed, Some(&mut random))?;
            let loss = loss(data, &packed.turns, &scores)?;
            adam.step(&net, &loss.backward()?, rate(adam.steps, steps))?;
        }
    }
    net.ship()
}

/// Rises over the first three tenths of the steps and falls to nothing, in half waves.
fn rate(step: usize, steps: usize) -> f64 {
    let (step, steps) = (step as f64, steps as f64);
    let peak = 0.3 * steps;
    let wave = |share: f64| 0.5 * (1.0 - (std::f64::consts::PI * share).cos());
    let share = if step < peak { step / peak } else { (steps - step) / (steps - peak) };
    RATE * wave(share).max(0.01)
}

/// The heads' mean losses over the turns that concern them, added.
fn loss(data: &Data, turns: &[usize], scores: &Tensor) -> Result<Tensor> {
    let mut first = 0;
    let mut sum = Tensor::zeros((), scores.dtype(), &Device::Cpu)?;
    for task in TASKS {
        let k = task.classes();
        let rows: Vec<usize> =
            (0..turns.len()).filter(|at| data.examples[turns[*at]].concerns(task)).collect();
        if !rows.is_empty() {
            let numbers: Vec<u32> = rows.iter().map(|at| *at as u32).collect();
            let numbers = Tensor::from_vec(numbers, rows.len(), &Device::Cpu)?;
            let own = scores.narrow(1, first, k)?.contiguous()?.index_select(&numbers, 0)?;
            let targets: Vec<f32> =
                rows.iter().flat_map(|at| data.examples[turns[*at]].target(task)).collect();
            let targets = Tensor::from_vec(targets, (rows.len(), k), &Device::Cpu)?;
            let of_task = if task.kind == Kind::Each {
                // Half: several labels of a turn tell less than one choice among many.
                each(&own, &targets)?.affine(0.5, 0.0)?
            } else {
                own.log_sum_exp(1)?.sum_all()?.sub(&own.mul(&targets)?.sum_all()?)?
            };
            sum = sum.add(&of_task.affine(1.0 / rows.len() as f64, 0.0)?)?;
        }
        first += k;
    }
    Ok(sum)
}

/// Of labels that hold or do not, each for itself: ln(1 + eˢ) − target · s.
fn each(scores: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let tail = scores.abs()?.neg()?.exp()?.affine(1.0, 1.0)?.log()?;
    Ok(scores.relu()?.add(&tail)?.sub(&scores.mul(targets)?)?.sum_all()?)
}

/// AdamW with gradients cut to a length.
struct Adam {
    steps: usize,
    /// Running means of gradients and of their squares, a variable each.
    means: Vec<(Tensor, Tensor)>,
}

impl Adam {
    fn new(net: &Net) -> Result<Self> {
        let zeros = |variable: &&Var| Ok((variable.zeros_like()?, variable.zeros_like()?));
        Ok(Self { steps: 0, means: net.variables().iter().map(zeros).collect::<Result<_>>()? })
    }

    fn step(&mut self, net: &Net, gradients: &GradStore, rate: f64) -> Result<()> {
        const MEAN: f64 = 0.9;
        const SQUARE: f64 = 0.999;
        let variables = net.variables();
        let own = variables.iter().map(|variable| gradients.get(variable.as_tensor()));
        let own: Vec<&Tensor> = own.collect::<Option<_>>().context("a layer is not used")?;
        let mut squares = 0.0;
        for gradient in &own {
            squares += f64::from(gradient.detach().sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        let cut = (LONGEST / (squares.sqrt() + 1e-6)).min(1.0);
        self.steps += 1;
        let power = |base: f64| 1.0 - base.powf(self.steps as f64);
        let (of_mean, of_square) = (rate / power(MEAN), power(SQUARE));
        for ((variable, gradient), (mean, square)) in
            variables.into_iter().zip(own).zip(&mut self.means)
        {
            // What a gradient was made of is kept alive by it, all batches of it.
            let gradient = gradient.detach().affine(cut, 0.0)?;
            let now = variable.as_detached_tensor();
            *mean = mean.affine(MEAN, 0.0)?.add(&gradient.affine(1.0 - MEAN, 0.0)?)?;
            *square =
                square.affine(SQUARE, 0.0)?.add(&gradient.sqr()?.affine(1.0 - SQUARE, 0.0)?)?;
            let length = square.affine(1.0 / of_square, 0.0)?.sqrt()?.affine(1.0, 1e-8)?;
            let step = mean.div(&length)?.affine(of_mean, 0.0)?;
            variable.set(&now.affine(1.0 - rate * DECAY, 0.0)?.sub(&step)?)?;
        }
        Ok(())
    }
}
