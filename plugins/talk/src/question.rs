//! Whether a sentence asks, and how.

use std::borrow::Cow;

use crate::words;

/// How a sentence asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Cannot be answered by yes or no: "how do you …", "tell me about …".
    Open,
    /// Can be: "do you …", "Thursday?".
    Closed,
}

/// Words that begin an open question.
const OPEN: &[&str] = &[
    "what", "how", "why", "who", "where", "which", "when", "whose", "what's", "how's", "who's",
    "where's", "why's", "what'd", "how'd", "what're", "how're", "whats", "hows",
];
/// Verbs that begin a closed one where they stand before a subject.
const AUXILIARIES: &[&str] = &[
    "do",
    "does",
    "did",
    "is",
    "are",
    "was",
    "were",
    "can",
    "could",
    "will",
    "would",
    "have",
    "has",
    "had",
    "should",
    "shall",
    "may",
    "am",
    "isn't",
    "aren't",
    "don't",
    "doesn't",
    "didn't",
    "won't",
    "wouldn't",
    "couldn't",
    "can't",
    "haven't",
    "hasn't",
    "shouldn't",
];
const SUBJECTS: &[&str] = &[
    "you", "it", "that", "this", "there", "he", "she", "they", "we", "i", "anyone", "anybody",
    "your", "the", "these", "those", "ye", "y'all",
];
/// What "how" asks of.
const MEASURES: &[&str] = &["many", "much", "long", "often", "about"];
/// Said before the question proper.
const LEADS: &[&str] = &[
    "and", "so", "but", "okay", "ok", "or", "well", "right", "then", "now", "um", "uh", "ah", "oh",
    "yeah", "because", "just", "sure", "great", "perfect", "in", "to", "for", "at", "on", "with",
    "of", "from", "about",
];
/// Requests that are open questions in all but form.
const REQUESTS: &[[&str; 2]] = &[
    ["tell", "me"],
    ["walk", "me"],
    ["talk", "me"],
    ["help", "me"],
    ["take", "me"],
    ["describe", "your"],
    ["describe", "the"],
];
/// How far into a sentence its question word may stand.
const REACH: usize = 4;

/// How a sentence asks; none where it does not.
///
/// A sentence asks if it ends in a question mark or is a request such as "tell me".
/// `punctuated` says whether the text has marks at all: one without asks if a question
/// word stands before a verb and its subject ("what do you"), or a verb before its
/// subject begins it.
#[must_use]
pub fn question(sentence: &str, punctuated: bool) -> Option<Question> {
    let marked = sentence.trim_end_matches(['"', '\u{201d}', '.', '!', ')']).ends_with('?');
    if punctuated && !marked {
        let head = Head::of(sentence);
        return head.requests(0).then_some(Question::Open);
    }
    if marked { Some(Head::of(sentence).asks()) } else { unmarked(sentence) }
}

/// The first words of a sentence, what only leads up to it left out.
struct Head<'a>(Vec<Cow<'a, str>>);

impl<'a> Head<'a> {
    fn of(sentence: &'a str) -> Self {
        let mut first: Vec<Cow<'a, str>> =
            words(sentence).take(REACH + 4).map(|word| word.lower()).collect();
        let lead = first.iter().take(REACH).take_while(|word| is(LEADS, word)).count();
        Self(first.split_off(lead))
    }

    /// Whether the words from `at` are a request to tell.
    fn requests(&self, at: usize) -> bool {
        let words = self.0.get(at..at + 2);
        words.is_some_and(|words| REQUESTS.iter().any(|request| words == *request))
    }

    fn inverted(&self) -> bool {
        matches!(self.0.as_slice(), [verb, subject, ..] if is(AUXILIARIES, verb) && is(SUBJECTS, subject))
    }

    /// How a sentence with a question mark asks.
    fn asks(&self) -> Question {
        let open = if self.inverted() {
            // "Could you tell me about …?"
            self.requests(2)
        } else {
            self.requests(0) || self.0.iter().take(REACH).any(|word| is(OPEN, word))
        };
        if open { Question::Open } else { Question::Closed }
    }
}

/// How a text without marks asks.
fn unmarked(text: &str) -> Option<Question> {
    let head = Head::of(text);
    let contracted = head.0.first().is_some_and(|word| is(OPEN, word) && word.contains('\''));
    if contracted || head.requests(0) {
        return Some(Question::Open);
    }
    let all: Vec<_> = words(text).map(|word| word.lower()).collect();
    let open = all.windows(3).any(|words| {
        is(OPEN, &words[0])
            && (is(AUXILIARIES, &words[1]) && is(SUBJECTS, &words[2]) || is(MEASURES, &words[1]))
    });
    if open {
        return Some(Question::Open);
    }
    head.inverted().then_some(Question::Closed)
}

fn is(list: &[&str], word: &str) -> bool {
    list.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_closed_and_none() {
        for text in [
            "So what made you look?",
            "Tell me about Fridays.",
            "In what way?",
            "Could you walk me through it?",
        ] {
            assert_eq!(question(text, true), Some(Question::Open), "{text}");
        }
        for text in ["Do you pay by the hour?", "Thursday?", "You knew what it cost?"] {
            assert_ne!(question(text, true), None, "{text}");
        }
        assert_eq!(question("Is it Thursday?", true), Some(Question::Closed));
        assert_eq!(question("What we do is simple.", true), None);
        assert_eq!(question("and how do you do that now", false), Some(Question::Open));
        assert_eq!(question("do you pay by the hour", false), Some(Question::Closed));
        assert_eq!(question("what we do is simple", false), None);
        assert_eq!(question("", true), None);
    }
}
