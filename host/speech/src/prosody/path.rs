//! The likeliest path of pitch through the candidates of all frames (Viterbi).

use super::yin::{Candidate, HIGHEST_HZ, LOWEST_HZ};

/// States an octave: steps of 20 cents.
const STEPS_AN_OCTAVE: f32 = 60.0;
/// Steps that pitch may move in 10 ms (35.9 octaves a second, as pYIN).
const REACH: usize = 21;
/// Probability that voicing begins or ends between two frames.
const SWITCH: f32 = 0.01;
/// Smallest probability, so that a logarithm exists.
const FLOOR: f32 = 1e-9;

fn states() -> usize {
    ((HIGHEST_HZ / LOWEST_HZ).log2() * STEPS_AN_OCTAVE) as usize + 1
}

fn state_of(hz: f32) -> Option<usize> {
    let step = ((hz / LOWEST_HZ).log2() * STEPS_AN_OCTAVE).round();
    (step >= 0.0 && (step as usize) < states()).then_some(step as usize)
}

/// Pitch a frame, or `None` where it is unvoiced. States `0..n` are voiced at a pitch,
/// `n..2n` unvoiced with that pitch in mind.
pub(super) fn likeliest(frames: &[Vec<Candidate>]) -> Vec<Option<f32>> {
    let n = states();
    let steps: Vec<f32> = (0..=REACH).map(|d| (1.0 - d as f32 / (REACH + 1) as f32).ln()).collect();
    let (stay, switch) = ((1.0 - SWITCH).ln(), SWITCH.ln());
    let mut score = vec![0.0_f32; 2 * n];
    let mut back: Vec<Vec<u16>> = Vec::with_capacity(frames.len());
    for candidates in frames {
        let seen = observation(candidates, n);
        // The best pitch to come from, separately out of voiced and unvoiced frames.
        let best = |from: &[f32], to: usize| {
            (to.saturating_sub(REACH)..(to + REACH + 1).min(n))
                .map(|s| (from[s] + steps[s.abs_diff(to)], s))
                .fold((f32::NEG_INFINITY, to), |a, b| if b.0 > a.0 { b } else { a })
        };
        let mut next = vec![0.0; 2 * n];
        let mut pointers = vec![0_u16; 2 * n];
        for to in 0..n {
            let voiced = best(&score[..n], to);
            let unvoiced = best(&score[n..], to);
            for (state, from_voiced, from_unvoiced) in [(to, stay, switch), (to + n, switch, stay)]
            {
                let (a, b) = (voiced.0 + from_voiced, unvoiced.0 + from_unvoiced);
                let (value, from) = if a >= b { (a, voiced.1) } else { (b, unvoiced.1 + n) };
                next[state] = value + seen[state];
                pointers[state] = from as u16;
            }
        }
        let most = next.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        next.iter_mut().for_each(|v| *v -= most);
        score = next;
        back.push(pointers);
    }
    trace(frames, &score, &back, n)
}

/// Log probabilities of the states given a frame's candidates.
fn observation(candidates: &[Candidate], n: usize) -> Vec<f32> {
    let mut seen = vec![FLOOR.ln(); 2 * n];
    let mut voiced = 0.0;
    let mut mass = vec![0.0_f32; n];
    for candidate in candidates {
        if let Some(state) = state_of(candidate.hz) {
            mass[state] += candidate.probability;
            voiced += candidate.probability;
        }
    }
    for (slot, mass) in seen.iter_mut().zip(&mass) {
        *slot = mass.max(FLOOR).ln();
    }
    let unvoiced = ((1.0 - voiced).max(FLOOR) / n as f32).ln();
    seen[n..].fill(unvoiced);
    seen
}

fn trace(
    frames: &[Vec<Candidate>],
    score: &[f32],
    back: &[Vec<u16>],
    n: usize,
) -> Vec<Option<f32>> {
    let mut state = (0..2 * n).max_by(|a, b| score[*a].total_cmp(&score[*b])).unwrap_or_default();
    let mut pitches = vec![None; frames.len()];
    for (i, pointers) in back.iter().enumerate().rev() {
        if state < n {
            // The candidate itself is finer than the state's step.
            let near = frames[i].iter().filter(|c| state_of(c.hz) == Some(state));
            pitches[i] = near.max_by(|a, b| a.probability.total_cmp(&b.probability)).map(|c| c.hz);
        }
        state = usize::from(pointers[state]);
    }
    pitches
}
