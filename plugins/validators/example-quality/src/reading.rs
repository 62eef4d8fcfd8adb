//! An example as the checks read it: messages in order, words counted once.

use rehearsal_quality::text::words;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types;

/// Messages of an example and their words.
pub(crate) struct Reading<'a> {
    /// In order; for a preference the prompt and both answers.
    pub(crate) messages: Vec<&'a Message>,
    /// Texts that are no messages: a labelled text, a critique.
    pub(crate) texts: Vec<&'a str>,
    /// All of them.
    pub(crate) words: usize,
    /// Of messages that are trained, and of completions.
    pub(crate) trained_words: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(example: &'a Example) -> Self {
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
        let of_texts: usize = texts.iter().map(|text| words(text)).sum();
        let (mut of_messages, mut trained) = (0, 0);
        for message in &messages {
            let count = words(&message.content);
            of_messages += count;
            trained += if message.train { count } else { 0 };
        }
        let trained_words = of_texts + trained;
        Self { messages, texts, words: of_messages + of_texts, trained_words }
    }

    /// Everything that stands in it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a str> {
        let messages = self.messages.iter().map(|message| message.content.as_str());
        messages.chain(self.texts.iter().copied())
    }

    /// What was said: no system message, which a builder writes.
    pub(crate) fn said(&self) -> impl Iterator<Item = &'a str> {
        let messages = self.messages.iter().filter(|message| message.role != Speaker::System);
        messages.map(|message| message.content.as_str()).chain(self.texts.iter().copied())
    }
}
