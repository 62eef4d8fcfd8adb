//! Content words by their stems.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxBuildHasher;

use crate::words;

static FUNCTION_WORDS: LazyLock<HashSet<&str, FxBuildHasher>> =
    LazyLock::new(|| crate::listed(include_str!("../data/function-words.txt")).collect());

/// A content word whatever its ending: "prices" and "priced" are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stem(u32);

/// Numbers the stems of words; each different word is stemmed once, in whatever call it
/// stands. Numbers say nothing but whether two stems are one.
///
/// Stems are those of the Snowball stemmer for English (Porter 2).
pub struct Lexicon {
    stemmer: Stemmer,
    known: RefCell<Known>,
}

/// What was stemmed.
#[derive(Default)]
struct Known {
    /// None for function words.
    words: HashMap<String, Option<Stem>, FxBuildHasher>,
    stems: HashMap<String, Stem, FxBuildHasher>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English), known: RefCell::default() }
    }
}

impl fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lexicon").finish_non_exhaustive()
    }
}

impl Lexicon {
    /// Stems of a text's content words, in order.
    pub fn content(&self, text: &str) -> Vec<Stem> {
        let mut known = self.known.borrow_mut();
        words(text).filter_map(|word| known.stem(&self.stemmer, &word.lower())).collect()
    }
}

impl Known {
    /// Of a lower-case word; none for a function word.
    fn stem(&mut self, stemmer: &Stemmer, word: &str) -> Option<Stem> {
        if let Some(known) = self.words.get(word) {
            return *known;
        }
        let base = word.split('\'').next().unwrap_or_default();
        let is_function =
            base.len() < 2 || FUNCTION_WORDS.contains(word) || FUNCTION_WORDS.contains(base);
        let stem = (!is_function).then(|| {
            let next = Stem(u32::try_from(self.stems.len()).unwrap_or(u32::MAX));
            *self.stems.entry(stemmer.stem(base).into_owned()).or_insert(next)
        });
        self.words.insert(word.to_owned(), stem);
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_count_and_function_words_are_none() {
        let lexicon = Lexicon::default();
        let left = lexicon.content("We're pricing the tickets, and it's a mess.");
        let right = lexicon.content("The ticket's price? Messes!");
        assert_eq!(left.len(), 3);
        assert_eq!(right.iter().filter(|stem| left.contains(stem)).count(), 3);
        assert!(lexicon.content("So what do you think of it, I don't know").is_empty());
    }
}
