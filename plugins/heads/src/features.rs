//! Explicit features of a turn: what sentence embeddings do not carry. Where it stands,
//! how it is built, what it takes up of what was said before, which signs it shows.
//!
//! Numbers are scaled so that most lie between 0 and 2; training standardises them.

use std::collections::HashSet;

use crate::reading::{REMEMBERED, Reading, Segment, Turn};
use crate::signs;
use crate::text::{self, Stem};
use crate::vectors::{Vectors, dot};
use crate::words;

/// The first features tell where in the call a turn stands; an example that is no whole
/// call has none of them.
pub(crate) const POSITION: usize = 10;

/// How many there are.
pub(crate) const COUNT: usize = 100 + 2 * signs::COUNT;

/// Signs whose number counts, not their presence alone.
const COUNTED: [&str; 8] = ["you", "me", "us", "number", "negation", "question", "next", "offer"];

/// Groups of signs that a prospect shows.
const OF_PROSPECT: [&str; 10] =
    ["price", "need", "later", "boss", "incumbent", "trust", "brush", "risk", "negation", "number"];

/// All features of a turn, always as many and in the same order.
pub(crate) fn features(reading: &Reading, vectors: &Vectors<'_>, index: usize) -> Vec<f32> {
    let turn = &reading.turns[index];
    let former = index.checked_sub(1).map(|before| &reading.turns[before]);
    let mut sheet = Sheet::default();
    position(&mut sheet, index, reading.turns.len());
    form(&mut sheet, turn, reading.cased);
    before(&mut sheet, turn, former);
    overlap(&mut sheet, turn, former);
    history(&mut sheet, &reading.turns, index);
    listening(&mut sheet, turn);
    closeness(&mut sheet, &reading.turns, vectors, index);
    signs(&mut sheet, turn, former);
    sheet.0
}

#[derive(Default)]
struct Sheet(Vec<f32>);

impl Sheet {
    fn number(&mut self, value: f32) {
        self.0.push(value);
    }

    fn flag(&mut self, value: bool) {
        self.0.push(f32::from(u8::from(value)));
    }

    /// A count that stops to matter at `most`, scaled.
    fn count(&mut self, value: usize, most: usize, scale: f32) {
        self.0.push(value.min(most) as f32 / scale);
    }

    fn share(&mut self, part: usize, whole: usize) {
        self.0.push(part as f32 / whole.max(1) as f32);
    }

    fn length(&mut self, words: usize) {
        self.0.push((words as f32).ln_1p() / 3.0);
    }
}

fn position(sheet: &mut Sheet, index: usize, turns: usize) {
    let place = index as f32 / turns.saturating_sub(1).max(1) as f32;
    let left = turns - 1 - index;
    sheet.number(place);
    sheet.number(place * place);
    sheet.flag(index == 0);
    sheet.flag(index == 1);
    sheet.flag(matches!(index, 2 | 3));
    sheet.flag(matches!(index, 4 | 5));
    sheet.flag(left == 0);
    sheet.flag(matches!(left, 1 | 2));
    sheet.flag(matches!(left, 3 | 4));
    sheet.flag(index < 8);
}

/// Marks that end what was cut off.
fn is_cut(text: &str) -> bool {
    text.trim_end().trim_end_matches(['"', '”']).ends_with(['—', '–', '-'])
}

fn trails_off(text: &str) -> bool {
    let text = text.trim_end().trim_end_matches(['"', '”']);
    text.ends_with('…') || text.ends_with("...")
}

fn form(sheet: &mut Sheet, turn: &Turn, cased: bool) {
    let words = turn.tokens.len();
    let text = turn.text.as_str();
    sheet.flag(turn.seller);
    sheet.length(words);
    for most in [0, 3, 5, 8] {
        sheet.flag(words <= most);
    }
    sheet.flag(words >= 25);
    sheet.flag(words >= 40);
    let questions = text.matches('?').count();
    sheet.flag(questions > 0);
    sheet.flag(questions > 1);
    sheet.flag(text::asks(text));
    sheet.flag(text.contains('!'));
    let last: &[String] = turn.segments.last().map_or(&[], |segment| &segment.tokens);
    let leads = last.first().is_some_and(|word| words::LEADS.contains(word.as_str()));
    let head = last.get(usize::from(leads)).or(last.first()).map_or("", String::as_str);
    sheet.flag(words::OPENERS.contains(bare(head)));
    sheet.flag(words::AUXILIARIES.contains(head));
    sheet.flag(turn.tokens.iter().any(|word| words::OPENERS.contains(bare(word))));
    sheet.length(last.len());
    sheet.number((turn.segments.len() as f32).ln_1p());
    sheet.count(text.matches(',').count(), 6, 3.0);
    sheet.flag(text.contains(|c: char| c.is_ascii_digit()));
    sheet.flag(text.contains(['$', '€', '£']));
    sheet.flag(is_cut(text));
    sheet.flag(trails_off(text));
    sheet.flag(text.starts_with(['…', '—']) || text.starts_with("..."));
    sheet.flag(!cased);
}

/// A word without what hangs on it: `what's` is `what`.
fn bare(word: &str) -> &str {
    word.split('\'').next().unwrap_or(word)
}

/// The turn of someone else before this one.
fn other<'a>(turn: &Turn, former: Option<&'a Turn>) -> Option<&'a Turn> {
    former.filter(|former| former.speaker != turn.speaker)
}

fn before(sheet: &mut Sheet, turn: &Turn, former: Option<&Turn>) {
    let text = former.map_or("", |former| former.text.trim_end());
    let tokens: &[String] = former.map_or(&[], |former| &former.tokens);
    let unfinished = !text.is_empty()
        && !text.trim_end_matches(['"', '”']).ends_with(['.', '?', '!', '…', '—', '–', '-']);
    sheet.flag(other(turn, former).is_some());
    sheet.flag(is_cut(text));
    sheet.flag(trails_off(text));
    sheet.flag(unfinished);
    sheet.flag(text::asks(text));
    sheet.flag(text.contains('?'));
    sheet.length(tokens.len());
    sheet.flag(tokens.len() <= 4);
    let function = tokens.last().is_some_and(|word| words::FUNCTION.contains(word.as_str()));
    sheet.flag(unfinished && function);
}

fn set(stems: &[Stem]) -> HashSet<Stem> {
    stems.iter().copied().collect()
}

/// What the turn takes up of the words just heard.
fn overlap(sheet: &mut Sheet, turn: &Turn, former: Option<&Turn>) {
    let other = other(turn, former);
    let own = set(&turn.content);
    let heard = set(other.map_or(&[], |former| &former.content));
    let shared: Vec<&Stem> = own.intersection(&heard).collect();
    sheet.count(shared.len(), 4, 2.0);
    for least in 1..=3 {
        sheet.flag(shared.len() >= least);
    }
    sheet.share(shared.len(), own.len());
    sheet.share(shared.len(), heard.len());
    sheet.flag(shared.iter().any(|stem| stem.long));
    let empty: &[String] = &[];
    let (words, first) = turn
        .segments
        .first()
        .map_or((empty, HashSet::new()), |first| (first.tokens.as_slice(), set(&first.content)));
    let taken = first.intersection(&heard).count();
    sheet.flag(taken > 0);
    sheet.share(taken, first.len());
    sheet.flag(words.len() <= 6 && taken > 0);
    sheet.flag(words.len() <= 8 && !first.is_empty() && taken == first.len());
    let said = other.map_or(empty, |former| &former.tokens);
    let end = set(&text::content(&said[said.len().saturating_sub(8)..]));
    sheet.flag(own.intersection(&end).next().is_some());
    sheet.flag(first.intersection(&end).next().is_some());
    let heard_hashes = other.map_or(&[][..], |former| &former.hashes);
    let run = longest_run(head(&turn.hashes, 60), head(heard_hashes, 120));
    for least in 2..=4 {
        sheet.flag(run >= least);
    }
    let tail = &heard_hashes[heard_hashes.len().saturating_sub(14)..];
    let first_run = longest_run(head(&turn.hashes, words.len().min(14)), tail);
    sheet.flag(first_run >= 2);
    sheet.flag(first_run >= 3);
    sheet.flag(first_run > 0 && first_run + 1 >= words.len().max(2));
    let mirrors = |segment: &Segment| {
        segment.tokens.len() <= 9
            && !segment.content.is_empty()
            && segment.content.iter().all(|stem| heard.contains(stem))
    };
    sheet.flag(turn.segments.iter().any(mirrors));
}

fn head(hashes: &[u32], most: usize) -> &[u32] {
    &hashes[..hashes.len().min(most)]
}

/// Words of the longest run that both texts have.
fn longest_run(left: &[u32], right: &[u32]) -> usize {
    let mut longest = 0;
    let mut runs = vec![0; right.len() + 1];
    for word in left {
        for at in (0..right.len()).rev() {
            runs[at + 1] = if right[at] == *word { runs[at] + 1 } else { 0 };
            longest = longest.max(runs[at + 1]);
        }
    }
    longest
}

/// What was said longer ago, and is remembered.
fn heard(turns: &[Turn], index: usize) -> &[Turn] {
    &turns[index.saturating_sub(REMEMBERED)..index.saturating_sub(1)]
}

/// What the turn takes up of what was said longer ago.
fn history(sheet: &mut Sheet, turns: &[Turn], index: usize) {
    let turn = &turns[index];
    let own = set(&turn.content);
    let stems = |turns: &[Turn], same: bool| -> HashSet<Stem> {
        let of = turns.iter().filter(|other| (other.speaker == turn.speaker) == same);
        of.flat_map(|other| other.content.iter().copied()).collect()
    };
    let recent = &turns[index.saturating_sub(6)..index];
    let latest = recent.iter().rposition(|other| other.speaker != turn.speaker).unwrap_or(0);
    let older = own.intersection(&stems(&recent[..latest], false)).count();
    sheet.count(older, 4, 2.0);
    sheet.share(older, own.len());
    let repeated = own.intersection(&stems(&turns[index.saturating_sub(4)..index], true)).count();
    sheet.count(repeated, 3, 2.0);
    let ever = own.intersection(&stems(heard(turns, index), false)).count();
    sheet.count(ever, 6, 3.0);
    sheet.share(ever, own.len());
}

fn listening(sheet: &mut Sheet, turn: &Turn) {
    let words = turn.tokens.len();
    let signal = |word: &&String| words::BACKCHANNEL.contains(word.as_str());
    let signals = turn.tokens.iter().filter(signal).count();
    sheet.flag(words > 0 && words <= 5 && 2 * signals >= words);
    sheet.flag(words > 0 && words <= 6 && signals == words);
    sheet.share(signals, words);
    sheet.count(turn.tokens.iter().take(3).filter(signal).count(), 3, 3.0);
    let lead = turn.tokens.iter().take_while(|word| words::FILLERS.contains(word.as_str())).count();
    let rest = &turn.tokens[lead..];
    let opens = |phrase: &&[&str]| {
        rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(one, other)| one == other)
    };
    sheet.flag(words::ACKNOWLEDGEMENTS.iter().any(opens));
    sheet.flag(lead > 0);
}

/// Cosines to what was said before.
fn closeness(sheet: &mut Sheet, turns: &[Turn], vectors: &Vectors<'_>, index: usize) {
    let turn = &turns[index];
    let whole = vectors.get(turn.whole);
    let former = index.checked_sub(1).map(|before| &turns[before]);
    match other(turn, former) {
        None => (0..5).for_each(|_| sheet.number(0.0)),
        Some(former) => {
            sheet.number(dot(whole, vectors.get(former.whole)));
            let nearest = |segment: &Segment| {
                let own = vectors.get(segment.number);
                let cosines = former.segments.iter().map(|s| dot(own, vectors.get(s.number)));
                cosines.fold(f32::NEG_INFINITY, f32::max)
            };
            let nearest: Vec<f32> = turn.segments.iter().map(nearest).collect();
            sheet.number(nearest.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            sheet.number(nearest[0]);
            sheet.number(nearest[nearest.len() - 1]);
            let ends = turn.segments.last().zip(former.segments.last());
            sheet.number(ends.map_or(0.0, |(own, heard)| {
                dot(vectors.get(own.number), vectors.get(heard.number))
            }));
        }
    }
    let second = index.checked_sub(2).map(|second| vectors.get(turns[second].whole));
    sheet.number(second.map_or(0.0, |second| dot(whole, second)));
    let cosines: Vec<f32> = heard(turns, index)
        .iter()
        .filter(|other| other.speaker != turn.speaker)
        .map(|other| dot(whole, vectors.get(other.whole)))
        .collect();
    sheet.number(cosines.iter().copied().fold(0.0, f32::max));
    sheet.number(cosines.iter().sum::<f32>() / cosines.len().max(1) as f32);
}

fn signs(sheet: &mut Sheet, turn: &Turn, former: Option<&Turn>) {
    turn.signs.iter().for_each(|count| sheet.flag(*count > 0));
    for name in COUNTED {
        sheet.count(turn.signs[signs::index(name)].into(), 4, 2.0);
    }
    turn.last_signs.iter().for_each(|count| sheet.flag(*count > 0));
    for name in OF_PROSPECT {
        let place = signs::index(name);
        sheet.flag(former.is_some_and(|former| former.signs[place] > 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_run_of_common_words_is_found() {
        assert_eq!(longest_run(&[1, 2, 3, 4], &[9, 2, 3, 4, 2]), 3);
        assert_eq!(longest_run(&[1], &[]), 0);
    }

    #[test]
    fn names_of_signs_are_those_of_the_file() {
        for name in COUNTED.iter().chain(&OF_PROSPECT) {
            assert!(signs::NAMES.contains(name), "{name}");
        }
    }
}
