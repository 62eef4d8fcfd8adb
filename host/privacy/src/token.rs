//! Words, numbers and marks of a text, with their places.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Letters, with apostrophes between them.
    Word,
    /// Digits.
    Number,
    /// One character of another kind.
    Mark,
}

/// A piece of a text.
#[derive(Debug, Clone)]
pub(crate) struct Token<'t> {
    pub(crate) text: &'t str,
    /// First byte in the text.
    pub(crate) start: usize,
    pub(crate) kind: TokenKind,
    /// In lower case, with plain apostrophes. Borrowed, as `base`, where the text has it
    /// like that: most words of a call.
    pub(crate) lower: Cow<'t, str>,
    /// The word behind it: no accents, no apostrophes, no possessive ending.
    pub(crate) base: Cow<'t, str>,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    pub(crate) fn is_capitalised(&self) -> bool {
        self.is_word() && self.text.starts_with(char::is_uppercase)
    }

    /// Bytes of the word itself, without a possessive or contracted ending.
    pub(crate) fn stem_len(&self) -> usize {
        match ENDINGS.iter().find(|ending| self.lower.ends_with(**ending)) {
            Some(_) => self.text.rfind(['\'', '’']).unwrap_or(self.text.len()),
            None => self.text.len(),
        }
    }
}

/// Endings that belong to the sentence, not to the name.
const ENDINGS: [&str; 5] = ["'s", "'d", "'ll", "'re", "'ve"];

/// Cuts a text into tokens; white space is between them.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        let kind = if c.is_alphabetic() {
            while let Some(&(at, c)) = chars.peek() {
                let inside = c.is_alphabetic() || is_combining_mark(c) || {
                    let after = text[at + c.len_utf8()..].chars().next();
                    matches!(c, '\'' | '’') && after.is_some_and(char::is_alphabetic)
                };
                if !inside {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
            TokenKind::Word
        } else if c.is_ascii_digit() {
            while let Some((at, c)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
                end = at + c.len_utf8();
            }
            TokenKind::Number
        } else {
            TokenKind::Mark
        };
        let text = &text[start..end];
        let lower = lower(text);
        let base = if kind == TokenKind::Word { base(&lower) } else { lower.clone() };
        found.push(Token { text, start, kind, lower, base });
    }
    found
}

fn lower(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.to_lowercase().replace('’', "'"));
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The word behind a lower-case token.
fn base<'t>(lower: &Cow<'t, str>) -> Cow<'t, str> {
    let plain = lower.bytes().all(|byte| byte.is_ascii_lowercase());
    if plain {
        return lower.clone();
    }
    let ending = ENDINGS.iter().find_map(|ending| lower.strip_suffix(ending));
    Cow::Owned(fold(ending.unwrap_or(lower)))
}

/// Lower case without accents and apostrophes.
pub(crate) fn fold(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return text.to_owned();
    }
    text.nfd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '’'))
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ø' => 'o',
            'ł' => 'l',
            'đ' => 'd',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_inner_apostrophes_and_lose_endings() {
        let found = tokens("O’Brien's at 12, Bríd'll");
        let bases: Vec<&str> = found.iter().map(|token| &*token.base).collect();
        assert_eq!(bases, ["obrien", "at", "12", ",", "brid"]);
        assert_eq!(&found[0].text[..found[0].stem_len()], "O’Brien");
    }
}
