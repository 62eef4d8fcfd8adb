//! Techniques that show in the form of a turn and not in its phrases. Their confidence is
//! the share that is right on examples/corpus.

use std::ops::Range;

use rehearsal_labels::Finding;
use rehearsal_sdk::prelude::Turn;
use rehearsal_talk::{Lexicon, sentences, words};

/// Longest first sentence that mirrors, in words.
const LONGEST_MIRROR: usize = 6;
/// First sentences of so many words or fewer mirror more surely.
const SHORT_MIRROR: usize = 4;

/// Items of a list that make it a dump.
const LEAST_ITEMS: usize = 5;
/// Longest item of a list, in words.
const LONGEST_ITEM: usize = 6;
/// Words of one who describes what he sells.
const OFFER_WORDS: &[&str] = &[
    "our",
    "we",
    "we've",
    "us",
    "get",
    "includes",
    "including",
    "app",
    "portal",
    "ai",
    "dashboard",
    "platform",
    "unlimited",
    "package",
    "free",
    "it's",
    "does",
];

/// The customer's words back: a short first sentence whose content words the customer
/// has just used, every one.
pub(crate) fn mirroring(lexicon: &Lexicon, turn: Turn<'_>, before: Turn<'_>) -> Option<Finding> {
    let first = sentences(turn.text()).next()?;
    let sentence = &turn.text()[first.clone()];
    let length = words(sentence).count();
    if length > LONGEST_MIRROR {
        return None;
    }
    let content = lexicon.content(sentence);
    let theirs = lexicon.content(before.text());
    if content.is_empty() || !content.iter().all(|stem| theirs.contains(stem)) {
        return None;
    }
    let (rule, confidence) =
        if length <= SHORT_MIRROR { ("short", 0.67) } else { ("sentence", 0.55) };
    Some(Finding::rule("mirroring", rule, confidence).within(first).resting_on(before.index()))
}

/// A sentence that lists five or more short items, in the words of one who describes
/// what he sells.
pub(crate) fn feature_dump(text: &str) -> Option<Finding> {
    let offers = || words(text).any(|word| OFFER_WORDS.contains(&&*word.lower()));
    let (range, items) = sentences(text)
        .map(|range| (range.clone(), items(text, range)))
        .max_by_key(|(range, items)| (*items, std::cmp::Reverse(range.start)))?;
    if items < LEAST_ITEMS || !offers() {
        return None;
    }
    Some(Finding::rule("feature_dump", "list", 0.88).within(range))
}

/// Short items of a sentence's list, what stands before its first comma left out.
fn items(text: &str, sentence: Range<usize>) -> usize {
    let parts = text[sentence].split(',').flat_map(|part| part.split(" and "));
    parts.skip(1).filter(|part| (1..=LONGEST_ITEM).contains(&words(part).count())).count()
}
