//! Looks at one text: does it go round in circles, is it text at all, did a template or a
//! redaction leave something behind.

/// Share of word triples that stood in the text before, 0 to 1; 0 under twelve words,
/// where a triple may well come twice. Words count without case and punctuation.
#[must_use]
pub fn repetition(text: &str) -> f64 {
    let words: Vec<u64> = text.split_whitespace().map(word_hash).collect();
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

/// FNV-1a of a word's letters and digits in lower case.
fn word_hash(word: &str) -> u64 {
    let letters = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    letters.fold(0xcbf2_9ce4_8422_2325, |hash, c| (hash ^ u64::from(c)).wrapping_mul(PRIME))
}

/// Share of letters and digits among the characters that are no white space, 0 to 1.
#[must_use]
pub fn letters(text: &str) -> f64 {
    let (mut letters, mut visible) = (0_u32, 0_u32);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        visible += 1;
        letters += u32::from(c.is_alphanumeric());
    }
    if visible == 0 { 1.0 } else { f64::from(letters) / f64::from(visible) }
}

/// A place that a template left open: `{{name}}`, `${name}`, `<NAME>`, `[Your Name]`.
#[must_use]
pub fn placeholder(text: &str) -> Option<&str> {
    let quoted = [('{', "{{", "}}"), ('$', "${", "}"), ('<', "<%", "%>")];
    for (mark, open, close) in quoted {
        // Looking for one byte is far cheaper, and most texts have none.
        if let Some(start) = text.find(mark).and_then(|_| text.find(open))
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
    text.match_indices(['[', '<']).filter_map(|(start, open)| {
        let close = if open == "[" { ']' } else { '>' };
        let length = text[start..].char_indices().take(40).find(|(_, c)| *c == close)?.0;
        Some(&text[start..=start + length])
    })
}
