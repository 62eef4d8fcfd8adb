//! Text as the normal form wants it: NFC, one line, no control characters.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Puts a text into NFC, makes one space of every run of white space, and takes control
/// characters and invisible format characters out.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !c.is_control() && !is_invisible(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    match is_nfc_quick(out.chars()) {
        IsNormalized::Yes => out,
        _ => out.nfc().collect(),
    }
}

/// Zero-width spaces, directional marks, soft hyphens, byte order marks. Joiners inside
/// emoji and scripts that need them stay.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}')
}

/// Replaces the character references that transcripts use.
#[must_use]
pub fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // `&amp;` last, so that `&amp;lt;` gives `&lt;`.
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&lrm;", ""),
        ("&rlm;", ""),
        ("&amp;", "&"),
    ];
    pairs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Longest tag that is looked for, so that a text full of `<` stays linear.
const LONGEST_TAG: usize = 1_000;

/// Takes `<…>` tags out; a `<` that opens no tag stays.
#[must_use]
pub fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let opens = inner.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
        match inner.bytes().take(LONGEST_TAG).position(|byte| byte == b'>') {
            Some(close) if opens => rest = &inner[close + 1..],
            _ => {
                out.push('<');
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}
