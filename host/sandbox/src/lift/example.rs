//! Training examples, checked against the conversation that they were made of.

use std::collections::HashSet;

use rehearsal_model as model;

use super::{Bounded, Lift};
use crate::bindings::rehearsal::plugin::examples as rows;
use crate::{ItemError, LimitExceeded};

/// The longest name of a family in bytes.
const FAMILY: usize = 64;

impl Lift<'_> {
    /// Examples that fit their conversation and that can be told apart.
    pub(crate) fn examples(
        self,
        examples: Vec<rows::ExampleResult>,
        call: &model::Conversation,
    ) -> Result<Vec<model::Example>, ItemError> {
        LimitExceeded::check("examples of a conversation", self.0.examples, 0, examples.len())?;
        let examples =
            examples.into_iter().map(|row| self.example(row)).collect::<Bounded<Vec<_>>>()?;
        let mut keys = HashSet::new();
        for example in &examples {
            check(example, call).map_err(ItemError::Contract)?;
            if !keys.insert(&example.key) {
                let message = format!("two examples have the key `{}`", example.key);
                return Err(ItemError::Contract(message));
            }
        }
        Ok(examples)
    }

    fn example(self, example: rows::ExampleResult) -> Bounded<model::Example> {
        Ok(model::Example {
            key: self.string(example.key)?,
            family: self.string(example.family)?,
            body: self.body(example.body)?,
            turns: self.list(example.turns)?,
            because: self.strings(example.because)?,
            tags: self.pairs(example.tags)?,
        })
    }

    fn body(self, body: rows::BodyResult) -> Bounded<model::Body> {
        Ok(match body {
            rows::BodyResult::Chat(chat) => {
                model::Body::Chat { messages: self.messages(chat.messages)? }
            }
            rows::BodyResult::Preference(pair) => model::Body::Preference {
                prompt: self.messages(pair.prompt)?,
                chosen: self.message(pair.chosen)?,
                rejected: self.message(pair.rejected)?,
            },
            rows::BodyResult::LabelledText(row) => model::Body::LabelledText {
                text: self.string(row.text)?,
                label: self.string(row.label)?,
                task: self.string(row.task)?,
            },
            rows::BodyResult::Critique(critique) => model::Body::Critique {
                prompt: self.messages(critique.prompt)?,
                completion: self.string(critique.completion)?,
            },
        })
    }

    fn messages(self, messages: Vec<rows::MessageResult>) -> Bounded<Vec<model::Message>> {
        self.list(messages)?.into_iter().map(|message| self.message(message)).collect()
    }

    fn message(self, message: rows::MessageResult) -> Bounded<model::Message> {
        Ok(model::Message {
            role: match message.role {
                rows::Speaker::System => model::Speaker::System,
                rows::Speaker::User => model::Speaker::User,
                rows::Speaker::Assistant => model::Speaker::Assistant,
            },
            content: self.string(message.content)?,
            train: message.train,
            turns: self.list(message.turns)?,
        })
    }
}

fn check(example: &model::Example, call: &model::Conversation) -> Result<(), String> {
    let key = &example.key;
    if key.is_empty() {
        return Err("an example has no key".to_owned());
    }
    if !is_family(&example.family) {
        // Families are folders on disk.
        return Err(format!(
            "example `{key}` is of the family `{}`: a family is up to {FAMILY} of a-z, 0-9, _ and -",
            example.family
        ));
    }
    if !example.turns.is_sorted_by(|a, b| a < b) {
        return Err(format!("example `{key}` names turns that do not ascend"));
    }
    let named = example.body.messages().flat_map(|message| &message.turns).chain(&example.turns);
    match named.copied().find(|&turn| turn as usize >= call.turns.len()) {
        Some(turn) => Err(format!("example `{key}` names turn {turn} of {}", call.turns.len())),
        None => Ok(()),
    }
}

fn is_family(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    (1..=FAMILY).contains(&name.len()) && name.chars().all(fits)
}
