//! Turns that break off.

/// How a text shows that its speaker did not finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It ends in a dash, as transcribers mark it.
    Dash,
    /// It ends in dots; some speakers trail off.
    Dots,
    /// Unpunctuated, it ends in a word that wants another: "and", "the".
    Dangling,
}

/// Words that nobody ends on of their own accord.
const DANGLING: &[&str] = &[
    "and", "the", "a", "an", "to", "of", "with", "because", "or", "my", "your", "our", "than",
    "into", "from",
];
/// Words under which a dangling end is how people answer ("up to").
const LEAST_WORDS: usize = 7;

/// Whether a turn's text breaks off, and how that shows.
#[must_use]
pub fn cut_off(text: &str) -> Option<Cut> {
    let end = text.trim_end().trim_end_matches(['"', '\u{201d}']).trim_end();
    if end.ends_with(['\u{2014}', '\u{2013}', '-']) {
        return Some(Cut::Dash);
    }
    if end.ends_with("...") || end.ends_with('…') {
        return Some(Cut::Dots);
    }
    let mut words = crate::words(end);
    let long = words.by_ref().take(LEAST_WORDS - 1).count() == LEAST_WORDS - 1;
    let last = words.last().filter(|word| long && word.range().end == end.len())?;
    DANGLING.contains(&&*last.lower()).then_some(Cut::Dangling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_dots_and_dangling_words() {
        assert_eq!(cut_off("we include a dashboard, and —"), Some(Cut::Dash));
        assert_eq!(cut_off("some of the guys would just..."), Some(Cut::Dots));
        assert_eq!(cut_off("and we did the two primaries in paisley and"), Some(Cut::Dangling));
        assert_eq!(cut_off("I know what you look up to."), None);
        assert_eq!(cut_off("ready to"), None);
        assert_eq!(cut_off(""), None);
    }
}
