//! Turns as text for a row: a line a turn, the side in front.

use rehearsal_sdk::prelude::*;

/// Some turns, `[SELLER] …` one after the other, with their numbers where a coach has to
/// name them. A turn without words is left out.
pub(crate) fn lines(call: &Call<'_>, turns: &[u32], numbered: bool) -> String {
    let mut text = String::new();
    for &index in turns {
        let Some(turn) = call.turn(index as usize) else { continue };
        let mut words = turn.text().split_whitespace().peekable();
        if words.peek().is_none() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        if numbered {
            text.push_str(&index.to_string());
            text.push(' ');
        }
        text.push_str(side(turn.role()));
        for word in words {
            text.push(' ');
            text.push_str(word);
        }
    }
    text
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

/// All turns of a call, those in the middle left out where it has more words than
/// `max_words`: how a call opens and how it ends says most of it.
pub(crate) fn whole(call: &Call<'_>, max_words: u32) -> Vec<u32> {
    let words: Vec<usize> =
        call.turns().map(|turn| turn.text().split_whitespace().count()).collect();
    let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let half = max_words as usize / 2;
    if words.iter().sum::<usize>() <= half * 2 {
        return (0..words.len()).map(index).collect();
    }
    let fits = |counts: &mut dyn Iterator<Item = &usize>| {
        let mut sum = 0;
        counts
            .take_while(|count| {
                sum += **count;
                sum <= half
            })
            .count()
    };
    let first = fits(&mut words.iter()).max(1);
    let last = words.len() - fits(&mut words.iter().skip(first).rev());
    (0..first).chain(last.max(first)..words.len()).map(index).collect()
}

/// The words of a turn.
pub(crate) fn words<'a>(call: &Call<'a>, turn: u32) -> Vec<&'a str> {
    let text = call.turn(turn as usize).map(|turn| turn.text()).unwrap_or_default();
    text.split_whitespace().collect()
}

/// What a turn says, cut to a length that quotes well.
pub(crate) fn quote(call: &Call<'_>, turn: u32) -> String {
    const WORDS: usize = 30;
    let words = words(call, turn);
    if words.len() <= WORDS {
        return words.join(" ");
    }
    format!("{} …", words[..WORDS].join(" "))
}
