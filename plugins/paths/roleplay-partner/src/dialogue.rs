//! Turns as the two sides of a chat.

use rehearsal_sdk::prelude::*;

/// What one side says until the other speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// The prospect is the assistant, the seller the user.
    pub(crate) speaker: Speaker,
    pub(crate) text: String,
    /// Turns that it was made of, ascending.
    pub(crate) turns: Vec<u32>,
}

impl Exchange {
    pub(crate) fn words(&self) -> usize {
        self.text.split_whitespace().count()
    }

    pub(crate) fn is_prospect(&self) -> bool {
        self.speaker == Speaker::Assistant
    }
}

/// The call as an alternating dialogue. Turns of neither side (an interpreter, a notice,
/// somebody unknown) are left out: the model would learn words that are not the
/// prospect's.
pub(crate) fn exchanges(call: &Call<'_>) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = Vec::new();
    for turn in call.turns() {
        let speaker = match turn.role() {
            Role::Seller => Speaker::User,
            Role::Prospect => Speaker::Assistant,
            Role::Other | Role::Unknown => continue,
        };
        let text = turn.text().trim();
        if text.is_empty() {
            continue;
        }
        match all.last_mut() {
            Some(last) if last.speaker == speaker => {
                last.text.push(' ');
                last.text.push_str(text);
                last.turns.push(turn.index());
            }
            _ => all.push(Exchange { speaker, text: text.to_owned(), turns: vec![turn.index()] }),
        }
    }
    all
}
