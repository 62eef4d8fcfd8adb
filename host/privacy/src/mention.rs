//! Who is named in a call, for those who hold the key: so that a person can be found
//! and forgotten in calls that no longer say their name.
//!
//! A mark is a keyed hash of a name as somebody might ask for it: "denise", "denise
//! hartshorne", "mrs hartshorne". Without the key it says nothing; with it, one can ask
//! for a name, and cannot list them.

use std::collections::BTreeSet;

use crate::entity::{Entity, Kind};
use crate::lexicon::lexicon;
use crate::pseudonym::Key;
use crate::token::{Token, tokens};

/// A keyed hash of a name.
pub type Mark = [u8; 8];

/// Words of a name that count.
const MOST_WORDS: usize = 4;

/// The mark of a name, in whatever case and with whatever marks it is written.
pub(crate) fn mark(key: &Key, name: &str) -> Mark {
    let tokens = tokens(name);
    of_words(key, &words(&tokens))
}

/// The marks of the names among a text's entities: each run of words in them. A word
/// beside a name that is no English one may belong to it, so it is taken in.
pub(crate) fn add_marks(key: &Key, text: &str, entities: &[Entity], marks: &mut BTreeSet<Mark>) {
    let people = || entities.iter().filter(|entity| entity.kind == Kind::Person);
    if people().next().is_none() {
        return;
    }
    let tokens = tokens(text);
    let words = words(&tokens);
    let unusual = |at: usize| words.get(at).is_some_and(|token| !lexicon().is_word(&token.base));
    for person in people() {
        let first = words.partition_point(|token| token.end() <= person.span.start);
        let end = words.partition_point(|token| token.start < person.span.end);
        let from = if first > 0 && unusual(first - 1) { first - 1 } else { first };
        let to = if unusual(end) { end + 1 } else { end };
        for start in from..to {
            for stop in start + 1..=to.min(start + MOST_WORDS) {
                if start < end && first < stop {
                    marks.insert(of_words(key, &words[start..stop]));
                }
            }
        }
    }
}

fn words<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a Token<'t>> {
    tokens.iter().filter(|token| token.is_word()).collect()
}

fn of_words(key: &Key, words: &[&Token<'_>]) -> Mark {
    let bases: Vec<&str> = words.iter().take(MOST_WORDS).map(|token| &*token.base).collect();
    key.mark(&bases.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_every_form_in_which_it_stood() {
        let key = Key::from_bytes([5; 32]);
        let text = "Ask Mrs. Denise O’Hartshorne, or Tobias Quillfeather's boy.";
        let span = |part: &str| {
            let start = text.find(part).unwrap();
            Entity { kind: Kind::Person, span: start..start + part.len() }
        };
        let mut marks = BTreeSet::new();
        // Half of the second name was missed.
        let found = [span("Mrs. Denise O’Hartshorne"), span("Tobias")];
        add_marks(&key, text, &found, &mut marks);
        for name in [
            "denise",
            "Denise O'Hartshorne",
            "mrs ohartshorne denise",
            "MRS. DENISE O’HARTSHORNE",
            "Tobias Quillfeather",
        ] {
            let there = name != "mrs ohartshorne denise";
            assert_eq!(marks.contains(&mark(&key, name)), there, "{name}");
        }
        let other = Key::from_bytes([6; 32]);
        assert!(!marks.contains(&mark(&other, "denise")));
    }
}
