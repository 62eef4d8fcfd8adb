//! Proof that a trainer learns what it should: rows are rendered through the chat
//! templates that models ship, and what a loss mask covers is looked at.
//!
//! How a template frames a dialogue follows from who speaks in which order and not from
//! what is said, so each *shape* (sides and train flags in order) is rendered once, with
//! a mark for every message: the part that a trained message adds to the text before it
//! must hold that message's mark and no other. What depends on the words themselves is
//! checked in every row: nothing empty, no control tokens in what people say, no turn of
//! the wrong side among those trained.

mod template;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rehearsal_model::{Body, Example, Finding, Message, Role, Speaker};
use serde::{Deserialize, Serialize};

use template::Templates;

/// Whose turns chat rows may train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learns {
    /// The prospect's: a roleplay partner.
    #[default]
    Prospect,
    /// The seller's.
    Seller,
    /// Whoever's.
    Any,
}

/// Who speaks in a row and what of it is trained, in order.
type Shape = Vec<(Speaker, bool)>;

/// Checks rows. Shared by all writers of a build, so that a shape is rendered once.
pub struct MaskProof {
    templates: Templates,
    known: Mutex<HashMap<Shape, Result<(), String>>>,
}

impl Default for MaskProof {
    fn default() -> Self {
        Self::new()
    }
}

impl MaskProof {
    /// With the templates of the common model families.
    #[must_use]
    pub fn new() -> Self {
        Self { templates: Templates::new(), known: Mutex::default() }
    }

    /// Checks a row; `sides` are the sides of its call's turns.
    ///
    /// # Errors
    /// Why it must not be trained on.
    pub fn check(&self, example: &Example, sides: &[Role], learns: Learns) -> Result<(), Finding> {
        match &example.body {
            Body::Chat { messages } => {
                words(messages)?;
                own_side(messages, sides, learns)?;
                self.shape(messages)
            }
            Body::Preference { prompt, chosen, rejected } => {
                words(prompt)?;
                words([chosen, rejected])?;
                if chosen.content.trim() == rejected.content.trim() {
                    return Err(finding("mask_pair", "chosen and rejected answer are the same"));
                }
                self.shape(&answered(prompt))
            }
            Body::Critique { prompt, completion } => {
                words(prompt)?;
                if completion.trim().is_empty() {
                    return Err(finding("mask_empty", "the completion is empty"));
                }
                self.shape(&answered(prompt))
            }
            Body::LabelledText { text, label, .. } => {
                if text.trim().is_empty() || label.trim().is_empty() {
                    return Err(finding("mask_empty", "text or class is empty"));
                }
                Ok(())
            }
        }
    }

    fn shape(&self, messages: &[Message]) -> Result<(), Finding> {
        let shape: Shape = messages.iter().map(|one| (one.role, one.train)).collect();
        if !shape.iter().any(|(_, train)| *train) {
            return Err(finding("mask_nothing_trained", "no message is trained"));
        }
        if let Some((role, _)) = shape.iter().find(|(role, t)| *t && *role != Speaker::Assistant) {
            return Err(finding("mask_wrong_side", &format!("a message of {role:?} is trained")));
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&shape).cloned();
        let proved = known.unwrap_or_else(|| {
            let proved = self.templates.prove(&shape);
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(shape, proved.clone());
            proved
        });
        proved.map_err(|why| finding("mask_template", &why))
    }
}

/// The prompt with a trained answer behind it.
fn answered(prompt: &[Message]) -> Vec<Message> {
    let answer = Message {
        role: Speaker::Assistant,
        content: String::new(),
        train: true,
        turns: Vec::new(),
    };
    let untrained = prompt.iter().map(|one| Message { train: false, ..one.clone() });
    untrained.chain([answer]).collect()
}

/// What frames messages in the templates; in a message it would move the mask.
const CONTROL: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "[INST]",
    "[/INST]",
    "</s>",
];

fn words<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Result<(), Finding> {
    for message in messages {
        if message.content.trim().is_empty() {
            return Err(finding("mask_empty", "a message is empty"));
        }
        if let Some(token) = control_token(&message.content) {
            return Err(finding("mask_control_token", &format!("a message holds `{token}`")));
        }
    }
    Ok(())
}

/// The first control token in a text. Each opens with a bracket, and few texts have many.
fn control_token(text: &str) -> Option<&'static str> {
    let text = text.as_bytes();
    let opens = text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'<' | b'['));
    let token = |at: usize| CONTROL.iter().find(|token| text[at..].starts_with(token.as_bytes()));
    opens.map(|(at, _)| at).find_map(token).copied()
}

fn own_side(messages: &[Message], sides: &[Role], learns: Learns) -> Result<(), Finding> {
    let wanted = match learns {
        Learns::Prospect => Role::Prospect,
        Learns::Seller => Role::Seller,
        Learns::Any => return Ok(()),
    };
    let trained = messages.iter().filter(|message| message.train);
    for turn in trained.flat_map(|message| &message.turns) {
        let side = sides.get(*turn as usize).copied().unwrap_or_default();
        if side != wanted {
            let why = format!(
                "turn {turn} is trained and the {}'s, not the {}'s",
                side.name(),
                wanted.name()
            );
            return Err(finding("mask_wrong_side", &why));
        }
    }
    Ok(())
}

fn finding(check: &str, reason: &str) -> Finding {
    Finding { check: check.to_owned(), reason: reason.to_owned() }
}
