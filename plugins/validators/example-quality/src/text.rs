//! An example as the checks read it: messages in order, words counted once.

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
        let count = |text: &str| text.split_whitespace().count();
        let of_texts: usize = texts.iter().map(|text| count(text)).sum();
        let of_messages: usize = messages.iter().map(|message| count(&message.content)).sum();
        let trained = messages.iter().filter(|message| message.train);
        let trained_words =
            of_texts + trained.map(|message| count(&message.content)).sum::<usize>();
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

/// Share of word triples that stood in the text before, 0 to 1; 0 under twelve words,
/// where a triple may well come twice.
pub(crate) fn repetition(text: &str) -> f64 {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .collect();
    if words.len() < 12 {
        return 0.0;
    }
    let mut triples: Vec<&[String]> = words.windows(3).collect();
    let all = triples.len();
    triples.sort_unstable();
    triples.dedup();
    (all - triples.len()) as f64 / all as f64
}

/// Share of letters and digits among the characters that are no white space, 0 to 1.
pub(crate) fn letters(text: &str) -> f64 {
    let (mut letters, mut visible) = (0_u32, 0_u32);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        visible += 1;
        letters += u32::from(c.is_alphanumeric());
    }
    if visible == 0 { 1.0 } else { f64::from(letters) / f64::from(visible) }
}

/// A place that a template left open: `{{name}}`, `${name}`, `<NAME>`, `[Your Name]`.
pub(crate) fn placeholder(text: &str) -> Option<&str> {
    let quoted = [("{{", "}}"), ("${", "}"), ("<%", "%>")];
    for (open, close) in quoted {
        if let Some(start) = text.find(open)
            && let Some(length) = text[start..].find(close)
        {
            return Some(&text[start..start + length + close.len()]);
        }
    }
    let starts = [
        "[your ",
        "[insert ",
        "[company",
        "[customer",
        "[prospect",
        "[product",
        "[name]",
        "<name>",
        "<company>",
        "<insert",
    ];
    bracketed(text).find(|part| {
        let part = part.to_lowercase();
        starts.iter().any(|start| part.starts_with(start))
    })
}

/// A mark that redaction leaves where it has no pseudonym: `[PERSON_1]`, `[REDACTED]`,
/// `<EMAIL>`, `████`.
pub(crate) fn redaction_mark(text: &str) -> Option<&str> {
    const KINDS: &[&str] = &[
        "redacted",
        "person",
        "name",
        "email",
        "e-mail",
        "phone",
        "card",
        "iban",
        "ssn",
        "address",
        "account",
        "order",
        "dob",
        "url",
        "ip",
        "pii",
        "anonymized",
        "anonymised",
        "inaudible",
        "bleep",
    ];
    let marked = bracketed(text).find(|part| {
        let inner = part[1..part.len() - 1]
            .trim_matches(|c: char| c.is_ascii_digit() || "_-# :*".contains(c));
        KINDS.iter().any(|kind| inner.eq_ignore_ascii_case(kind))
    });
    marked.or_else(|| {
        let start = text.find("██").or_else(|| text.find("****"))?;
        text.get(start..)?.split_whitespace().next()
    })
}

/// Short parts in `[…]` or `<…>`, brackets included.
fn bracketed(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().filter_map(|(start, c)| {
        let close = match c {
            '[' => ']',
            '<' => '>',
            _ => return None,
        };
        let length = text[start..].char_indices().take(40).find(|(_, c)| *c == close)?.0;
        Some(&text[start..=start + length])
    })
}
