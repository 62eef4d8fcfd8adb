//! Utterances to a conversation in the one normal form.

use std::collections::BTreeMap;

use rehearsal_sdk::prelude::*;

use crate::clean::clean;
use crate::format::Utterance;
use crate::{Config, roles};

/// Cues of one speaker no further apart than this are one turn.
const SAME_TURN_MS: u32 = 2_000;

/// `about` is what is known of the call beforehand, its participants by name.
pub(crate) fn assemble(
    config: &Config,
    key: &str,
    about: Conversation,
    utterances: Vec<Utterance>,
) -> Result<Conversation> {
    let mut turns: Vec<Utterance> = Vec::new();
    for utterance in utterances {
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
            }
            _ => turns.push(Utterance { text, speaker, ..utterance }),
        }
    }
    let Some(first) = turns.first() else {
        return Err(Error::invalid(format!(
            "{key}:1: the transcript is empty: nobody says anything"
        )));
    };
    let known = about.participants;
    let mut call = Conversation {
        participants: Vec::new(),
        language: about.language.or_else(|| config.language.clone()),
        licence: about.licence.or_else(|| config.licence.clone()),
        consent: about.consent.or_else(|| config.consent.clone()),
        title: about.title.or_else(|| Some(stem(key).to_owned())),
        position: Some(format!("line {}", first.line)),
        timing: timing(&turns),
        duration_ms: turns.iter().filter_map(|turn| turn.end_ms).max(),
        ..about
    };
    let mut people = BTreeMap::new();
    for turn in &turns {
        let index =
            *people.entry(turn.speaker.as_deref().map(str::to_lowercase)).or_insert_with(|| {
                call.participants.push(roles::participant(config, &known, turn.speaker.as_deref()));
                call.participants.len() - 1
            });
        let (start, end) = match call.timing {
            Timing::None => (None, None),
            Timing::Starts => (turn.start_ms, None),
            Timing::Turns | Timing::Words => (turn.start_ms, turn.end_ms),
        };
        call.push_turn(u32::try_from(index).unwrap_or(u32::MAX), &turn.text, start, end);
    }
    Ok(call)
}

/// Whether an utterance goes on with the turn before it. Written lines without times are
/// turns as they stand; cues are cut by time and belong together.
fn goes_on(last: &Utterance, next: &Utterance, speaker: Option<&str>) -> bool {
    let (Some(end), Some(start)) = (last.end_ms, next.start_ms) else { return false };
    last.speaker.as_deref() == speaker && start <= end.saturating_add(SAME_TURN_MS)
}

/// What all turns support.
fn timing(turns: &[Utterance]) -> Timing {
    if turns.iter().all(|turn| turn.start_ms.is_some() && turn.end_ms.is_some()) {
        Timing::Turns
    } else if turns.iter().all(|turn| turn.start_ms.is_some()) {
        Timing::Starts
    } else {
        Timing::None
    }
}

fn stem(key: &str) -> &str {
    let file = key.rsplit('/').next().unwrap_or(key);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}
