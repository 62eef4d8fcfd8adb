//! The checks, in the order in which they decide.

use rehearsal_quality::Outcome::{Fails, Passes};
use rehearsal_quality::{Outcome, checks};
use rehearsal_sdk::prelude::*;

use crate::reading::Reading;
use crate::{Config, boilerplate, language};

type Test = fn(&Config, &Reading<'_>) -> Outcome;

checks! { Test;
    too_short: "fewer turns than `min_turns` or fewer words than `min_words`",
    too_long: "more words than `max_words`",
    language: "spoken in none of `languages`, by what the source says or by its text",
    asr_confidence: "a transcription whose mean confidence is under `min_confidence`",
    repetition: "a turn that goes round in circles: more repeated word triples than `max_repetition`",
    loops: "one text said more than `max_loop` times in a row, as speech recognisers do on noise",
    boilerplate: "more words in announcements, voicemail greetings and credits than `max_boilerplate`",
    unfilled_template: "a place that a template left open, such as {{name}}",
    redaction_mark: "a mark of redaction instead of a pseudonym, such as [PERSON_1]",
    speaker_mark: "a speaker's name left inside a turn (`Customer: `): two turns were taken for one",
    role_confusion: "sides that repeat each other word for word: one voice on two channels",
    one_sided: "a side that has hardly a word: less than `min_side` of all",
    unknown_sides: "nobody is known to be the seller, or nobody the prospect",
    truncated_end: "a last turn that stops in the middle of a sentence, in a call that is punctuated",
}

fn too_short(config: &Config, reading: &Reading<'_>) -> Outcome {
    let turns = reading.looks.len();
    if turns < config.min_turns as usize {
        return Fails(format!("{turns} turns, at least {}", config.min_turns));
    }
    if reading.words < config.min_words as usize {
        return Fails(format!("{} words, at least {}", reading.words, config.min_words));
    }
    Passes
}

fn too_long(config: &Config, reading: &Reading<'_>) -> Outcome {
    if reading.words > config.max_words as usize {
        return Fails(format!("{} words, at most {}", reading.words, config.max_words));
    }
    Passes
}

fn language(config: &Config, reading: &Reading<'_>) -> Outcome {
    if config.languages.is_empty() {
        return Passes;
    }
    match language::of(reading.call) {
        Some(found) if !config.languages.contains(&found.code) => {
            let wanted = config.languages.join(", ");
            Fails(format!("`{}` ({}), wanted {wanted}", found.code, found.evidence))
        }
        _ => Passes,
    }
}

fn asr_confidence(config: &Config, reading: &Reading<'_>) -> Outcome {
    match reading.confidence() {
        Some(confidence) if confidence < config.min_confidence => {
            Fails(format!("mean confidence {confidence:.2}, at least {}", config.min_confidence))
        }
        _ => Passes,
    }
}

fn repetition(config: &Config, reading: &Reading<'_>) -> Outcome {
    let shares = reading.looks.iter().map(|look| look.repetition).enumerate();
    match shares.into_iter().find(|(_, share)| *share > config.max_repetition) {
        Some((turn, share)) => {
            Fails(format!("{:.0} % of the word triples of turn {turn} are repeats", share * 100.0))
        }
        None => Passes,
    }
}

fn loops(config: &Config, reading: &Reading<'_>) -> Outcome {
    let mut before = "";
    let mut times = 0;
    for (turn, look) in reading.call.turns().zip(&reading.looks) {
        // A short answer may well come often: yes, okay, right.
        times = if turn.text() == before && look.words > 2 { times + 1 } else { 1 };
        before = turn.text();
        if times > config.max_loop {
            return Fails(format!("turn {}: \"{before}\" {times} times in a row", turn.index()));
        }
    }
    Passes
}

fn boilerplate(config: &Config, reading: &Reading<'_>) -> Outcome {
    // Most calls have none: one look at the whole is far cheaper than one a turn.
    if boilerplate::phrase(&reading.call.conversation().text).is_none() {
        return Passes;
    }
    let (mut words, mut first) = (0, None);
    for (turn, look) in reading.call.turns().zip(&reading.looks) {
        if let Some(phrase) = boilerplate::phrase(turn.text()) {
            words += look.words;
            first.get_or_insert((turn.index(), phrase));
        }
    }
    let share = words as f64 / reading.words.max(1) as f64;
    match first {
        Some((turn, phrase)) if share > config.max_boilerplate => Fails(format!(
            "{:.0} % of the words are announcements, the first in turn {turn} (`{phrase}`)",
            share * 100.0
        )),
        _ => Passes,
    }
}

fn unfilled_template(_: &Config, reading: &Reading<'_>) -> Outcome {
    match reading.first(|look, text| look.placeholder(text)) {
        Some(place) => Fails(format!("`{place}` was never filled in")),
        None => Passes,
    }
}

fn redaction_mark(_: &Config, reading: &Reading<'_>) -> Outcome {
    match reading.first(|look, text| look.redaction_mark(text)) {
        Some(mark) => Fails(format!("`{mark}` is a mark of redaction")),
        None => Passes,
    }
}

fn speaker_mark(_: &Config, reading: &Reading<'_>) -> Outcome {
    const MARKS: &[&str] = &[
        "Customer:",
        "Salesman:",
        "Salesperson:",
        "Agent:",
        "Prospect:",
        "Seller:",
        "Caller:",
        "Rep:",
        "REP:",
    ];
    let text = &reading.call.conversation().text;
    if !text.contains(':') || !MARKS.iter().any(|mark| text.contains(*mark)) {
        return Passes;
    }
    for turn in reading.call.turns() {
        if let Some(mark) = MARKS.iter().find(|mark| turn.text().contains(**mark)) {
            return Fails(format!("`{mark}` inside turn {}", turn.index()));
        }
    }
    Passes
}

/// Words that a repeat needs to count: people do echo a few.
const ECHO_WORDS: usize = 6;
/// Share of such turns from which two sides are one voice.
const ECHO_SHARE: f64 = 0.25;

fn role_confusion(_: &Config, reading: &Reading<'_>) -> Outcome {
    let turns: Vec<Turn<'_>> = reading.call.turns().collect();
    let long = reading.looks.iter().filter(|look| look.words >= ECHO_WORDS).count();
    let repeats = turns
        .windows(2)
        .zip(reading.looks.iter().skip(1))
        .filter(|(pair, look)| {
            look.words >= ECHO_WORDS
                && pair[0].participant() != pair[1].participant()
                && pair[0].text().eq_ignore_ascii_case(pair[1].text())
        })
        .count();
    if repeats > 1 && repeats as f64 > ECHO_SHARE * long as f64 {
        return Fails(format!("{repeats} of {long} turns repeat the other side word for word"));
    }
    Passes
}

fn one_sided(config: &Config, reading: &Reading<'_>) -> Outcome {
    let both = reading.seller + reading.prospect;
    let sides = [("seller", reading.seller), ("prospect", reading.prospect)];
    // Sides that are not known are another check's matter.
    let known = |role| reading.call.has_role(role);
    if both == 0 || !known(Role::Seller) || !known(Role::Prospect) {
        return Passes;
    }
    for (side, words) in sides {
        let share = words as f64 / both as f64;
        if share < config.min_side {
            return Fails(format!("the {side} has {:.1} % of the words", share * 100.0));
        }
    }
    Passes
}

fn unknown_sides(_: &Config, reading: &Reading<'_>) -> Outcome {
    for (role, side) in [(Role::Seller, "seller"), (Role::Prospect, "prospect")] {
        if !reading.call.has_role(role) {
            return Fails(format!("nobody is known to be the {side}"));
        }
    }
    Passes
}

fn truncated_end(_: &Config, reading: &Reading<'_>) -> Outcome {
    let ends = |text: &str| {
        let text = text.trim_end_matches(|c: char| "\"'”’)]*_ ".contains(c));
        text.ends_with(['.', '?', '!', '…'])
    };
    let turns: Vec<&str> = reading.call.turns().map(|turn| turn.text()).collect();
    let Some((last, before)) = turns.split_last() else { return Passes };
    let punctuated = before.iter().filter(|text| ends(text)).count();
    if !before.is_empty() && punctuated * 10 >= before.len() * 8 && !ends(last) {
        let tail: Vec<&str> = last.split_whitespace().rev().take(5).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        return Fails(format!("the last turn ends in \"{}\"", tail.join(" ")));
    }
    Passes
}
