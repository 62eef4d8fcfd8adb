//! Utterances to a conversation in the one normal form.

use std::collections::BTreeMap;

use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types::Word;

use crate::{Parsed, Sides, TimedWord, Utterance, clean};

/// Cues of one speaker no further apart than this are one turn.
const SAME_TURN_MS: u32 = 2_000;

/// How far behind the last word the next one is looked for, in bytes: words that the
/// text does not have must not make this quadratic.
const WORD_WINDOW: usize = 200;

/// The conversation of what a format read; none where nobody says anything.
///
/// `evidence` is what a side rests on where the speaker's label names it: `prefix`.
#[must_use]
pub fn assemble(parsed: Parsed, sides: &Sides, evidence: &str) -> Option<Conversation> {
    let mut turns: Vec<Utterance> = Vec::new();
    for utterance in parsed.utterances {
        let text = clean(&utterance.text);
        let speaker = utterance.speaker.as_deref().map(clean).filter(|name| !name.is_empty());
        if text.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some(last) if goes_on(last, &utterance, speaker.as_deref()) => {
                last.text.push(' ');
                last.text.push_str(&text);
                last.end_ms = utterance.end_ms.max(last.end_ms);
                last.confidence = last.confidence.zip(utterance.confidence).map(|(a, b)| a.min(b));
                last.words.extend(utterance.words);
            }
            _ => turns.push(Utterance { text, speaker, ..utterance }),
        }
    }
    let first = turns.first()?.line;
    let position = format!("{} {first}", parsed.unit.unwrap_or("line"));
    let about = parsed.about;
    let known = about.participants;
    let mut call = Conversation {
        participants: Vec::new(),
        position: about.position.or(Some(position)),
        timing: timing(&turns),
        duration_ms: about.duration_ms.or_else(|| turns.iter().filter_map(|t| t.end_ms).max()),
        ..about
    };
    let mut people = BTreeMap::new();
    for turn in turns {
        let index =
            *people.entry(turn.speaker.as_deref().map(str::to_lowercase)).or_insert_with(|| {
                let person = sides.participant(&known, turn.speaker.as_deref(), evidence);
                call.participants.push(person);
                call.participants.len() - 1
            });
        push(&mut call, u32::try_from(index).unwrap_or(u32::MAX), turn);
    }
    Some(call)
}

/// Fills what a call lacks from what is known otherwise: the operator's configuration, a
/// file beside it.
#[must_use]
pub fn with_defaults(call: Conversation, defaults: Conversation) -> Conversation {
    Conversation {
        language: call.language.or(defaults.language),
        licence: call.licence.or(defaults.licence),
        consent: call.consent.or(defaults.consent),
        title: call.title.or(defaults.title),
        started_at: call.started_at.or(defaults.started_at),
        account: call.account.or(defaults.account),
        source_url: call.source_url.or(defaults.source_url),
        ..call
    }
}

fn push(call: &mut Conversation, participant: u32, turn: Utterance) {
    let (start, end) = match call.timing {
        Timing::None => (None, None),
        Timing::Starts => (turn.start_ms, None),
        Timing::Turns | Timing::Words => {
            (turn.start_ms, turn.end_ms.map(|end| end.max(turn.start_ms.unwrap_or(0))))
        }
    };
    call.push_turn(participant, &turn.text, start, end);
    let Some(last) = call.turns.last_mut() else { return };
    last.confidence = turn.confidence;
    let base = last.text.start;
    if call.timing == Timing::Words {
        call.words.extend(placed(base, &turn.text, &turn.words));
    }
}

/// Words where they stand in their turn's text, one behind the other. One that the text
/// does not have (the transcriber rewrote it) is left out.
fn placed(base: u32, text: &str, words: &[TimedWord]) -> Vec<Word> {
    let mut from = 0;
    let mut placed = Vec::with_capacity(words.len());
    for word in words {
        let bare = clean(&word.text);
        let mut to = (from + WORD_WINDOW + bare.len()).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        let Some(at) = text[from..to].find(&*bare).filter(|_| !bare.is_empty()) else { continue };
        let start = from + at;
        from = start + bare.len();
        let offset = |at: usize| base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        placed.push(Word {
            text: Span { start: offset(start), end: offset(from) },
            start_ms: word.start_ms,
            end_ms: word.end_ms.max(word.start_ms),
            confidence: word.confidence.clamp(0.0, 1.0),
        });
    }
    placed
}

/// Whether an utterance goes on with the turn before it. Written lines without times are
/// turns as they stand; cues are cut by time and belong together.
fn goes_on(last: &Utterance, next: &Utterance, speaker: Option<&str>) -> bool {
    let (Some(end), Some(start)) = (last.end_ms, next.start_ms) else { return false };
    last.speaker.as_deref() == speaker && start <= end.saturating_add(SAME_TURN_MS)
}

/// What all turns support.
fn timing(turns: &[Utterance]) -> Timing {
    if !turns.iter().all(|turn| turn.start_ms.is_some()) {
        Timing::None
    } else if !turns.iter().all(|turn| turn.end_ms.is_some()) {
        Timing::Starts
    } else if turns.iter().all(|turn| !turn.words.is_empty()) {
        Timing::Words
    } else {
        Timing::Turns
    }
}
