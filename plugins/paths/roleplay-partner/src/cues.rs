//! Phrases that show what a prospect wants, how they feel and when they give way.

use std::sync::LazyLock;

/// What somebody says who gives way.
const YIELD_CUES: &[&str] = &[
    "fair enough",
    "that makes sense",
    "makes sense",
    "that helps",
    "sounds good",
    "sounds fair",
    "that works",
    "let's do",
    "let's try",
    "i can do that",
    "we can do that",
    "i'd be open",
    "good point",
    "send it over",
    "book it",
];

/// What begins a wish or a lack.
const NEED_CUES: &[&str] = &[
    "i need",
    "we need",
    "i want",
    "we want",
    "i'd like",
    "we'd like",
    "i wish",
    "we wish",
    "i'm trying to",
    "we're trying to",
    "the problem is",
    "the trouble is",
    "i'm worried",
    "we're worried",
    "i'm looking for",
    "we're looking for",
    "we keep losing",
    "it takes us",
    "i can't keep",
    "we can't keep",
    "i'm tired of",
    "we're tired of",
    "sick of",
    "fed up",
];

/// Moods and the phrases that show them.
pub(crate) const MOODS: &[(&str, &[&str])] = &[
    (
        "pressed for time",
        &[
            "make it quick",
            "in a hurry",
            "i'm busy",
            "two minutes",
            "in the middle of",
            "got to go",
            "i've got a meeting",
        ],
    ),
    ("annoyed", &["fed up", "sick of", "stop calling", "ridiculous", "waste of", "how many times"]),
    (
        "sceptical",
        &[
            "i'm not sure",
            "not convinced",
            "sounds too good",
            "i doubt",
            "heard that before",
            "what's the catch",
            "i don't buy",
        ],
    ),
    (
        "worried",
        &["i'm worried", "we're worried", "what if", "i'm afraid", "keeps me up", "nervous"],
    ),
    (
        "friendly",
        &[
            "ha ha",
            "haha",
            "that's funny",
            "thank you so much",
            "lovely",
            "sounds great",
            "i appreciate",
        ],
    ),
];

/// A text as cues are written.
pub(crate) fn lower(text: &str) -> String {
    text.to_lowercase().replace('\u{2019}', "'")
}

pub(crate) static YIELDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(YIELD_CUES));
pub(crate) static NEEDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NEED_CUES));
pub(crate) static OF_MOODS: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(MOODS.iter().flat_map(|(_, cues)| *cues)));

/// Phrases, at most 64, that are looked for in one pass over a text. They are few and
/// short: to try them at the beginning of each word is far cheaper than to set up a search
/// for each of them.
pub(crate) struct Phrases {
    all: Vec<&'static str>,
    /// Those that begin with a letter, a bit each.
    by_letter: [u64; 26],
}

impl Phrases {
    fn new(phrases: impl IntoIterator<Item = &'static &'static str>) -> Self {
        let all: Vec<&str> = phrases.into_iter().copied().collect();
        assert!(all.len() <= 64, "each has a bit");
        let mut by_letter = [0; 26];
        for (index, phrase) in all.iter().enumerate() {
            by_letter[usize::from(phrase.as_bytes()[0] - b'a')] |= 1 << index;
        }
        Self { all, by_letter }
    }

    /// Those that stand in a text as whole words, in the order of the list.
    pub(crate) fn of(&self, text: &str) -> Vec<&'static str> {
        let (mut found, mut inside) = (0_u64, false);
        for (at, c) in text.char_indices() {
            let starts = !std::mem::replace(&mut inside, c.is_alphanumeric()) && inside;
            if starts && c.is_ascii_lowercase() {
                let open = self.by_letter[c as usize - 'a' as usize] & !found;
                found |= bits(open)
                    .filter(|index| stands(&text[at..], self.all[*index]))
                    .fold(0, |found, index| found | 1 << index);
            }
        }
        bits(found).map(|index| self.all[index]).collect()
    }
}

/// Whether a text begins with a phrase, its last word whole.
fn stands(text: &str, phrase: &str) -> bool {
    text.strip_prefix(phrase).is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
}

/// Numbers of the bits that are set, from the lowest.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(lowest)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CUES: &[&str] = &["a b", "ab", "b", "ab's", "ca ca"];

    /// The definition, word for word.
    fn by_definition(text: &str) -> Vec<&'static str> {
        let stands = |cue: &&str| {
            let ends = |at: usize| text.get(at..).and_then(|rest| rest.strip_prefix(*cue));
            (0..text.len()).any(|at| {
                ends(at).is_some_and(|behind| {
                    !text[..at].ends_with(char::is_alphanumeric)
                        && !behind.starts_with(char::is_alphanumeric)
                })
            })
        };
        CUES.iter().copied().filter(stands).collect()
    }

    proptest! {
        #[test]
        fn phrases_that_stand_as_whole_words_are_found_in_order(text in "[abc\u{e9} ',]{0,12}") {
            prop_assert_eq!(Phrases::new(CUES).of(&text), by_definition(&text));
        }
    }

    #[test]
    fn phrases_begin_with_a_letter_and_are_in_lower_case() {
        let all = MOODS.iter().flat_map(|(_, cues)| cues.iter()).chain(NEED_CUES).chain(YIELD_CUES);
        for cue in all {
            assert!(cue.starts_with(|c: char| c.is_ascii_lowercase()), "{cue}");
            assert_eq!(lower(cue), **cue);
        }
    }
}
