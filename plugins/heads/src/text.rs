//! Words, stems and sentences of a turn.

use crate::words;

/// FNV-1a, 32 bits: words are compared and counted by it.
pub(crate) fn hash(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes
        .into_iter()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Lower-case words: letters and digits, with what hangs on them behind an apostrophe.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if is_apostrophe(c)
            && !word.is_empty()
            && chars.peek().is_some_and(|next| next.is_alphabetic())
        {
            word.push('\'');
        } else if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// What is left of a word of meaning without its endings, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stem {
    pub(crate) hash: u32,
    /// At least five letters: hardly shared by chance.
    pub(crate) long: bool,
}

/// Stems of the words that carry meaning, in order.
pub(crate) fn content(tokens: &[String]) -> Vec<Stem> {
    tokens
        .iter()
        .filter(|word| word.len() > 1 && !words::FUNCTION.contains(word.as_str()))
        .map(|word| stem(word))
        .collect()
}

const ENDINGS: [&str; 12] =
    ["ingly", "edly", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "ly", "s"];

/// A crude stem: enough to see that "invoices" takes up "invoicing".
fn stem(word: &str) -> Stem {
    let word = word.split('\'').next().unwrap_or(word);
    let mut stem = word.to_owned();
    let ending = ENDINGS
        .iter()
        .find(|ending| word.strip_suffix(**ending).is_some_and(|rest| rest.chars().count() >= 3));
    if let Some(ending) = ending {
        stem.truncate(word.len() - ending.len());
        if matches!(*ending, "ies" | "ied") {
            stem.push('y');
        }
    }
    let mut letters: Vec<char> = stem.chars().collect();
    if let [.., before, last] = letters[..]
        && letters.len() > 3
        && before == last
    {
        letters.pop();
    }
    if letters.len() > 3 && letters.last() == Some(&'e') {
        letters.pop();
    }
    let long = letters.len() >= 5;
    Stem { hash: hash(letters.into_iter().collect::<String>().bytes()), long }
}

/// From this many words on, a sentence without punctuation is cut into windows.
const LONG: usize = 24;
/// Words of a window, and words from window to window.
const WINDOW: (usize, usize) = (14, 7);

/// Sentences of a turn, at least one; text without punctuation, as speech recognition
/// may give it, in overlapping windows.
pub(crate) fn segments(text: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for sentence in sentences(text) {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let last = sentence.char_indices().next_back().map_or(0, |(at, _)| at);
        let plain = !sentence[..last].contains([',', ';', ':', '?', '!', '.', '—']);
        if words.len() > LONG && plain {
            let mut start = 0;
            loop {
                let end = (start + WINDOW.0).min(words.len());
                segments.push(words[start..end].join(" "));
                if end == words.len() {
                    break;
                }
                start += WINDOW.1;
            }
        } else {
            segments.push(sentence.to_owned());
        }
    }
    if segments.is_empty() {
        segments.push(text.to_owned());
    }
    segments
}

/// Split behind `.`, `!`, `?` or `…` with its closing quotes, where a space follows.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut ended = false;
    for (at, c) in text.char_indices() {
        match c {
            '.' | '!' | '?' | '…' => ended = true,
            '"' | '”' | '\'' | ')' => {}
            _ if c.is_whitespace() && ended => {
                sentences.push(text[start..at].trim());
                start = at;
                ended = false;
            }
            _ => ended = false,
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Words of the former turn that are read together with a turn.
const PAIR: usize = 30;

/// The end of the former turn and this one as one text.
pub(crate) fn pair(former: &str, text: &str) -> String {
    let words: Vec<&str> = former.split_whitespace().collect();
    let mut pair = words[words.len().saturating_sub(PAIR)..].join(" ");
    if !pair.is_empty() {
        pair.push(' ');
    }
    pair.push_str(text);
    pair
}

/// Whether a text ends in a question mark, closing quotes aside.
pub(crate) fn asks(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '’', '\'', ' ']).ends_with('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_marks_and_long_speech_without_any_is_cut_into_windows() {
        assert_eq!(
            segments("Two ninety! \"For that?\" I could hire my nephew… No. 5.5 of them"),
            ["Two ninety!", "\"For that?\"", "I could hire my nephew…", "No.", "5.5 of them"]
        );
        assert_eq!(segments(""), [""]);
        let long = "and so it goes on ".repeat(6);
        let windows = segments(&long);
        assert!(windows.len() > 2);
        assert!(windows.iter().all(|window| window.split(' ').count() <= 14));
    }

    #[test]
    fn words_of_one_stem_are_alike() {
        let stems = |text: &str| content(&tokens(text));
        assert_eq!(stems("Invoices, invoicing; INVOICED"), vec![stems("invoice")[0]; 3]);
        assert_eq!(stems("the you’re of it's"), []);
        assert_eq!(tokens("We’re 5o'clock—O'Neill's"), ["we're", "5o'clock", "o'neill's"]);
    }
}
