//! An example as the checks read it: messages in order, words counted once.

use std::collections::HashMap;

use rehearsal_quality::text::{Look, Looks};
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types;

/// Looks at each text once: the examples of a call share most of theirs.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    looks: Looks,
    /// By length: texts of one length are hardly ever two.
    found: HashMap<usize, Vec<(&'a str, Found<'a>)>>,
}

/// What there is to know of a text.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) look: Look,
    /// A place that a template left open.
    pub(crate) unfilled: Option<&'a str>,
    /// A mark of redaction.
    pub(crate) redacted: Option<&'a str>,
}

impl<'a> Seen<'a> {
    fn at(&mut self, text: &'a str) -> Found<'a> {
        let alike = self.found.entry(text.len()).or_default();
        if let Some((_, found)) = alike.iter().find(|(known, _)| same(known, text)) {
            return *found;
        }
        let look = self.looks.at(text);
        let (unfilled, redacted) = (look.placeholder(text), look.redaction_mark(text));
        let found = Found { look, unfilled, redacted };
        alike.push((text, found));
        found
    }
}

/// Whether two texts of one length are the same, eight bytes at a time: WebAssembly's own
/// comparison takes one at a time, and whole calls are compared here.
fn same(one: &str, other: &str) -> bool {
    let (ones, end) = one.as_bytes().as_chunks::<8>();
    let (others, other_end) = other.as_bytes().as_chunks::<8>();
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    end == other_end && ones.iter().map(word).eq(others.iter().map(word))
}

/// Messages of an example and their words.
pub(crate) struct Reading<'a> {
    /// In order; for a preference the prompt and both answers.
    pub(crate) messages: Vec<&'a Message>,
    /// Texts that are no messages: a labelled text, a critique.
    pub(crate) texts: Vec<&'a str>,
    /// Of the messages, then of the other texts.
    pub(crate) found: Vec<Found<'a>>,
    /// Of all of them.
    pub(crate) words: usize,
    /// Of messages that are trained, and of completions.
    pub(crate) trained_words: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(example: &'a Example, seen: &mut Seen<'a>) -> Self {
        let (messages, texts): (Vec<&Message>, Vec<&str>) = match &example.body {
            types::Body::Chat(chat) => (chat.messages.iter().collect(), Vec::new()),
            types::Body::Preference(pair) => {
                let answers = [&pair.chosen, &pair.rejected];
                (pair.prompt.iter().chain(answers).collect(), Vec::new())
            }
            types::Body::LabelledText(text) => (Vec::new(), vec![text.text.as_str()]),
            types::Body::Critique(critique) => {
                (critique.prompt.iter().collect(), vec![critique.completion.as_str()])
            }
        };
        let said = messages.iter().map(|message| message.content.as_str());
        let found: Vec<Found<'a>> =
            said.chain(texts.iter().copied()).map(|text| seen.at(text)).collect();
        let trains = messages.iter().map(|message| message.train).chain(texts.iter().map(|_| true));
        let trained = found.iter().zip(trains).filter(|(_, train)| *train);
        let trained_words = trained.map(|(found, _)| found.look.words).sum();
        let words = found.iter().map(|found| found.look.words).sum();
        Self { messages, texts, found, words, trained_words }
    }

    /// Everything that stands in it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a str> {
        let messages = self.messages.iter().map(|message| message.content.as_str());
        messages.chain(self.texts.iter().copied())
    }

    /// What was said, as one look tells: no system message, which a builder writes.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Look> {
        let is_said = |message: &&Message| message.role != Speaker::System;
        let said = self.messages.iter().map(is_said).chain(self.texts.iter().map(|_| true));
        self.found.iter().zip(said).filter(|(_, said)| *said).map(|(found, _)| &found.look)
    }
}
