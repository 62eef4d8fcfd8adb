//! Signs of listening that no phrase tells. Confidences are the shares that are right on
//! examples/corpus.

use rehearsal_labels::Finding;
use rehearsal_sdk::prelude::{Role, Turn};
use rehearsal_talk::{
    Cut, Lexicon, Stem, backchannel_words, cut_off, is_backchannel, sentences, words,
};

/// Words at the head of a turn in which one shared word is an echo.
const HEAD: usize = 6;
/// Longest question that asks back for something shared, in words.
const SHORT_QUESTION: usize = 14;

/// The other's content words again: two of them, or one at the head of the turn.
pub(crate) fn echo(
    lexicon: &Lexicon,
    turn: Turn<'_>,
    own: &[Stem],
    theirs: &[Stem],
) -> Option<Finding> {
    let head = || {
        let end = words(turn.text()).nth(HEAD);
        lexicon.content(end.map_or(turn.text(), |end| &turn.text()[..end.start]))
    };
    let (rule, confidence) = match shared(own, theirs) {
        3.. => ("three_words", 0.9),
        2 => ("two_words", 0.85),
        1 if shared(&head(), theirs) > 0 => ("head", 0.75),
        _ => return None,
    };
    Some(Finding::rule("echo", rule, confidence))
}

/// Different content words that are among `theirs`.
fn shared(own: &[Stem], theirs: &[Stem]) -> usize {
    let first = |at: usize, stem: &Stem| !own[..at].contains(stem);
    let shared = own.iter().enumerate().filter(|(_, stem)| theirs.contains(stem));
    shared.filter(|(at, stem)| first(*at, stem)).count()
}

/// A listening signal: short, of back-channel words, and no answer to a question.
pub(crate) fn backchannel(turn: Turn<'_>, other: Turn<'_>) -> Option<Finding> {
    let answers = other.text().trim_end().trim_end_matches(['"', '\u{201d}']).ends_with('?');
    let (signals, all) = backchannel_words(turn.text()).filter(|_| !answers)?;
    if signals == all {
        Some(Finding::rule("backchannel", "signals_only", 0.95))
    } else if signals * 2 >= all && !turn.text().contains('?') {
        Some(Finding::rule("backchannel", "mostly_signals", 0.52))
    } else {
        None
    }
}

/// A seller's short question in which the customer's words come back.
pub(crate) fn follow_up(lexicon: &Lexicon, turn: Turn<'_>, theirs: &[Stem]) -> Option<Finding> {
    if turn.role() != Role::Seller {
        return None;
    }
    let last = sentences(turn.text()).last().map(|range| &turn.text()[range])?;
    let asks = last.trim_end_matches(['"', '\u{201d}']).ends_with('?');
    if !asks || words(last).count() > SHORT_QUESTION {
        return None;
    }
    (shared(&lexicon.content(last), theirs) > 0)
        .then(|| Finding::rule("follow_up", "shared_word", 0.68))
}

/// The other's turn breaks off, or this one begins well inside it.
pub(crate) fn interruption(
    turn: Turn<'_>,
    other: Turn<'_>,
    min_overlap_ms: u32,
) -> Option<Finding> {
    if let Some(overlap) = overlap(turn, other, min_overlap_ms) {
        return Some(overlap);
    }
    let (rule, confidence) = match cut_off(other.text())? {
        Cut::Dash => ("cut_by_dash", 0.97),
        Cut::Dots => ("cut_by_dots", 0.6),
        Cut::Dangling => ("cut_by_word", 0.5),
    };
    Some(Finding::rule("interruption", rule, confidence))
}

/// This turn begins well inside the other's.
pub(crate) fn overlap(turn: Turn<'_>, other: Turn<'_>, min_overlap_ms: u32) -> Option<Finding> {
    let overlap = other.end_ms().zip(turn.start_ms()).map(|(end, start)| end.saturating_sub(start));
    let inside = overlap.is_some_and(|ms| ms >= min_overlap_ms) && !is_backchannel(turn.text());
    inside.then(|| Finding::rule("interruption", "overlap", 0.8))
}
