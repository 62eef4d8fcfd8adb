//! All personal data in a call: forms by pattern, names by tagger and by what the host
//! knows about who speaks.

use std::ops::Range;

use crate::entity::{Entity, Kind};
use crate::features::{CallText, Candidate};
use crate::known::KnownNames;
use crate::lexicon::{PARTICLES, TITLES};
use crate::patterns;
use crate::tagger::{Thresholds, Weights, decide};
use crate::token::Token;

/// Finds personal data.
#[derive(Debug, Clone, Copy)]
pub struct Finder<'w> {
    weights: &'w Weights,
    thresholds: Thresholds,
}

impl Default for Finder<'static> {
    fn default() -> Self {
        Self { weights: Weights::built_in(), thresholds: Thresholds::default() }
    }
}

impl<'w> Finder<'w> {
    /// With weights of one's own.
    #[must_use]
    pub fn new(weights: &'w Weights, thresholds: Thresholds) -> Self {
        Self { weights, thresholds }
    }

    /// The personal data in each turn, in order and without overlaps. `names` are those
    /// of the people who are known to take part.
    #[must_use]
    pub fn find(&self, turns: &[&str], names: &[&str]) -> Vec<Vec<Entity>> {
        let call = CallText::new(turns);
        let candidates = call.candidates(self.weights);
        let probabilities = self.weights.probabilities(&call, &candidates);
        let decided = decide(&call, &candidates, &probabilities, self.thresholds);
        let chosen: Vec<Candidate> =
            candidates.iter().zip(&decided).filter(|(_, yes)| **yes).map(|(c, _)| *c).collect();
        assemble(&call, turns, &chosen, &KnownNames::new(names))
    }
}

/// Entities of each turn from the words that were decided to be names.
#[must_use]
pub fn assemble(
    call: &CallText<'_>,
    turns: &[&str],
    chosen: &[Candidate],
    known: &KnownNames,
) -> Vec<Vec<Entity>> {
    let mut marked: Vec<Vec<bool>> =
        call.turns.iter().map(|turn| vec![false; turn.len()]).collect();
    chosen.iter().for_each(|candidate| marked[candidate.turn][candidate.token] = true);
    let mut before = "";
    let mut found = Vec::with_capacity(turns.len());
    for (index, text) in turns.iter().enumerate() {
        let tokens = &call.turns[index];
        known.mark(tokens, call.cased, &mut marked[index]);
        let mut entities = patterns::find(text, before);
        entities.extend(persons(tokens, &marked[index]));
        found.push(without_overlaps(entities));
        before = &text[patterns::floor(text, text.len().saturating_sub(60))..];
    }
    found
}

/// Runs of name words, with the titles before and the particles between them.
fn persons(tokens: &[Token<'_>], marked: &[bool]) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !marked[at] {
            at += 1;
            continue;
        }
        let mut last = at;
        while let Some(next) = next_of_name(tokens, marked, last) {
            last = next;
        }
        let start = with_titles(tokens, at);
        let end = tokens[last].start + tokens[last].stem_len();
        found.push(Entity { kind: Kind::Person, span: tokens[start].start..end });
        at = last + 1;
    }
    found
}

/// The next word of the same name: beside it, after a hyphen, or after a particle.
fn next_of_name(tokens: &[Token<'_>], marked: &[bool], last: usize) -> Option<usize> {
    let is = |at: usize| marked.get(at).copied().unwrap_or_default();
    // "Rosa's Ben": two people.
    if tokens[last].stem_len() < tokens[last].text.len() {
        return None;
    }
    if is(last + 1) {
        return Some(last + 1);
    }
    let joint = tokens.get(last + 1)?;
    let adjoins = joint.start == tokens[last].end();
    // "dolores dot vega": the half of an address that somebody repeats.
    if joint.lower == "dot" && tokens.get(last + 2).is_some_and(Token::is_word) {
        return Some(last + 2);
    }
    let initial = joint.text == "." && tokens[last].base.chars().count() == 1;
    // The other half of a double name belongs to it, whatever it is: "Osei-Tutu".
    let half = joint.text == "-" && adjoins;
    let capital = half
        && tokens[last].is_capitalised()
        && tokens.get(last + 2).is_some_and(Token::is_capitalised);
    if capital || ((half || initial) && is(last + 2)) {
        return Some(last + 2);
    }
    let particle =
        |at: usize| tokens.get(at).is_some_and(|token| PARTICLES.contains(&&*token.base));
    (1..=2)
        .find(|count| (1..=*count).all(|n| particle(last + n)) && is(last + count + 1))
        .map(|count| last + count + 1)
}

/// Where a name begins that has titles or initials before it: "Dr. M. J. Pomeroy".
fn with_titles(tokens: &[Token<'_>], mut at: usize) -> usize {
    loop {
        let title =
            |back: usize| at.checked_sub(back).filter(|at| TITLES.contains(&&*tokens[*at].lower));
        let dotted = at.checked_sub(1).is_some_and(|at| tokens[at].text == ".");
        let initial = |back: usize| {
            at.checked_sub(back).filter(|before| is_initial(&tokens[*before], &tokens[at]))
        };
        let before = |dots: usize| title(dots).or_else(|| initial(dots));
        match before(1).or_else(|| before(2).filter(|_| dotted)) {
            Some(before) => at = before,
            None => return at,
        }
    }
}

/// Whether a word is a letter that stands for a name before a name with a capital. "I" and
/// "A" are words more often.
fn is_initial(token: &Token<'_>, name: &Token<'_>) -> bool {
    token.is_capitalised()
        && token.text.chars().count() == 1
        && !matches!(token.text, "I" | "A")
        && name.is_capitalised()
}

/// Entities in order; of two that overlap the longer one takes the other in.
fn without_overlaps(mut entities: Vec<Entity>) -> Vec<Entity> {
    entities.retain(|entity| !entity.span.is_empty());
    entities.sort_by_key(|entity| (entity.span.start, std::cmp::Reverse(entity.span.end)));
    let mut out: Vec<Entity> = Vec::new();
    for entity in entities {
        match out.last_mut().filter(|last| entity.span.start < last.span.end) {
            Some(last) => {
                if len(&entity.span) > len(&last.span) {
                    last.kind = entity.kind;
                }
                last.span.end = last.span.end.max(entity.span.end);
            }
            None => out.push(entity),
        }
    }
    out
}

fn len(span: &Range<usize>) -> usize {
    span.end - span.start
}
