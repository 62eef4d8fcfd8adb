//! Lengths of turns and hesitation, beside real prospects'.

use rehearsal_statistics::distribution::kolmogorov_smirnov;
use serde::Serialize;

use crate::{Chat, words};

/// How far the model's turns are from people's.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Manner {
    /// Real messages that it is held against.
    pub real_messages: usize,
    /// Kolmogorov–Smirnov distance of words a message, 0 (alike) to 1.
    pub length_distance: Option<f64>,
    /// Median words of the model's messages.
    pub median_words: Option<f64>,
    /// Median words of real ones.
    pub real_median_words: Option<f64>,
    /// Kolmogorov–Smirnov distance of fillers per word of a message.
    pub filler_distance: Option<f64>,
    /// Fillers in 100 words of the model.
    pub fillers: Option<f64>,
    /// Fillers in 100 words of people.
    pub real_fillers: Option<f64>,
}

const FILLERS: &[&str] = &["um", "umm", "uh", "uhh", "uhm", "er", "erm", "hmm", "hm", "mm", "mhm"];
/// Fillers of several words.
const PHRASES: &[[&str; 2]] = &[["you", "know"], ["i", "mean"], ["sort", "of"], ["kind", "of"]];

struct Turns {
    lengths: Vec<f64>,
    rates: Vec<f64>,
    fillers: usize,
    words: usize,
}

impl Turns {
    fn of<'a>(chats: impl Iterator<Item = &'a Chat>) -> Self {
        let mut turns = Self { lengths: Vec::new(), rates: Vec::new(), fillers: 0, words: 0 };
        for text in chats.flat_map(Chat::answers).map(|(_, text)| text) {
            let words = words(text);
            if words.is_empty() {
                continue;
            }
            let single = words.iter().filter(|word| FILLERS.contains(&word.as_str())).count();
            let pairs = words.windows(2);
            let double = pairs
                .filter(|pair| PHRASES.iter().any(|two| pair[0] == two[0] && pair[1] == two[1]));
            let fillers = single + double.count();
            turns.lengths.push(words.len() as f64);
            turns.rates.push(fillers as f64 / words.len() as f64);
            turns.fillers += fillers;
            turns.words += words.len();
        }
        turns
    }

    fn per_hundred(&self) -> Option<f64> {
        (self.words > 0).then(|| 100.0 * self.fillers as f64 / self.words as f64)
    }

    fn median(&self) -> Option<f64> {
        let mut sorted = self.lengths.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

pub(crate) fn measure(chats: &[&Chat], real: &[Chat]) -> Manner {
    let (model, people) = (Turns::of(chats.iter().copied()), Turns::of(real.iter()));
    Manner {
        real_messages: people.lengths.len(),
        length_distance: kolmogorov_smirnov(&model.lengths, &people.lengths),
        median_words: model.median(),
        real_median_words: people.median(),
        filler_distance: kolmogorov_smirnov(&model.rates, &people.rates),
        fillers: model.per_hundred(),
        real_fillers: people.per_hundred(),
    }
}
