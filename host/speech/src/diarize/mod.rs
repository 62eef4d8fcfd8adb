//! Who speaks in a recording of one channel: two voices, or one that is not known.
//!
//! Speech is cut into units of at most two seconds; the two most alike are merged,
//! again and again, until two voices are left (agglomerative clustering). How far
//! apart these two are decides whether they are believed: where it is too little there
//! is one unknown speaker, not a guess. Sales calls have two parties, so more than two
//! voices are not looked for.

mod gaussian;
mod mfcc;

use crate::decode::SAMPLE_RATE;
pub(crate) use gaussian::GaussianVoices;

/// Longest unit, in samples (2 s): short enough to hold one speaker.
const LONGEST: usize = 2 * SAMPLE_RATE as usize;
/// Units that are clustered; those of longer calls are assigned to the two voices after.
const MOST: usize = 1_000;
/// Speech below which voices are not told apart (15 s), in samples.
const ENOUGH: u64 = 15 * SAMPLE_RATE as u64;
/// Speech that the rarer voice must have (3 s), in samples.
const ENOUGH_EACH: u64 = 3 * SAMPLE_RATE as u64;
/// Separation from which two voices are believed. Measured: a four-minute call 0.75 (4 %
/// of the time confused); half a minute of talk with much overlap 0.47 (14 %), a meeting
/// of two men about 0.1 and one reader below zero: these three are left open.
const APART: f64 = 0.55;

/// A way of describing voices: here Gaussians, elsewhere perhaps a network's embeddings.
pub(crate) trait VoiceModel {
    /// The description of a stretch of speech.
    type Voice: Clone;
    /// Describes a stretch; `None` if it is too short.
    fn describe(&self, samples: &[f32]) -> Option<Self::Voice>;
    /// The description of both stretches together.
    fn merge(&self, a: &Self::Voice, b: &Self::Voice) -> Self::Voice;
    /// How unlikely it is that both are one speaker; below zero they rather are.
    fn distance(&self, a: &Self::Voice, b: &Self::Voice) -> f64;
    /// The same a frame of speech, which does not grow with the recording.
    fn separation(&self, a: &Self::Voice, b: &Self::Voice) -> f64;
}

/// A stretch of speech and its voice; positions in samples.
pub(crate) struct Unit<V> {
    pub(crate) start: u64,
    pub(crate) end: u64,
    voice: V,
}

/// Two speakers of a recording.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TwoVoices {
    /// Start and end in samples, and speaker 0 or 1; in time order.
    turns: Vec<(u64, u64, usize)>,
    /// How sure it is that these are two and rightly told apart, 0 to 1.
    pub(crate) confidence: f32,
}

impl TwoVoices {
    #[cfg(test)]
    pub(crate) fn turns(&self) -> &[(u64, u64, usize)] {
        &self.turns
    }

    /// Who speaks at a time in milliseconds: the unit that holds it, or the nearest.
    pub(crate) fn speaker_at(&self, ms: u64) -> usize {
        let sample = ms * u64::from(SAMPLE_RATE) / 1000;
        let after = self.turns.partition_point(|(start, _, _)| *start <= sample);
        let candidates = &self.turns[after.saturating_sub(1)..(after + 1).min(self.turns.len())];
        let distance = |(start, end, _): &(u64, u64, usize)| {
            start.saturating_sub(sample).max(sample.saturating_sub(*end))
        };
        candidates.iter().min_by_key(|turn| distance(turn)).map_or(0, |turn| turn.2)
    }
}

/// Collects the units of a recording.
pub(crate) struct Diary<M: VoiceModel> {
    model: M,
    units: Vec<Unit<M::Voice>>,
}

impl<M: VoiceModel> Diary<M> {
    pub(crate) fn new(model: M) -> Self {
        Self { model, units: Vec::new() }
    }

    /// Takes a span of speech that begins at `start` (in samples).
    pub(crate) fn add(&mut self, start: u64, samples: &[f32]) {
        let parts = samples.len().div_ceil(LONGEST).max(1);
        let length = samples.len().div_ceil(parts).max(1);
        for (i, part) in samples.chunks(length).enumerate() {
            let start = start + (i * length) as u64;
            let end = start + part.len() as u64;
            self.units.extend(self.model.describe(part).map(|voice| Unit { start, end, voice }));
        }
    }

    /// The two speakers, or `None` where they cannot be told apart.
    pub(crate) fn conclude(&self) -> Option<TwoVoices> {
        let length = |unit: &Unit<M::Voice>| unit.end - unit.start;
        if self.units.iter().map(length).sum::<u64>() < ENOUGH {
            return None;
        }
        let step = self.units.len().div_ceil(MOST);
        let sample: Vec<M::Voice> =
            self.units.iter().step_by(step).map(|u| u.voice.clone()).collect();
        let [first, second] = cluster(&self.model, sample)?;
        let separation = self.model.separation(&first, &second);
        if separation < APART {
            return None;
        }
        let mut turns: Vec<(u64, u64, usize)> = self
            .units
            .iter()
            .map(|unit| {
                let to = |voice| self.model.distance(&unit.voice, voice);
                (unit.start, unit.end, usize::from(to(&second) < to(&first)))
            })
            .collect();
        // Whoever speaks first is the first speaker.
        if turns.first()?.2 == 1 {
            turns.iter_mut().for_each(|turn| turn.2 = 1 - turn.2);
        }
        let time =
            |speaker| turns.iter().filter(|t| t.2 == speaker).map(|t| t.1 - t.0).sum::<u64>();
        if time(0).min(time(1)) < ENOUGH_EACH {
            return None;
        }
        let confidence = (1.0 - 0.4 * (-3.0 * (separation - APART)).exp()).clamp(0.6, 0.95);
        Some(TwoVoices { turns, confidence: confidence as f32 })
    }
}

/// Merges the nearest two until two are left.
fn cluster<M: VoiceModel>(model: &M, voices: Vec<M::Voice>) -> Option<[M::Voice; 2]> {
    let count = voices.len();
    let mut voices: Vec<Option<M::Voice>> = voices.into_iter().map(Some).collect();
    // distance[i][j] for j < i, and each row's nearest.
    let mut distance: Vec<Vec<f64>> = Vec::with_capacity(count);
    for i in 0..count {
        let row = (0..i).map(|j| between(model, &voices, i, j)).collect();
        distance.push(row);
    }
    let nearest = |row: &[f64]| {
        let best = row.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        best.unwrap_or((0, f64::INFINITY))
    };
    let mut best: Vec<(usize, f64)> = distance.iter().map(|row| nearest(row)).collect();
    for _ in 2..count {
        let (gone, (kept, _)) =
            best.iter().copied().enumerate().min_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
        let merged = model.merge(voices[gone].as_ref()?, voices[kept].as_ref()?);
        voices[kept] = Some(merged);
        voices[gone] = None;
        for other in 0..count {
            if other != kept {
                let new = between(model, &voices, other, kept);
                distance[other.max(kept)][other.min(kept)] = new;
            }
            if other != gone {
                distance[other.max(gone)][other.min(gone)] = f64::INFINITY;
            }
        }
        // Rows before both have neither in them.
        for (best, row) in best.iter_mut().zip(&distance).skip(kept.min(gone)) {
            *best = nearest(row);
        }
    }
    let mut left = voices.into_iter().flatten();
    Some([left.next()?, left.next()?])
}

fn between<M: VoiceModel>(model: &M, voices: &[Option<M::Voice>], i: usize, j: usize) -> f64 {
    match (&voices[i], &voices[j]) {
        (Some(a), Some(b)) => model.distance(a, b),
        _ => f64::INFINITY,
    }
}
