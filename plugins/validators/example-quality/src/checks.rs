//! The checks, in the order in which they decide.

use rehearsal_quality::Outcome::{Fails, Passes};
use rehearsal_quality::{Outcome, checks};
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types;

use crate::Config;
use crate::reading::Reading;

type Test = fn(&Config, &Example, &Reading<'_>) -> Outcome;

checks! { Test;
    empty_message: "a message or text without words",
    too_short: "fewer messages than `min_messages` or fewer trained words than `min_trained_words`",
    too_long: "more words than `max_words`",
    no_trained_message: "a chat of which the trainer learns nothing",
    alternation: "two messages of one role in a row, a system message that is not the first, or a chat that the assistant opens",
    role_confusion: "a trained message that is not the assistant's, in a family of `assistant_only`",
    unfilled_template: "a place that a template left open, such as {{name}}",
    redaction_mark: "a mark of redaction instead of a pseudonym, such as [PERSON_1]",
    repetition: "a message that goes round in circles: more repeated word triples than `max_repetition`",
    noise: "a message that is hardly text: fewer letters than `min_letters`",
}

fn empty_message(_: &Config, _: &Example, reading: &Reading<'_>) -> Outcome {
    match reading.all().position(|text| text.trim().is_empty()) {
        Some(index) => Fails(format!("message {index} is empty")),
        None => Passes,
    }
}

fn too_short(config: &Config, example: &Example, reading: &Reading<'_>) -> Outcome {
    if let types::Body::Chat(chat) = &example.body {
        let messages = chat.messages.iter().filter(|one| one.role != Speaker::System).count();
        if messages < config.min_messages as usize {
            return Fails(format!("{messages} messages, at least {}", config.min_messages));
        }
        let trained = chat.messages.iter().any(|message| message.train);
        if trained && reading.trained_words < config.min_trained_words as usize {
            return Fails(format!(
                "{} trained words, at least {}",
                reading.trained_words, config.min_trained_words
            ));
        }
    }
    Passes
}

fn too_long(config: &Config, _: &Example, reading: &Reading<'_>) -> Outcome {
    if reading.words > config.max_words as usize {
        return Fails(format!("{} words, at most {}", reading.words, config.max_words));
    }
    Passes
}

fn no_trained_message(_: &Config, example: &Example, _: &Reading<'_>) -> Outcome {
    match &example.body {
        types::Body::Chat(chat) if !chat.messages.iter().any(|message| message.train) => {
            Fails("no message is trained".to_owned())
        }
        _ => Passes,
    }
}

fn alternation(_: &Config, example: &Example, _: &Reading<'_>) -> Outcome {
    let messages = match &example.body {
        types::Body::Chat(chat) => &chat.messages,
        types::Body::Preference(pair) => &pair.prompt,
        types::Body::Critique(critique) => &critique.prompt,
        types::Body::LabelledText(_) => return Passes,
    };
    if let Some(index) = messages.iter().skip(1).position(|one| one.role == Speaker::System) {
        return Fails(format!("message {} is the system's and not the first", index + 1));
    }
    let said = || messages.iter().enumerate().filter(|(_, one)| one.role != Speaker::System);
    if said().next().is_some_and(|(_, first)| first.role == Speaker::Assistant) {
        return Fails("the assistant speaks first".to_owned());
    }
    match said().zip(said().skip(1)).find(|((_, left), (_, right))| left.role == right.role) {
        Some((_, (index, _))) => {
            Fails(format!("message {index} is of the same role as the one before"))
        }
        None => Passes,
    }
}

fn role_confusion(config: &Config, example: &Example, reading: &Reading<'_>) -> Outcome {
    if !config.assistant_only.contains(&example.family) {
        return Passes;
    }
    let wrong = |message: &&Message| message.train && message.role != Speaker::Assistant;
    match reading.messages.iter().position(wrong) {
        Some(index) => Fails(format!("message {index} is trained and not the assistant's")),
        None => Passes,
    }
}

fn unfilled_template(_: &Config, _: &Example, reading: &Reading<'_>) -> Outcome {
    match reading.found.iter().find_map(|found| found.unfilled) {
        Some(place) => Fails(format!("`{place}` was never filled in")),
        None => Passes,
    }
}

fn redaction_mark(_: &Config, _: &Example, reading: &Reading<'_>) -> Outcome {
    match reading.found.iter().find_map(|found| found.redacted) {
        Some(mark) => Fails(format!("`{mark}` is a mark of redaction")),
        None => Passes,
    }
}

fn repetition(config: &Config, _: &Example, reading: &Reading<'_>) -> Outcome {
    let shares = reading.said().map(|look| look.repetition).enumerate();
    match shares.into_iter().find(|(_, share)| *share > config.max_repetition) {
        Some((index, share)) => {
            Fails(format!("{:.0} % of the word triples of text {index} are repeats", share * 100.0))
        }
        None => Passes,
    }
}

fn noise(config: &Config, _: &Example, reading: &Reading<'_>) -> Outcome {
    let shares = reading.said().map(|look| look.letters).enumerate();
    match shares.into_iter().find(|(_, share)| *share < config.min_letters) {
        Some((index, share)) => {
            Fails(format!("{:.0} % of the characters of text {index} are letters", share * 100.0))
        }
        None => Passes,
    }
}
