//! How fast somebody speaks.

use rehearsal_sdk::prelude::*;

use crate::stats::slope;
use crate::{Voice, syllables};

pub(crate) const SPEECH_RATE: Kind = Kind::new(
    "words_per_minute",
    "wpm.speech@1",
    "Words of a speaker per minute of speech, pauses inside turns left out; the rule names the speaker",
);
pub(crate) const TURN_RATE: Kind = Kind::new(
    "words_per_turn_minute",
    "wpm.turns@1",
    "Words of a speaker per minute of turns, pauses included; the rule names the speaker",
);
pub(crate) const ARTICULATION: Kind = Kind::new(
    "articulation_rate",
    "articulation.syllables@1",
    "Syllables per second of speech, pauses left out, syllables counted by rule for English; the rule names the speaker",
);
pub(crate) const ACCELERATION: Kind = Kind::new(
    "acceleration",
    "acceleration.theil_sen@1",
    "Change of a speaker's words per minute for each minute of the call, over turns of five words or more (Theil-Sen); the rule names the speaker",
);
pub(crate) const RATE_OF_TURN: Kind = Kind::new(
    "turn_words_per_minute",
    "wpm.turn@1",
    "Words per minute of one turn of five words or more, pauses included",
);

/// Words under which the pace of a turn is chance.
const LEAST_WORDS: usize = 5;
/// Turns under which a change over the call is chance.
const LEAST_TURNS: usize = 6;
/// Speech under which a rate is chance, in milliseconds.
const LEAST_SPEECH_MS: f64 = 2_000.0;

const MINUTE: f64 = 60_000.0;

pub(crate) fn measure(voice: &Voice<'_>) -> Vec<Annotation> {
    let by_word = spoken(voice);
    let by_turn = voice.without_ends().map_or_else(|| Ok(turns(voice)), Err);
    let rate = |amount: f64, ms: f64, unit: f64| {
        if ms < LEAST_SPEECH_MS {
            Err(format!(
                "{:.1} s of speech; at least {:.0} s",
                ms / 1_000.0,
                LEAST_SPEECH_MS / 1_000.0
            ))
        } else {
            Ok(amount / ms * unit)
        }
    };
    let mut found = vec![
        voice.says(
            SPEECH_RATE,
            by_word.clone().and_then(|spoken| rate(spoken.words, spoken.ms, MINUTE)),
        ),
        voice.says(
            ARTICULATION,
            by_word.and_then(|spoken| rate(spoken.syllables, spoken.ms, 1_000.0)),
        ),
        voice.says(
            TURN_RATE,
            by_turn.clone().and_then(|turns| {
                let words = turns.iter().map(|turn| turn.words).sum();
                rate(words, turns.iter().map(|turn| turn.ms).sum(), MINUTE)
            }),
        ),
        voice.says(ACCELERATION, by_turn.clone().and_then(|turns| acceleration(&turns))),
    ];
    if voice.config.turns {
        let turns = by_turn.unwrap_or_default();
        found.extend(turns.iter().filter(|turn| turn.counts()).map(|paced| {
            RATE_OF_TURN.at(paced.turn, paced.words / paced.ms * MINUTE).by(RATE_OF_TURN.definition)
        }));
    }
    found
}

#[derive(Clone, Copy, Default)]
struct Spoken {
    words: f64,
    syllables: f64,
    ms: f64,
}

/// Words and the time they take, gaps of a pause's length left out.
fn spoken(voice: &Voice<'_>) -> Result<Spoken, String> {
    if let Some(reason) = voice.without_words() {
        return Err(reason);
    }
    let mut all = Spoken::default();
    for turn in voice.turns() {
        let mut last_end = None;
        for word in turn.words() {
            let gap = last_end.map_or(0, |end| word.start_ms.saturating_sub(end));
            let gap = if gap < voice.config.min_pause_ms { gap } else { 0 };
            // Overlapping words take their time once.
            let start = word.start_ms.max(last_end.unwrap_or(0));
            all.ms += f64::from(gap + word.end_ms.saturating_sub(start));
            all.words += 1.0;
            all.syllables += f64::from(syllables::count(turn.word_text(word)));
            last_end = Some(word.end_ms.max(last_end.unwrap_or(0)));
        }
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct Paced<'a> {
    turn: Turn<'a>,
    words: f64,
    start_ms: f64,
    ms: f64,
}

impl Paced<'_> {
    fn counts(&self) -> bool {
        self.words >= LEAST_WORDS as f64 && self.ms > 0.0
    }
}

fn turns<'a>(voice: &Voice<'a>) -> Vec<Paced<'a>> {
    let paced = |turn: Turn<'a>| {
        Some(Paced {
            turn,
            words: turn.text().split_whitespace().count() as f64,
            start_ms: f64::from(turn.start_ms()?),
            ms: f64::from(turn.duration_ms()?),
        })
    };
    voice.turns().filter_map(paced).collect()
}

fn acceleration(turns: &[Paced<'_>]) -> Result<f64, String> {
    let points: Vec<(f64, f64)> = turns
        .iter()
        .filter(|turn| turn.counts())
        .map(|turn| (turn.start_ms / MINUTE, turn.words / turn.ms * MINUTE))
        .collect();
    if points.len() < LEAST_TURNS {
        return Err(format!(
            "{} turns of {LEAST_WORDS} words or more; at least {LEAST_TURNS}",
            points.len()
        ));
    }
    slope(&points).ok_or_else(|| "all turns start at the same time".to_owned())
}
