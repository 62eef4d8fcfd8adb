//! Silences: inside a turn, and before an answer.

use rehearsal_sdk::prelude::*;

use crate::Voice;
use crate::stats::{median, quantile};

pub(crate) const MEDIAN: Kind = Kind::new(
    "pause_p50",
    "pause.p50@1",
    "Median length of a speaker's pauses inside turns, in ms; a pause is a gap between words of `min_pause_ms` (250) or more; the rule names the speaker",
);
pub(crate) const LONG: Kind =
    Kind::new("pause_p90", "pause.p90@1", "As pause_p50, the 90th percentile");
pub(crate) const PER_MINUTE: Kind = Kind::new(
    "pauses_per_minute",
    "pause.rate@1",
    "Pauses inside turns per minute of a speaker's turns; the rule names the speaker",
);
pub(crate) const ANSWER: Kind = Kind::new(
    "answer_pause",
    "pause.answer.p50@1",
    "Median time in ms from the end of another's question to a speaker's turn, 0 where they overlap; the rule names the speaker",
);
pub(crate) const ANSWER_OF_TURN: Kind = Kind::new(
    "turn_answer_pause",
    "pause.answer@1",
    "Time in ms from the end of the question before to this turn, 0 where they overlap",
);

pub(crate) fn measure(voice: &Voice<'_>) -> Vec<Annotation> {
    let mut found = inside(voice);
    let answers = match voice.without_ends() {
        Some(reason) => return with(found, voice.says(ANSWER, Err(reason))),
        None => answers(voice),
    };
    let mut lengths: Vec<f64> = answers.iter().map(|(_, ms)| *ms).collect();
    let reason = "this speaker answers no question with a known end";
    found.push(voice.says(ANSWER, median(&mut lengths).ok_or_else(|| reason.to_owned())));
    if voice.config.turns {
        found.extend(answers.into_iter().map(|(turn, ms)| {
            ANSWER_OF_TURN.at(turn, ms).by(ANSWER_OF_TURN.definition).with_turns([turn.index() - 1])
        }));
    }
    found
}

fn with(mut found: Vec<Annotation>, one: Annotation) -> Vec<Annotation> {
    found.push(one);
    found
}

fn inside(voice: &Voice<'_>) -> Vec<Annotation> {
    if let Some(reason) = voice.without_words() {
        return [MEDIAN, LONG, PER_MINUTE]
            .map(|kind| voice.says(kind, Err(reason.clone())))
            .to_vec();
    }
    let mut lengths = Vec::new();
    let mut spoken_ms = 0.0;
    for turn in voice.turns() {
        let words = turn.words();
        spoken_ms += f64::from(turn.duration_ms().unwrap_or(0));
        lengths.extend(
            words
                .windows(2)
                .map(|pair| pair[1].start_ms.saturating_sub(pair[0].end_ms))
                .filter(|gap| *gap >= voice.config.min_pause_ms)
                .map(f64::from),
        );
    }
    let rate = if spoken_ms > 0.0 {
        Ok(lengths.len() as f64 / spoken_ms * 60_000.0)
    } else {
        Err("this speaker's turns have no length".to_owned())
    };
    let none = || format!("no pause of {} ms or more", voice.config.min_pause_ms);
    vec![
        voice.says(MEDIAN, median(&mut lengths).ok_or_else(none)),
        voice.says(LONG, quantile(&mut lengths, 0.9).ok_or_else(none)),
        voice.says(PER_MINUTE, rate),
    ]
}

/// Turns that follow another's question, and how long after.
fn answers<'a>(voice: &Voice<'a>) -> Vec<(Turn<'a>, f64)> {
    voice
        .turns()
        .filter_map(|turn| {
            let before = voice.call.turn((turn.index() as usize).checked_sub(1)?)?;
            let asks = before.text().trim_end().ends_with('?');
            if before.participant() == turn.participant() || !asks {
                return None;
            }
            Some((turn, f64::from(turn.start_ms()?.saturating_sub(before.end_ms()?))))
        })
        .collect()
}
