//! Turns as text for a row: a line a turn, the side in front.

use std::borrow::Cow;

use rehearsal_sdk::prelude::*;

/// A call's turns as rows quote them. A turn stands in a dozen rows; its words are told
/// apart once.
pub(crate) struct Transcript<'a> {
    turns: Vec<Said<'a>>,
}

struct Said<'a> {
    side: &'static str,
    /// One space between words, none around them.
    text: Cow<'a, str>,
    words: usize,
}

impl<'a> Transcript<'a> {
    pub(crate) fn of(call: &Call<'a>) -> Self {
        Self { turns: call.turns().map(Said::of).collect() }
    }

    /// Some turns, `[SELLER] …` one after the other, with their numbers where a coach has
    /// to name them. A turn without words is left out.
    pub(crate) fn lines(&self, turns: &[u32], numbered: bool) -> String {
        let said = || {
            let all = turns.iter().filter_map(|&index| Some((index, self.at(index)?)));
            all.filter(|(_, said)| said.words > 0)
        };
        let length = said().map(|(_, said)| said.text.len() + LEAD).sum();
        let mut text = String::with_capacity(length);
        for (index, said) in said() {
            if !text.is_empty() {
                text.push('\n');
            }
            if numbered {
                text.push_str(&index.to_string());
                text.push(' ');
            }
            text.push_str(said.side);
            text.push(' ');
            text.push_str(&said.text);
        }
        text
    }

    /// All turns of a call, those in the middle left out where it has more words than
    /// `max_words`: how a call opens and how it ends says most of it.
    pub(crate) fn whole(&self, max_words: u32) -> Vec<u32> {
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let half = max_words as usize / 2;
        if self.turns.iter().map(|said| said.words).sum::<usize>() <= half * 2 {
            return (0..self.turns.len()).map(index).collect();
        }
        let fits = |turns: &mut dyn Iterator<Item = &Said<'_>>| {
            let mut sum = 0;
            turns
                .take_while(|said| {
                    sum += said.words;
                    sum <= half
                })
                .count()
        };
        let first = fits(&mut self.turns.iter()).max(1);
        let last = self.turns.len() - fits(&mut self.turns.iter().skip(first).rev());
        (0..first).chain(last.max(first)..self.turns.len()).map(index).collect()
    }

    /// The words of a turn, one space between.
    pub(crate) fn text(&self, turn: u32) -> &str {
        self.at(turn).map_or("", |said| &said.text)
    }

    /// What a turn says, cut to a length that quotes well.
    pub(crate) fn quote(&self, turn: u32) -> String {
        const WORDS: usize = 30;
        let text = self.text(turn);
        match text.match_indices(' ').nth(WORDS - 1) {
            Some((end, _)) => format!("{} …", &text[..end]),
            None => text.to_owned(),
        }
    }

    fn at(&self, turn: u32) -> Option<&Said<'a>> {
        self.turns.get(turn as usize)
    }
}

/// Room for what stands before a turn's words: break, number and side.
const LEAD: usize = 16;

impl<'a> Said<'a> {
    fn of(turn: Turn<'a>) -> Self {
        let text = turn.text();
        let (mut words, mut length) = (0, 0);
        for word in text.split_whitespace() {
            words += 1;
            length += word.len();
        }
        let spaces = text.bytes().filter(|byte| *byte == b' ').count();
        let between = words.max(1) - 1;
        // Nearly every turn is as it should be: so many spaces as words need, and nothing
        // beside them.
        let clean = spaces == between && length + spaces == text.len();
        let text = if clean {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        Self { side: side(turn.role()), text, words }
    }
}

const fn side(role: Role) -> &'static str {
    match role {
        Role::Seller => "[SELLER]",
        Role::Prospect => "[PROSPECT]",
        Role::Other => "[OTHER]",
        Role::Unknown => "[UNKNOWN]",
    }
}

/// A turn and those before it.
pub(crate) fn with_context(turn: u32, before: u32) -> Vec<u32> {
    (turn.saturating_sub(before)..=turn).collect()
}
