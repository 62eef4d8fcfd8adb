//! What a model recites: runs of words that stand in its training split.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use crate::{Chat, Real, words};

/// Words of a run that counts as copied: shorter ones are how people talk.
pub const GRAM: usize = 8;

/// How much is word for word in the training split.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Copying {
    /// Runs of [`GRAM`] words in the model's messages.
    pub runs: usize,
    /// Share of them that stand in the training split.
    pub share: Option<f64>,
    /// The same share for people whose calls were held out: what nobody copied.
    pub held_out_share: Option<f64>,
    /// The longest passages, at most ten.
    pub longest: Vec<Copied>,
}

/// A passage that stands in the training split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// The chat's line in its log.
    pub line: usize,
    /// The message's place in the chat, from 0.
    pub message: usize,
    /// Its words.
    pub words: usize,
    /// The passage, in lower case.
    pub text: String,
}

/// Passages that are listed.
const LISTED: usize = 10;

pub(crate) fn measure(chats: &[&Chat], real: Real<'_>) -> Copying {
    let known: HashSet<u64> = real
        .training
        .iter()
        .flat_map(Chat::answers)
        .flat_map(|(_, text)| words(text).windows(GRAM).map(gram).collect::<Vec<_>>())
        .collect();
    let (mut runs, mut copied, mut longest) = (0, 0, Vec::new());
    for chat in chats {
        for (message, text) in chat.answers() {
            let words = words(text);
            let hits: Vec<bool> =
                words.windows(GRAM).map(|run| known.contains(&gram(run))).collect();
            runs += hits.len();
            copied += hits.iter().filter(|hit| **hit).count();
            for (start, length) in passages(&hits) {
                let passage = &words[start..start + length + GRAM - 1];
                longest.push(Copied {
                    line: chat.line,
                    message,
                    words: passage.len(),
                    text: passage.join(" "),
                });
            }
        }
    }
    longest.sort_by_key(|one| (std::cmp::Reverse(one.words), one.line, one.message));
    longest.truncate(LISTED);
    let of_people = real.held_out.iter().flat_map(Chat::answers).flat_map(|(_, text)| {
        words(text).windows(GRAM).map(|run| known.contains(&gram(run))).collect::<Vec<_>>()
    });
    let (hits, all) =
        of_people.fold((0_usize, 0_usize), |(hits, all), hit| (hits + usize::from(hit), all + 1));
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    Copying { runs, share: share(copied, runs), held_out_share: share(hits, all), longest }
}

/// Starts and lengths of runs of `true`.
fn passages(hits: &[bool]) -> Vec<(usize, usize)> {
    let mut passages: Vec<(usize, usize)> = Vec::new();
    for (at, _) in hits.iter().enumerate().filter(|(_, hit)| **hit) {
        match passages.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => passages.push((at, 1)),
        }
    }
    passages
}

/// 64 bits of a run, so that a large training split fits into memory. That another run of
/// a hundred million has the same is less likely than one in a hundred thousand million.
fn gram(words: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}
