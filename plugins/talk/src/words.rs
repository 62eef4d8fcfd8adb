//! Words and sentences of a text.

use std::borrow::Cow;
use std::ops::Range;

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// As written.
    pub text: &'a str,
    /// Byte of the text at which it starts.
    pub start: usize,
}

impl<'a> Word<'a> {
    /// Bytes of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// Lower-case, with a straight apostrophe.
    #[must_use]
    pub fn lower(&self) -> Cow<'a, str> {
        if self.text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
            return Cow::Borrowed(self.text);
        }
        if self.text.is_ascii() {
            return Cow::Owned(self.text.to_ascii_lowercase());
        }
        let plain = self.text.chars().map(|c| if c == '\u{2019}' { '\'' } else { c });
        Cow::Owned(plain.flat_map(char::to_lowercase).collect())
    }
}

/// Runs of letters and digits; an apostrophe or a decimal point between two of them
/// belongs to the word.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = word_start(text, at)?;
        at = word_end(text, start);
        Some(Word { text: &text[start..at], start })
    })
}

/// Where the next word starts.
fn word_start(text: &str, mut at: usize) -> Option<usize> {
    loop {
        let byte = *text.as_bytes().get(at)?;
        if byte.is_ascii() {
            if byte.is_ascii_alphanumeric() {
                return Some(at);
            }
            at += 1;
        } else {
            let c = text[at..].chars().next()?;
            if c.is_alphanumeric() {
                return Some(at);
            }
            at += c.len_utf8();
        }
    }
}

/// Where a word ends that goes on at `at`.
fn word_end(text: &str, mut at: usize) -> usize {
    loop {
        while text.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric) {
            at += 1;
        }
        // Nothing else of ASCII joins.
        if text
            .as_bytes()
            .get(at)
            .is_some_and(|c| c.is_ascii() && !matches!(c, b'\'' | b'.' | b','))
        {
            return at;
        }
        let Some(c) = text[at..].chars().next() else { return at };
        let next = at + c.len_utf8();
        let joins = match c {
            '\'' | '\u{2019}' => text[next..].starts_with(char::is_alphanumeric),
            '.' | ',' => {
                let digit = |c: char| c.is_ascii_digit();
                text[..at].ends_with(digit) && text[next..].starts_with(digit)
            }
            c => c.is_alphanumeric(),
        };
        if !joins {
            return at;
        }
        at = next;
    }
}

/// Sentences as byte ranges: each ends behind its mark (and closing quotes); a text
/// without marks is one. Those without a word are left out.
pub fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            at = sentence_end(text, start);
            let sentence = &text[start..at];
            if sentence.contains(char::is_alphanumeric) {
                let lead = sentence.len() - sentence.trim_start().len();
                return Some(start + lead..start + sentence.trim_end().len());
            }
        }
        None
    })
}

fn sentence_end(text: &str, from: usize) -> usize {
    let mut chars = text[from..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let closes = |next: Option<&(usize, char)>| {
            next.is_none_or(|(_, c)| c.is_whitespace() || "\"'\u{201d}\u{2019}.!?…)".contains(*c))
        };
        if c == '\n' || (matches!(c, '.' | '!' | '?' | '…') && closes(chars.peek())) {
            let mut end = from + offset + c.len_utf8();
            while let Some((at, c)) =
                chars.next_if(|(_, c)| ".!?…\"'\u{201d}\u{2019})".contains(*c))
            {
                end = from + at + c.len_utf8();
            }
            return end;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<&str> {
        words(text).map(|word| word.text).collect()
    }

    #[test]
    fn words_keep_apostrophes_and_decimals() {
        assert_eq!(
            all("Don’t pay $4,500.50, 'cause it's—uh—a lot."),
            ["Don’t", "pay", "4,500.50", "cause", "it's", "uh", "a", "lot"]
        );
        assert_eq!(words("WHO’S").next().unwrap().lower(), "who's");
    }

    #[test]
    fn sentences_end_at_marks_and_abandon_empty_ones() {
        let text = "Right. \"Why now?\" he said... 2.5 percent! So what do you";
        let found: Vec<_> = sentences(text).map(|range| &text[range]).collect();
        assert_eq!(
            found,
            ["Right.", "\"Why now?\"", "he said...", "2.5 percent!", "So what do you"]
        );
        assert_eq!(sentences("...").count(), 0);
    }

    proptest! {
        #[test]
        fn ranges_lie_on_characters(text in "(\\PC|[.?!'’…\" \n0-9]){0,40}") {
            for range in sentences(&text).chain(words(&text).map(|word| word.range())) {
                prop_assert!(text.get(range.clone()).is_some_and(|part| !part.is_empty()));
            }
        }
    }
}
