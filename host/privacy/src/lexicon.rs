//! What is known of single words: names, English words, other proper nouns.
//!
//! The name lists are this project's own; the English words are those of the crate
//! `random_word` (178,000, inflected, no proper nouns): most names are told by *not*
//! being among them.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::token::fold;

/// Whom a given name is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gender {
    Female,
    Male,
    Either,
}

const FEMALE: &str = include_str!("../data/female.txt");
const MALE: &str = include_str!("../data/male.txt");
const EITHER: &str = include_str!("../data/either.txt");
const FAMILY: &str = include_str!("../data/family.txt");
const PROPER: &str = include_str!("../data/proper.txt");

/// Words that stand before a name and belong to it.
pub(crate) const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "doctor",
    "mister",
    "missus",
    "sir",
    "madam",
    "madame",
    "monsieur",
    "señor",
    "senora",
    "prof",
    "professor",
    "reverend",
    "rev",
    "captain",
    "father",
    "sister",
    "aunt",
    "auntie",
    "aunty",
    "uncle",
    "oom",
    "tannie",
    "councillor",
];

/// Words inside names of several words.
pub(crate) const PARTICLES: &[&str] = &[
    "van", "von", "der", "den", "de", "la", "le", "del", "della", "da", "dos", "du", "bin", "bint",
    "al", "el", "ap", "ab", "y", "ter", "ten", "st", "mac", "mc",
];

/// What the lists say of a word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    /// A given name.
    pub(crate) given: Option<Gender>,
    /// A family name.
    pub(crate) family: bool,
    /// A proper noun that names no person.
    pub(crate) proper: bool,
    /// An English word.
    pub(crate) word: bool,
}

impl About {
    pub(crate) const fn is_name(self) -> bool {
        self.given.is_some() || self.family
    }
}

pub(crate) struct Lexicon {
    /// All lists in one table: a tagger asks for all of them, and each look is a miss of
    /// the processor's cache.
    known: HashMap<&'static str, About, RandomState>,
    spelling: Spelling,
}

/// The one lexicon of the process, built when it is first needed (some 50 ms).
pub(crate) fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);
    &LEXICON
}

/// The words of one of the lists.
pub(crate) fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// Given names of a gender that surrogates are drawn from.
pub(crate) fn surrogate_names(gender: Gender) -> &'static [&'static str] {
    static NAMES: LazyLock<[Vec<&'static str>; 3]> = LazyLock::new(|| {
        [FEMALE, MALE, EITHER]
            .map(|list| entries(list).filter(|name| !name.contains('-')).collect())
    });
    match gender {
        Gender::Female => &NAMES[0],
        Gender::Male => &NAMES[1],
        Gender::Either => &NAMES[2],
    }
}

/// Family names that surrogates are drawn from.
pub(crate) fn surrogate_families() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| entries(FAMILY).collect());
    &NAMES
}

impl Lexicon {
    fn new() -> Self {
        let words = random_word::all(random_word::Lang::En);
        let mut known: HashMap<&'static str, About, RandomState> =
            HashMap::with_capacity_and_hasher(words.len() * 9 / 8, RandomState::default());
        for word in words {
            known.entry(word).or_default().word = true;
        }
        // Each word once, in whatever order: they are counted.
        let spelling = Spelling::new(
            [FEMALE, MALE, EITHER, FAMILY].into_iter().flat_map(entries),
            known.keys().copied(),
        );
        for (list, gender) in
            [(FEMALE, Gender::Female), (MALE, Gender::Male), (EITHER, Gender::Either)]
        {
            for name in entries(list) {
                known.entry(name).or_default().given = Some(gender);
            }
        }
        entries(FAMILY).for_each(|name| known.entry(name).or_default().family = true);
        entries(PROPER).for_each(|noun| known.entry(noun).or_default().proper = true);
        Self { known, spelling }
    }

    /// What all lists say of a word.
    pub(crate) fn about(&self, base: &str) -> About {
        self.known.get(base).copied().unwrap_or_default()
    }

    pub(crate) fn given(&self, base: &str) -> Option<Gender> {
        self.about(base).given
    }

    pub(crate) fn is_family(&self, base: &str) -> bool {
        self.about(base).family
    }

    /// A proper noun that names no person.
    pub(crate) fn is_proper(&self, base: &str) -> bool {
        self.about(base).proper
    }

    /// An English word.
    pub(crate) fn is_word(&self, base: &str) -> bool {
        self.about(base).word
    }

    /// How much a word is spelt like a name rather than like an English word: mean
    /// log-odds of its letter triples, about -3 to 3.
    pub(crate) fn spelling(&self, base: &str) -> f32 {
        self.spelling.score(base)
    }
}

/// Letters `a` to `z`, the edge of a word, and anything else.
const LETTERS: usize = 28;

/// Log-odds of letter triples in names against English words.
struct Spelling(Vec<f32>);

impl Spelling {
    fn new<'a>(names: impl Iterator<Item = &'a str>, words: impl Iterator<Item = &'a str>) -> Self {
        let names = Self::counts(names);
        let words = Self::counts(words);
        // A triple's third letter given its first two, with a little of everything.
        let odds = (0..LETTERS.pow(3)).map(|triple| {
            let pair = triple / LETTERS * LETTERS;
            let share = |counts: &[f32]| {
                let all: f32 = counts[pair..pair + LETTERS].iter().sum();
                (counts[triple] + 0.2) / (all + 0.2 * LETTERS as f32)
            };
            (share(&names) / share(&words)).ln()
        });
        Self(odds.collect())
    }

    fn counts<'a>(words: impl Iterator<Item = &'a str>) -> Vec<f32> {
        let mut counts = vec![0.0; LETTERS.pow(3)];
        words.for_each(|word| triples(&fold(word)).for_each(|triple| counts[triple] += 1.0));
        counts
    }

    fn score(&self, base: &str) -> f32 {
        let (mut sum, mut count) = (0.0, 0.0);
        for triple in triples(base) {
            sum += self.0[triple];
            count += 1.0;
        }
        sum / f32::max(count, 1.0)
    }
}

fn triples(word: &str) -> impl Iterator<Item = usize> + '_ {
    let letter = |c: char| match c {
        'a'..='z' => c as usize - 'a' as usize,
        _ => LETTERS - 1,
    };
    let edge = LETTERS - 2;
    let padded = [edge, edge].into_iter().chain(word.chars().map(letter)).chain([edge]);
    let mut window = (0, 0);
    padded.filter_map(move |letter| {
        let (first, second) = window;
        let whole = first * LETTERS * LETTERS + second * LETTERS + letter;
        window = (second, letter);
        (window.0 != 0 || window.1 != 0 || whole != 0).then_some(whole)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_otherwise_than_words() {
        let lexicon = lexicon();
        let mean = |words: &[&str]| {
            words.iter().map(|word| lexicon.spelling(word)).sum::<f32>() / words.len() as f32
        };
        let names = mean(&["marieke", "kowalska", "okonjo", "giulietta", "brynjar"]);
        let words = mean(&["accounting", "tightness", "unhappily", "overcharge", "ringing"]);
        assert!(names > words + 0.5, "{names} {words}");
        assert!(lexicon.is_word("invoice") && !lexicon.is_word("instagram"));
    }
}
