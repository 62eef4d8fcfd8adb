//! An example as the checks read it: messages in order, words counted once.

use rehearsal_quality::text::{Look, Looks};
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types;

/// Messages of an example and their words.
pub(crate) struct Reading<'a> {
    /// In order; for a preference the prompt and both answers.
    pub(crate) messages: Vec<&'a Message>,
    /// Texts that are no messages: a labelled text, a critique.
    pub(crate) texts: Vec<&'a str>,
    /// What one look told of the messages, then of the other texts.
    looks: Vec<Look>,
    /// Of all of them.
    pub(crate) words: usize,
    /// Of messages that are trained, and of completions.
    pub(crate) trained_words: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(example: &'a Example, looks: &mut Looks) -> Self {
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
        let looks: Vec<Look> =
            said.chain(texts.iter().copied()).map(|text| looks.at(text)).collect();
        let trains = messages.iter().map(|message| message.train).chain(texts.iter().map(|_| true));
        let trained = looks.iter().zip(trains).filter(|(_, train)| *train);
        let trained_words = trained.map(|(look, _)| look.words).sum();
        let words = looks.iter().map(|look| look.words).sum();
        Self { messages, texts, looks, words, trained_words }
    }

    /// Everything that stands in it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a str> {
        let messages = self.messages.iter().map(|message| message.content.as_str());
        messages.chain(self.texts.iter().copied())
    }

    /// What may have a mark of a template or of redaction in it: of most rows nothing.
    pub(crate) fn marked(&self) -> impl Iterator<Item = &'a str> {
        self.all().zip(&self.looks).filter(|(_, look)| look.marked).map(|(text, _)| text)
    }

    /// What was said, as one look tells: no system message, which a builder writes.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Look> {
        let is_said = |message: &&Message| message.role != Speaker::System;
        let said = self.messages.iter().map(is_said).chain(self.texts.iter().map(|_| true));
        self.looks.iter().zip(said).filter(|(_, said)| *said).map(|(look, _)| look)
    }
}
