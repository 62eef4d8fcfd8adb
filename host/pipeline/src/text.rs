//! The one normal form of text: NFC, no control characters, no stray white space.
//!
//! Loaders are asked for clean text, and the host makes sure, since every span and
//! every cue after this relies on it.

use rehearsal_model::{Conversation, Span, Turn, Word};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Puts a conversation's text in normal form, spans with it. Turns without any text
/// go. Words are kept where their turns' texts need no change, and dropped where a
/// change would tear them from their places (the timing says so).
pub(crate) fn normalise(mut call: Conversation) -> Conversation {
    if is_normal(&call) {
        return call;
    }
    let old = std::mem::take(&mut call.text);
    let turns = std::mem::take(&mut call.turns);
    let words = std::mem::take(&mut call.words);
    let mut words = words.into_iter().peekable();
    let mut torn = false;
    for turn in turns {
        let raw = old.get(turn.text.start as usize..turn.text.end as usize).unwrap_or_default();
        let clean = clean(raw);
        let of_turn: Vec<Word> =
            std::iter::from_fn(|| words.next_if(|word| word.text.end <= turn.text.end)).collect();
        if clean.is_empty() {
            continue;
        }
        call.push_turn(turn.participant, &clean, None);
        let start = call.text.len() as u32 - clean.len() as u32;
        if let Some(last) = call.turns.last_mut() {
            *last = Turn { text: last.text, ..turn };
        }
        if clean == raw {
            call.words.extend(of_turn.into_iter().map(|word| Word {
                text: Span {
                    start: word.text.start - turn.text.start + start,
                    end: word.text.end - turn.text.start + start,
                },
                ..word
            }));
        } else {
            torn |= !of_turn.is_empty();
        }
    }
    if torn {
        call.words.clear();
        call.timing = call.timing.min(rehearsal_model::Timing::Turns);
    }
    call
}

fn is_normal(call: &Conversation) -> bool {
    let mut end = 0;
    let tight = call.turns.iter().enumerate().all(|(index, turn)| {
        let start = if index == 0 { 0 } else { end + 1 };
        end = turn.text.end;
        turn.text.start == start && turn.text.start < turn.text.end
    });
    tight
        && end as usize == call.text.len()
        && is_nfc(&call.text)
        && call.turns.iter().all(|turn| is_clean(call.turn_text(turn)))
}

fn is_clean(text: &str) -> bool {
    text == text.trim() && !text.chars().any(is_noise) && !text.contains("  ")
}

/// Control characters and the invisible ones that reorder or hide text.
fn is_noise(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn clean(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for c in raw.nfc() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if is_noise(c) || (c == ' ' && (text.is_empty() || text.ends_with(' '))) {
            continue;
        }
        text.push(c);
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use rehearsal_model::{Participant, Timing};

    use super::*;

    fn call(turns: &[&str]) -> Conversation {
        let mut call =
            Conversation { participants: vec![Participant::default()], ..Conversation::default() };
        turns.iter().for_each(|text| call.push_turn(0, text, Some((0, 1))));
        call
    }

    #[test]
    fn text_is_composed_and_tidied_and_turns_keep_their_times() {
        let call = normalise(call(&["  cafe\u{301}\r\n on\u{7}  us ", "\u{feff}", "fine"]));
        assert_eq!(call.text, "café on us\nfine");
        assert_eq!(call.turns.len(), 2);
        assert_eq!(call.turns[1].start_ms, Some(0));
        assert_eq!(call.validate(), Ok(()));
    }

    #[test]
    fn words_move_with_their_turn_or_go_where_it_changed() {
        let word = |start, end| Word {
            text: Span { start, end },
            start_ms: 0,
            end_ms: 1,
            confidence: 1.0,
        };
        let mut clean = call(&[" ", "one two"]);
        clean.timing = Timing::Words;
        clean.words = vec![word(2, 5), word(6, 9)];
        let clean = normalise(clean);
        assert_eq!(clean.slice(clean.words[1].text), "two");
        let mut torn = call(&["one  two"]);
        torn.timing = Timing::Words;
        torn.words = vec![word(0, 3), word(5, 8)];
        let torn = normalise(torn);
        assert_eq!((torn.words.len(), torn.timing), (0, Timing::Turns));
        assert_eq!(torn.validate(), Ok(()));
    }
}
