//! Looks at one text: does it go round in circles, is it text at all, did a template or a
//! redaction leave something behind.

/// Words of a text: what white space separates.
#[must_use]
pub fn words(text: &str) -> usize {
    if !text.is_ascii() {
        return text.split_whitespace().count();
    }
    let mut inside = false;
    text.bytes()
        .filter(|byte| {
            let starts = !inside && !is_ascii_space(*byte);
            inside = !is_ascii_space(*byte);
            starts
        })
        .count()
}

/// Share of word triples that stood in the text before, 0 to 1; 0 under twelve words,
/// where a triple may well come twice. Words count without case and punctuation.
#[must_use]
pub fn repetition(text: &str) -> f64 {
    let words = word_hashes(text);
    if words.len() < 12 {
        return 0.0;
    }
    // Triples by their hashes: of a few thousand, two different ones hardly ever meet.
    let mut triples: Vec<u64> = words
        .windows(3)
        .map(|three| three.iter().fold(0, |hash, word| (hash ^ word).wrapping_mul(PRIME)))
        .collect();
    let all = triples.len();
    triples.sort_unstable();
    triples.dedup();
    (all - triples.len()) as f64 / all as f64
}

/// Multiplier of FNV-1a, 64 bits.
const PRIME: u64 = 0x0100_0000_01b3;

/// Start of FNV-1a, 64 bits.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a of each word's letters and digits in lower case; words are what white space
/// separates.
fn word_hashes(text: &str) -> Vec<u64> {
    if !text.is_ascii() {
        return text.split_whitespace().map(word_hash).collect();
    }
    // Nearly every text is ASCII, and all of them pass here: bytes are far cheaper.
    let mut hashes = Vec::with_capacity(text.len() / 6);
    let (mut hash, mut inside) = (BASIS, false);
    for byte in text.bytes() {
        if is_ascii_space(byte) {
            if inside {
                hashes.push(hash);
            }
            (hash, inside) = (BASIS, false);
            continue;
        }
        inside = true;
        if byte.is_ascii_alphanumeric() {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(PRIME);
        }
    }
    if inside {
        hashes.push(hash);
    }
    hashes
}

fn word_hash(word: &str) -> u64 {
    let letters = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    letters.fold(BASIS, |hash, c| (hash ^ u64::from(c)).wrapping_mul(PRIME))
}

/// As [`char::is_whitespace`], of the ASCII.
const fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Share of letters and digits among the characters that are no white space, 0 to 1.
#[must_use]
pub fn letters(text: &str) -> f64 {
    let (mut letters, mut visible) = (0_u32, 0_u32);
    if text.is_ascii() {
        for byte in text.bytes().filter(|byte| !is_ascii_space(*byte)) {
            visible += 1;
            letters += u32::from(byte.is_ascii_alphanumeric());
        }
    } else {
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            visible += 1;
            letters += u32::from(c.is_alphanumeric());
        }
    }
    if visible == 0 { 1.0 } else { f64::from(letters) / f64::from(visible) }
}

/// A place that a template left open: `{{name}}`, `${name}`, `<NAME>`, `[Your Name]`.
#[must_use]
pub fn placeholder(text: &str) -> Option<&str> {
    // One look at the bytes settles most texts.
    if !text.bytes().any(|byte| matches!(byte, b'{' | b'$' | b'<' | b'[')) {
        return None;
    }
    for (open, close) in [("{{", "}}"), ("${", "}"), ("<%", "%>")] {
        if let Some(start) = text.find(open)
            && let Some(length) = text[start..].find(close)
        {
            return Some(&text[start..start + length + close.len()]);
        }
    }
    let starts = [
        "[your ",
        "[insert ",
        "[company]",
        "[company name",
        "[customer name",
        "[customer's",
        // Not `[prospect]`: that is how rows for classifiers name the side that speaks.
        "[prospect name",
        "[prospect's",
        "[product]",
        "[product name",
        "[name]",
        "<name>",
        "<company>",
        "<insert",
    ];
    bracketed(text).find(|part| {
        let part = part.to_lowercase();
        starts.iter().any(|start| part.starts_with(start))
    })
}

/// A mark that redaction leaves where it has no pseudonym: `[PERSON_1]`, `[REDACTED]`,
/// `<EMAIL>`, `████`.
#[must_use]
pub fn redaction_mark(text: &str) -> Option<&str> {
    const KINDS: &[&str] = &[
        "redacted",
        "person",
        "name",
        "email",
        "e-mail",
        "phone",
        "card",
        "iban",
        "ssn",
        "address",
        "account",
        "order",
        "dob",
        "url",
        "ip",
        "pii",
        "anonymized",
        "anonymised",
        "inaudible",
        "bleep",
    ];
    // One look at the bytes settles most texts; the last is the first of a `█`.
    if !text.bytes().any(|byte| matches!(byte, b'[' | b'<' | b'*' | 0xe2)) {
        return None;
    }
    let marked = bracketed(text).find(|part| {
        let inner = part[1..part.len() - 1]
            .trim_matches(|c: char| c.is_ascii_digit() || "_-# :*".contains(c));
        KINDS.iter().any(|kind| inner.eq_ignore_ascii_case(kind))
    });
    marked.or_else(|| {
        text.find(['█', '*'])?;
        let start = text.find("██").or_else(|| text.find("****"))?;
        text.get(start..)?.split_whitespace().next()
    })
}

/// Short parts in `[…]` or `<…>`, brackets included.
fn bracketed(text: &str) -> impl Iterator<Item = &str> {
    let marks = text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'[' | b'<'));
    marks.filter_map(|(start, open)| {
        let close = if open == b'[' { ']' } else { '>' };
        let length = text[start..].char_indices().take(40).find(|(_, c)| *c == close)?.0;
        Some(&text[start..=start + length])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_and_characters_give_the_same(text in "([a-zA-Z0-9'.,!-]|[ \t\n\r\x0b\x0c\x1f]){0,60}") {
            let by_words: Vec<u64> = text.split_whitespace().map(word_hash).collect();
            prop_assert_eq!(words(&text), by_words.len());
            prop_assert_eq!(word_hashes(&text), by_words);
            // Behind a letter that is no ASCII the other way is taken.
            let (letters_of, visible) = (
                text.chars().filter(|c| c.is_alphanumeric()).count(),
                text.chars().filter(|c| !c.is_whitespace()).count(),
            );
            let share = (letters_of + 1) as f64 / (visible + 1) as f64;
            prop_assert_eq!(letters(&format!("é{text}")), share);
            prop_assert_eq!(letters(&format!("e{text}")), share);
        }
    }
}
