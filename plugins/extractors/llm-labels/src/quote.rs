//! Where a model's quote stands in a turn. Models change case, blanks and the form of
//! quotation marks; anything beyond that is no quote.

use std::ops::Range;

/// A character as it is compared, and its bytes in the text.
type Place = (char, Range<usize>);

/// The first place of a quote in a text.
pub(crate) fn find(text: &str, quote: &str) -> Option<Range<usize>> {
    let around = |c: char| c.is_whitespace() || matches!(plain(c), '\'' | '"' | '.' | '\u{2026}');
    let wanted: Vec<char> =
        places(quote.trim_matches(around)).into_iter().map(|(c, _)| c).collect();
    let there = places(text);
    if wanted.is_empty() || wanted.len() > there.len() {
        return None;
    }
    let at = there
        .windows(wanted.len())
        .position(|window| window.iter().map(|(c, _)| c).eq(wanted.iter()))?;
    Some(there[at].1.start..there[at + wanted.len() - 1].1.end)
}

fn places(text: &str) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        if c.is_whitespace() {
            match places.last_mut() {
                Some((' ', range)) => range.end = end,
                _ => places.push((' ', start..end)),
            }
            continue;
        }
        places.extend(plain(c).to_lowercase().map(|lower| (lower, start..end)));
    }
    places
}

/// Marks that are typed in several ways.
const fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '`' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'t>(text: &'t str, quote: &str) -> Option<&'t str> {
        find(text, quote).map(|range| &text[range])
    }

    #[test]
    fn case_blanks_and_marks_may_differ_and_words_may_not() {
        let text = "Well,  it\u{2019}s a LOT \u{2014} isn\u{2019}t it?";
        assert_eq!(
            found(text, "it's a lot - isn't it"),
            Some("it\u{2019}s a LOT \u{2014} isn\u{2019}t it")
        );
        assert_eq!(found(text, "\"well, it's\""), Some("Well,  it\u{2019}s"));
        assert_eq!(found(text, "it is a lot"), None);
        assert_eq!(found(text, "   "), None);
        assert_eq!(found("", "a"), None);
    }

    proptest! {
        /// Whatever is quoted: a place on character borders, or none.
        #[test]
        fn any_part_is_found_and_nothing_panics(text in "\\PC{0,40}", other in "\\PC{0,10}") {
            let _ = find(&text, &other);
            if let Some(range) = find(&text, &text) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
