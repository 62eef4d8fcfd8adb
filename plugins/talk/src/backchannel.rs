//! Listening signals.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::words;

static WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| crate::listed(include_str!("../data/backchannel-words.txt")).collect());

/// Most words of a listening signal.
const LONGEST: usize = 5;

/// Whether a turn is a listening signal: at most five words, at least half of them
/// back-channel words.
#[must_use]
pub fn is_backchannel(text: &str) -> bool {
    backchannel_words(text).is_some_and(|(signals, all)| signals * 2 >= all)
}

/// Back-channel words and all words of a text of one to five words; none for others.
#[must_use]
pub fn backchannel_words(text: &str) -> Option<(usize, usize)> {
    let all = words(text).take(LONGEST + 1).count();
    if !(1..=LONGEST).contains(&all) {
        return None;
    }
    let lower: Vec<_> = words(text).map(|word| word.lower()).collect();
    let (mut signals, mut at) = (0, 0);
    while let Some(word) = lower.get(at) {
        let pair = lower.get(at + 1).map(|next| format!("{word}_{next}"));
        let length = if pair.is_some_and(|pair| WORDS.contains(pair.as_str())) {
            2
        } else {
            usize::from(WORDS.contains(&**word))
        };
        signals += length;
        at += length.max(1);
    }
    Some((signals, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_mostly_signals() {
        for text in ["Mm-hm.", "Right.", "Oh no.", "Go on.", "Yeah, yeah, sure"] {
            assert!(is_backchannel(text), "{text}");
        }
        for text in ["", "Thursday.", "Yes I want the one with the lid", "Who pays?", "It is."] {
            assert!(!is_backchannel(text), "{text}");
        }
    }
}
