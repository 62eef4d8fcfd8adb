//! Content words by their stems.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use crate::words;

static FUNCTION_WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| crate::listed(include_str!("../data/function-words.txt")).collect());

/// A content word whatever its ending: "prices" and "priced" are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stem(u32);

/// Numbers the stems of a call's words; each different word is stemmed once.
///
/// Stems are those of the Snowball stemmer for English (Porter 2).
pub struct Lexicon {
    stemmer: Stemmer,
    /// None for function words.
    words: BTreeMap<String, Option<Stem>>,
    stems: BTreeMap<String, Stem>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::create(Algorithm::English),
            words: BTreeMap::new(),
            stems: BTreeMap::new(),
        }
    }
}

impl Lexicon {
    /// Stems of a text's content words, in order.
    pub fn content(&mut self, text: &str) -> Vec<Stem> {
        words(text).filter_map(|word| self.stem(word.lower())).collect()
    }

    /// Of a lower-case word; none for a function word.
    fn stem(&mut self, word: String) -> Option<Stem> {
        if let Some(known) = self.words.get(&word) {
            return *known;
        }
        let base = word.split('\'').next().unwrap_or_default();
        let is_function = base.len() < 2
            || FUNCTION_WORDS.contains(word.as_str())
            || FUNCTION_WORDS.contains(base);
        let stem = (!is_function).then(|| {
            let next = Stem(u32::try_from(self.stems.len()).unwrap_or(u32::MAX));
            *self.stems.entry(self.stemmer.stem(base).into_owned()).or_insert(next)
        });
        self.words.insert(word, stem);
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_count_and_function_words_are_none() {
        let mut lexicon = Lexicon::default();
        let left = lexicon.content("We're pricing the tickets, and it's a mess.");
        let right = lexicon.content("The ticket's price? Messes!");
        assert_eq!(left.len(), 3);
        assert_eq!(right.iter().filter(|stem| left.contains(stem)).count(), 3);
        assert!(lexicon.content("So what do you think of it, I don't know").is_empty());
    }
}
