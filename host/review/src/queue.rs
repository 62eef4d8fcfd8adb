//! Which calls experts should look at next.
//!
//! Half of a batch are those on which models doubt or disagree, a quarter those unlike
//! all others (greedy k-centre, Sener and Savarese 2018), and a quarter are drawn by
//! chance: agreement and drift are measured on these, since nothing about them made
//! anybody pick them. Each kind is spread over strata by their sizes. What comes out
//! follows from the candidates' ids and the seed, not from their order.
//!
//! Once models learn from the experts, they say how many labels of each class they expect
//! in a call, and the first half goes to calls that would add most to what experts have
//! given too little of: a model is judged class by class, and of a class that experts gave
//! often it learns little more. Why not by margin: docs/research/loop.md.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A call that may be picked.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// What it is a sample of: source and kind of call.
    pub stratum: String,
    /// 0 where models are sure and of one mind, 1 where they are not.
    pub doubt: f64,
    /// How many labels of each class models expect in it; empty where none was asked.
    pub expected: Vec<f64>,
    /// Where it lies among the others; see [`place`].
    pub place: Vec<f32>,
}

/// Why a call was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Models doubt or disagree.
    Doubt,
    /// It is unlike the others.
    Diversity,
    /// By chance.
    Chance,
}

impl Why {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Doubt => "doubt",
            Self::Diversity => "diversity",
            Self::Chance => "chance",
        }
    }
}

/// Picks a batch: places in `candidates` with the reasons, each call once. `given` is how
/// many labels of each class experts gave so far, in the order of what is expected.
#[must_use]
pub fn pick(candidates: &[Candidate], given: &[f64], batch: usize, seed: u64) -> Vec<(usize, Why)> {
    let batch = batch.min(candidates.len());
    let doubt = batch.div_ceil(2);
    let diversity = batch / 4;
    let mut queue = Queue {
        candidates,
        lots: candidates.iter().map(|one| lot(seed, &one.id)).collect(),
        left: vec![true; candidates.len()],
        given: given.to_vec(),
        picked: Vec::with_capacity(batch),
    };
    // By chance first, from all there is: a sample of what doubt left over would be none.
    queue.by_chance(batch - doubt - diversity);
    if given.is_empty() {
        queue.by_doubt(doubt);
    } else {
        queue.by_gain(doubt);
    }
    queue.by_diversity(diversity);
    queue.picked
}

struct Queue<'a> {
    candidates: &'a [Candidate],
    lots: Vec<[u8; 16]>,
    left: Vec<bool>,
    /// Labels of each class, what is expected of the picked calls included.
    given: Vec<f64>,
    picked: Vec<(usize, Why)>,
}

impl Queue<'_> {
    fn take(&mut self, place: usize, why: Why) {
        self.left[place] = false;
        self.picked.push((place, why));
        for (given, expected) in self.given.iter_mut().zip(&self.candidates[place].expected) {
            *given += expected;
        }
    }

    fn by_chance(&mut self, count: usize) {
        for (stratum, share) in self.shares(count) {
            let mut there = self.of(&stratum);
            there.sort_by_key(|place| self.lots[*place]);
            there.into_iter().take(share).for_each(|place| self.take(place, Why::Chance));
        }
    }

    fn by_doubt(&mut self, count: usize) {
        for (stratum, share) in self.shares(count) {
            let mut there = self.of(&stratum);
            there.sort_by(|a, b| {
                let doubt = |place: &usize| self.candidates[*place].doubt;
                doubt(b).total_cmp(&doubt(a)).then(self.lots[*a].cmp(&self.lots[*b]))
            });
            there.into_iter().take(share).for_each(|place| self.take(place, Why::Doubt));
        }
    }

    /// The call that would add most to what experts gave, again and again.
    fn by_gain(&mut self, count: usize) {
        let mut shares = self.shares(count);
        while self.take_best(&mut shares, Why::Doubt, Self::gain).is_some() {}
    }

    /// What a call would add: classes count alike, and each the less the more labels of it
    /// there are. A call on which models disagree counts up to twice.
    fn gain(&self, place: usize) -> f64 {
        let candidate = &self.candidates[place];
        let classes = candidate.expected.iter().zip(&self.given);
        let gain = classes.map(|(expected, given)| (expected / (given + 1.0)).ln_1p());
        gain.sum::<f64>() * (1.0 + candidate.doubt)
    }

    /// The call that is farthest from all that are picked, again and again.
    fn by_diversity(&mut self, count: usize) {
        let mut shares = self.shares(count);
        let mut nearest = vec![f64::INFINITY; self.candidates.len()];
        for (place, _) in &self.picked {
            self.shorten(&mut nearest, *place);
        }
        while let Some(place) =
            self.take_best(&mut shares, Why::Diversity, |_, place| nearest[place])
        {
            self.shorten(&mut nearest, place);
        }
    }

    /// Takes the call with the highest score of those whose strata have a share left.
    fn take_best(
        &mut self,
        shares: &mut BTreeMap<String, usize>,
        why: Why,
        score: impl Fn(&Self, usize) -> f64,
    ) -> Option<usize> {
        let open = |place: &usize| {
            let stratum = &self.candidates[*place].stratum;
            self.left[*place] && shares.get(stratum).is_some_and(|share| *share > 0)
        };
        let scored =
            (0..self.candidates.len()).filter(open).map(|place| (place, score(self, place)));
        let (place, _) = scored.max_by(|(a, high), (b, other)| {
            high.total_cmp(other).then(self.lots[*b].cmp(&self.lots[*a]))
        })?;
        if let Some(share) = shares.get_mut(&self.candidates[place].stratum) {
            *share -= 1;
        }
        self.take(place, why);
        Some(place)
    }

    fn shorten(&self, nearest: &mut [f64], centre: usize) {
        let centre = &self.candidates[centre].place;
        for (distance, candidate) in nearest.iter_mut().zip(self.candidates) {
            *distance = distance.min(squared_distance(centre, &candidate.place));
        }
    }

    fn of(&self, stratum: &str) -> Vec<usize> {
        let own = |place: &usize| self.left[*place] && self.candidates[*place].stratum == stratum;
        (0..self.candidates.len()).filter(own).collect()
    }

    /// How many of `count` each stratum gets: by what is left in it, largest remainders
    /// first (Hamilton).
    fn shares(&self, count: usize) -> BTreeMap<String, usize> {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for (candidate, left) in self.candidates.iter().zip(&self.left) {
            if *left {
                *sizes.entry(&candidate.stratum).or_default() += 1;
            }
        }
        let all: usize = sizes.values().sum();
        let count = count.min(all);
        let mut shares: BTreeMap<String, usize> =
            sizes.iter().map(|(name, size)| ((*name).to_owned(), count * size / all)).collect();
        let mut rests: Vec<(usize, &str)> =
            sizes.iter().map(|(name, size)| (count * size % all, *name)).collect();
        rests.sort_by_key(|(rest, name)| (std::cmp::Reverse(*rest), *name));
        let open = count - shares.values().sum::<usize>();
        for (_, name) in rests.into_iter().take(open) {
            *shares.entry(name.to_owned()).or_default() += 1;
        }
        shares
    }
}

/// What a call draws: the same from the same seed, wherever it stands.
fn lot(seed: u64, id: &str) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    hasher.update(id.as_bytes());
    let mut lot = [0; 16];
    lot.copy_from_slice(&hasher.finalize()[..16]);
    lot
}

/// Dimensions of [`place`]: enough to tell subjects apart, and 50,000 calls are 13 MB.
const DIMENSIONS: usize = 64;

/// Where a call lies among others: its words, hashed into signed buckets (Weinberger
/// 2009), damped and of length 1. Calls about one thing lie together.
#[must_use]
pub fn place(text: &str) -> Vec<f32> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let mut place = vec![0.0_f32; DIMENSIONS];
    for (word, count) in counts {
        let hash = fnv(word.as_bytes());
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        place[(hash % DIMENSIONS as u64) as usize] += sign * (1.0 + count as f32).ln();
    }
    let length = place.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        place.iter_mut().for_each(|x| *x /= length);
    }
    place
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum()
}
