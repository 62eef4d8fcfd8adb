//! How a roleplay partner behaves beside the real prospects it learned from.
//!
//! Four things go wrong with a model that plays a prospect, and no loss shows them: it
//! contradicts the persona it was given, it gives way before anybody won it over, it
//! talks in other lengths and without the hesitation of people, and it recites the calls
//! it was trained on. [`measure`] looks for each in chats of the model, against the
//! real turns of a data set. Everything it finds names the chat's line and the message.
//!
//! Personas and cues are English; other chats are measured by length and copying only.

mod chat;
mod copying;
mod manner;
mod persona;
mod yielding;

use rehearsal_statistics::{Bootstrap, Interval};
use serde::Serialize;

pub use chat::{Chat, ChatError, Message, Speaker, read_chats};
pub use copying::{Copied, Copying, GRAM};
pub use manner::Manner;
pub use persona::{Contradiction, Kind};
pub use yielding::{Yield, Yielding};

/// What was found in some chats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// Chats with at least one message of the model.
    pub chats: usize,
    /// Messages of the model.
    pub messages: usize,
    /// Chats that give a persona that can be contradicted.
    pub personas: usize,
    /// Share of those in which it is; 95 % interval over chats.
    pub contradicted: Option<Interval>,
    /// Where.
    pub contradictions: Vec<Contradiction>,
    /// Who gave way, and when.
    pub yielding: Yielding,
    /// Lengths and hesitation.
    pub manner: Manner,
    /// What is word for word in the training split.
    pub copying: Copying,
}

/// Real turns to hold the model against.
#[derive(Debug, Clone, Copy)]
pub struct Real<'a> {
    /// Dialogues of the training split: what may be recited, and how people talk.
    pub training: &'a [Chat],
    /// Dialogues that were held out: how much people repeat each other anyway.
    pub held_out: &'a [Chat],
}

/// Looks at chats of a model, beside real ones.
#[must_use]
pub fn measure(chats: &[Chat], real: Real<'_>, bootstrap: Bootstrap) -> Metrics {
    let chats: Vec<&Chat> = chats.iter().filter(|chat| chat.answers().next().is_some()).collect();
    let (mut contradictions, mut outcomes) = (Vec::new(), Vec::new());
    for chat in &chats {
        let Some(persona) = persona::Persona::of(chat) else { continue };
        let found = persona.contradictions(chat);
        outcomes.push(vec![!found.is_empty()]);
        contradictions.extend(found);
    }
    Metrics {
        messages: chats.iter().map(|chat| chat.answers().count()).sum(),
        personas: outcomes.len(),
        contradicted: share(&outcomes, bootstrap),
        contradictions,
        yielding: yielding::measure(&chats, real, bootstrap),
        manner: manner::measure(&chats, real.training),
        copying: copying::measure(&chats, real),
        chats: chats.len(),
    }
}

/// Share of what is true, with its interval over chats.
fn share(outcomes: &[Vec<bool>], bootstrap: Bootstrap) -> Option<Interval> {
    bootstrap.interval(outcomes, |items| {
        let hits = items.iter().filter(|hit| **hit).count();
        (!items.is_empty()).then(|| hits as f64 / items.len() as f64)
    })
}

/// A text as its words in lower case, apostrophes made one.
fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace('\u{2019}', "'")
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// The first of some phrases that stands among words as whole words.
fn phrase<'a>(words: &[String], phrases: &[&'a str]) -> Option<&'a str> {
    phrases.iter().copied().find(|phrase| {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        words.windows(wanted.len()).any(|window| window.iter().zip(&wanted).all(|(a, b)| a == b))
    })
}
