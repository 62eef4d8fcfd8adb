//! Phrases that show what a prospect wants, how they feel and when they give way.

/// What somebody says who gives way.
pub(crate) const YIELD_CUES: &[&str] = &[
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
pub(crate) const NEED_CUES: &[&str] = &[
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

/// The first of some phrases that stands in a text as whole words; phrases begin with a
/// letter. They are few and short: to try them at the beginning of each word is far cheaper
/// than to set up a search for each of them.
pub(crate) fn cue_of(text: &str, cues: &'static [&'static str]) -> Option<&'static str> {
    let mut first = cues.len();
    let mut inside = false;
    for (at, c) in text.char_indices() {
        if !std::mem::replace(&mut inside, c.is_alphanumeric()) && inside {
            let rest = &text[at..];
            let stands = |cue: &&str| {
                // Most differ in their first letter, and to compare slices is a call.
                rest.as_bytes().first() == cue.as_bytes().first()
                    && rest
                        .strip_prefix(cue)
                        .is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
            };
            first = cues[..first].iter().position(stands).unwrap_or(first);
        }
    }
    cues.get(first).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CUES: &[&str] = &["a b", "ab", "b", "ab's", "ca ca"];

    /// The definition, word for word.
    fn by_definition(text: &str) -> Option<&'static str> {
        let stands = |cue: &&str| {
            let ends = |at: usize| text.get(at..).and_then(|rest| rest.strip_prefix(*cue));
            (0..text.len()).any(|at| {
                ends(at).is_some_and(|behind| {
                    !text[..at].ends_with(char::is_alphanumeric)
                        && !behind.starts_with(char::is_alphanumeric)
                })
            })
        };
        CUES.iter().copied().find(stands)
    }

    proptest! {
        #[test]
        fn the_first_phrase_that_stands_as_whole_words_is_found(text in "[abc\u{e9} ',]{0,12}") {
            prop_assert_eq!(cue_of(&text, CUES), by_definition(&text));
        }
    }

    #[test]
    fn phrases_begin_with_a_letter_and_are_in_lower_case() {
        let all = MOODS.iter().flat_map(|(_, cues)| cues.iter()).chain(NEED_CUES).chain(YIELD_CUES);
        for cue in all {
            assert!(cue.starts_with(char::is_alphabetic), "{cue}");
            assert_eq!(lower(cue), **cue);
        }
    }
}
