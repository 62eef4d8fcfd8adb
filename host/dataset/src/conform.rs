//! The shape that trainers ask of a chat, whatever a path builder gave: sides
//! alternate, and the user opens.

use std::borrow::Cow;

use rehearsal_model::{Body, Example, Message, Speaker};

/// What is put before an assistant who speaks first.
pub const OPENER: &str = "(The call begins.)";

/// The example with consecutive messages of one side merged and a neutral user message
/// put in where the assistant opens. Borrowed where nothing had to be done.
///
/// Two messages of which only one is trained stay apart: merged, untrained words would
/// be learned. Such a row is refused later, for it does not alternate.
pub(crate) fn conform(example: &Example) -> Cow<'_, Example> {
    let messages = match &example.body {
        Body::Chat { messages } => messages,
        Body::Preference { prompt, .. } | Body::Critique { prompt, .. } => prompt,
        Body::LabelledText { .. } => return Cow::Borrowed(example),
    };
    if !needs_merging(messages) && !needs_opener(messages) {
        return Cow::Borrowed(example);
    }
    let mut changed = example.clone();
    match &mut changed.body {
        Body::Chat { messages } => reshape(messages),
        Body::Preference { prompt, .. } | Body::Critique { prompt, .. } => reshape(prompt),
        Body::LabelledText { .. } => {}
    }
    Cow::Owned(changed)
}

fn mergeable(a: &Message, b: &Message) -> bool {
    a.role == b.role && a.train == b.train
}

fn needs_merging(messages: &[Message]) -> bool {
    messages.windows(2).any(|pair| mergeable(&pair[0], &pair[1]))
}

fn needs_opener(messages: &[Message]) -> bool {
    messages
        .iter()
        .find(|message| message.role != Speaker::System)
        .is_some_and(|first| first.role == Speaker::Assistant)
}

fn reshape(messages: &mut Vec<Message>) {
    messages.dedup_by(|next, kept| {
        let merge = mergeable(kept, next);
        if merge {
            let between = if kept.role == Speaker::System { "\n\n" } else { " " };
            kept.content.push_str(between);
            kept.content.push_str(&next.content);
            kept.turns.append(&mut next.turns);
        }
        merge
    });
    if needs_opener(messages) {
        let at = messages.iter().take_while(|one| one.role == Speaker::System).count();
        let opener = Message {
            role: Speaker::User,
            content: OPENER.to_owned(),
            train: false,
            turns: Vec::new(),
        };
        messages.insert(at, opener);
    }
}
