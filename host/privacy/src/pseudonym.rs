//! Names for names: the same one for the same word as long as key, release and scope
//! are the same, and no way back without the key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::entity::{Entity, Kind};
use crate::lexicon::{Gender, PARTICLES, TITLES, lexicon, surrogate_families, surrogate_names};
use crate::token::{Token, TokenKind, tokens};

/// The secret that pseudonyms follow from.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a privacy key is 64 hexadecimal digits")]
pub struct KeyError;

impl Key {
    /// Of 32 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Names the key without giving it away: 16 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        let derived = blake3::derive_key("rehearsal 2026 privacy key id", &self.0);
        derived[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A keyed hash of a name.
    pub(crate) fn mark(&self, name: &str) -> [u8; 8] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(b"name mark\0");
        hasher.update(name.as_bytes());
        let mut mark = [0; 8];
        hasher.finalize_xof().fill(&mut mark);
        mark
    }

    /// What a value becomes where only equality counts: 64 hexadecimal digits.
    pub(crate) fn veil(&self, value: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(b"veil\0");
        hasher.update(value.trim().to_lowercase().as_bytes());
        hasher.finalize().to_hex().to_string()
    }

    /// As its file holds it: 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| KeyError)?;
        }
        Ok(Self(bytes))
    }
}

/// Keys do not appear in logs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

/// Draws that follow from a key and what they are for.
pub(crate) struct Draws(blake3::OutputReader);

impl Draws {
    /// For one word or entity of a scope.
    pub(crate) fn new(key: &Key, scope: &str, purpose: &str, of: &str) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&key.0);
        for part in [scope, purpose, of] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize_xof())
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % bound.max(1) as u64) as usize
    }
}

/// What part of a name a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Given(Gender),
    Family,
}

/// The surrogates of the name words of one call.
pub(crate) struct Names {
    by_word: BTreeMap<String, String>,
}

impl Names {
    /// For all names in some texts. Two words of a call never get the same surrogate,
    /// and none gets a word that is a name in it.
    pub(crate) fn new<'t>(key: &Key, scope: &str, names: impl Iterator<Item = &'t str>) -> Self {
        let mut parts: BTreeMap<String, Part> = BTreeMap::new();
        for name in names {
            for (word, part) in parts_of(name) {
                let slot = parts.entry(word).or_insert(part);
                // "Hartshorne" alone might be anything; once after "Denise" it is not.
                if part == Part::Family {
                    *slot = part;
                }
            }
        }
        let mut taken: BTreeSet<String> = parts.keys().cloned().collect();
        let mut by_word = BTreeMap::new();
        for (word, part) in &parts {
            let pool = match part {
                Part::Given(gender) => surrogate_names(*gender),
                Part::Family => surrogate_families(),
            };
            let mut draws = Draws::new(key, scope, "name", word);
            let surrogate = (0..64)
                .map(|_| pool[draws.below(pool.len())])
                .find(|name| name.len() > 2 && !taken.contains(*name))
                .unwrap_or("person")
                .to_owned();
            taken.insert(surrogate.clone());
            by_word.insert(word.clone(), surrogate);
        }
        Self { by_word }
    }

    /// A name with every word but titles and particles replaced.
    pub(crate) fn replace(&self, name: &str) -> String {
        let mut out = String::with_capacity(name.len());
        let mut end = 0;
        for token in tokens(name) {
            out.push_str(&name[end..token.start]);
            end = token.end();
            if keeps(&token) {
                out.push_str(token.text);
                continue;
            }
            let stem = token.stem_len();
            match self.by_word.get(&*token.base) {
                Some(surrogate) => out.push_str(&in_case_of(surrogate, &token)),
                // A letter of a spelt name.
                None => out.push(if token.is_capitalised() { 'X' } else { 'x' }),
            }
            out.push_str(&token.text[stem..]);
        }
        out.push_str(&name[end..]);
        out
    }
}

/// The words of a name and what they are.
fn parts_of(name: &str) -> Vec<(String, Part)> {
    let all = tokens(name);
    let words: Vec<&Token<'_>> =
        all.iter().filter(|token| !keeps(token) && token.base.chars().count() > 1).collect();
    let title = all.iter().find(|token| TITLES.contains(&&*token.base));
    let formal = title.is_some_and(|title| {
        matches!(&*title.base, "mr" | "mrs" | "ms" | "dr" | "mister" | "missus" | "doctor")
    });
    let part = |(at, token): (usize, &&Token<'_>)| {
        let lexicon = lexicon();
        let last_of_many = at > 0 && at + 1 == words.len();
        let family = last_of_many || (formal && words.len() == 1);
        let unlisted_family =
            lexicon.given(&token.base).is_none() && lexicon.is_family(&token.base);
        let part = if family || unlisted_family {
            Part::Family
        } else {
            Part::Given(lexicon.given(&token.base).unwrap_or_else(|| by_ending(&token.base)))
        };
        (token.base.clone().into_owned(), part)
    };
    words.iter().enumerate().map(part).collect()
}

/// The gender that a given name's ending suggests.
fn by_ending(base: &str) -> Gender {
    const FEMALE: &[&str] = &["a", "ie", "een", "elle", "ette", "ine", "lyn", "lynn", "leigh"];
    if FEMALE.iter().any(|ending| base.ends_with(ending)) { Gender::Female } else { Gender::Either }
}

/// What in a name identifies nobody.
fn keeps(token: &Token<'_>) -> bool {
    token.kind != TokenKind::Word
        || TITLES.contains(&&*token.lower)
        || PARTICLES.contains(&&*token.lower)
        || token.lower == "dot"
}

fn in_case_of(surrogate: &str, token: &Token<'_>) -> String {
    let letters = token.text.chars().filter(|c| c.is_alphabetic()).count();
    let upper = token.text.chars().filter(|c| c.is_uppercase()).count();
    let mut chars = surrogate.chars();
    match (token.is_capitalised(), upper == letters && letters > 1) {
        (true, true) => surrogate.to_uppercase(),
        (true, false) => {
            chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
        }
        (false, _) => surrogate.to_owned(),
    }
}

/// The texts of the names among some entities.
pub(crate) fn names_in<'t>(text: &'t str, entities: &[Entity]) -> Vec<&'t str> {
    entities
        .iter()
        .filter(|entity| entity.kind == Kind::Person)
        .map(|entity| &text[entity.span.clone()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Names {
        Names::new(&Key::from_bytes([7; 32]), "call", all.iter().copied())
    }

    #[test]
    fn a_person_keeps_one_pseudonym_in_every_form() {
        let names = names(&["Denise Hartshorne", "Denise", "Mrs. Hartshorne", "DENISE"]);
        let full = names.replace("Denise Hartshorne");
        let (given, family) = full.split_once(' ').unwrap();
        assert_eq!(names.replace("Denise"), given);
        assert_eq!(names.replace("Mrs. Hartshorne"), format!("Mrs. {family}"));
        assert_eq!(names.replace("DENISE"), given.to_uppercase());
        assert_eq!(lexicon().given(&given.to_lowercase()), Some(Gender::Female));
        assert!(!full.contains("Denise") && !full.contains("Hartshorne"), "{full}");
    }

    #[test]
    fn another_key_or_scope_gives_other_names() {
        let one = names(&["Marlene"]).replace("Marlene");
        let key = Key::from_bytes([8; 32]);
        let other = Names::new(&key, "call", ["Marlene"].into_iter()).replace("Marlene");
        assert_ne!(one, other);
    }

    #[test]
    fn a_key_reads_its_own_text_and_hides_itself() {
        let key = Key::from_bytes([0xab; 32]);
        assert_eq!(key.to_hex().parse(), Ok(key.clone()));
        assert!(!format!("{key:?}").contains("abab"));
        assert!("xyz".parse::<Key>().is_err());
        assert!("é".repeat(32).parse::<Key>().is_err());
    }
}
