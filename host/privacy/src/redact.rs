//! A conversation with its personal data replaced, every span and time moved along.

use std::collections::BTreeSet;

use rehearsal_model::{Conversation, Span, Turn, Word};
use serde::{Deserialize, Serialize};

use crate::entity::{Entity, Kind};
use crate::finder::Finder;
use crate::mention::{self, Mark};
use crate::pseudonym::{Draws, Key, Names, names_in};
use crate::shape::surrogate;

/// Replaces personal data by pseudonyms.
#[derive(Debug, Clone)]
pub struct Redactor {
    key: Key,
    release: String,
    finder: Finder<'static>,
}

/// A stretch of a call that held personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// What it was.
    pub kind: Kind,
    /// Its turn.
    pub turn: u32,
    /// Where it stands in the text: in the new text if it was replaced.
    pub span: Span,
    /// When it was said, in milliseconds, as closely as words or else turns have times.
    pub time: Option<(u32, u32)>,
}

/// What became of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Redacted {
    /// The conversation.
    pub conversation: Conversation,
    /// What was found in its text, in order.
    pub redactions: Vec<Redaction>,
    /// Keyed hashes of the names in it, sorted: [`Redactor::mark`] of a name is among them
    /// if it stood there.
    pub mentions: Vec<Mark>,
    /// Words of participants' names that can still be read in it.
    pub residual: u32,
}

/// Where a conversation says that it was redacted, and by which key.
const MARK: &str = "rehearsal.redaction";

impl Redactor {
    /// With a key. Another `release` gives every call other pseudonyms, so that two
    /// releases of a data set cannot be joined on them.
    #[must_use]
    pub fn new(key: Key, release: &str) -> Self {
        Self { key, release: release.to_owned(), finder: Finder::default() }
    }

    /// What is found, without any change.
    #[must_use]
    pub fn report(&self, call: &Conversation) -> Redacted {
        let redactions = listed(call, &self.found(call));
        let conversation = call.clone();
        Redacted { conversation, redactions, mentions: Vec::new(), residual: 0 }
    }

    /// What [`Redacted::mentions`] holds of calls that name this person.
    #[must_use]
    pub fn mark(&self, name: &str) -> Mark {
        mention::mark(&self.key, name)
    }

    /// A value by which calls belong together, such as a customer's name, in a form that
    /// only tells whether two are the same, in any call and release.
    #[must_use]
    pub fn veil(&self, value: &str) -> String {
        self.key.veil(value)
    }

    /// Whether this redactor's key was the one that redacted a call; none if no key did.
    #[must_use]
    pub fn knows(&self, call: &Conversation) -> Option<bool> {
        let (_, seal) = call.metadata.iter().find(|(key, _)| key == MARK)?;
        Some(seal.split(' ').next() == Some(self.key.id().as_str()))
    }

    /// Replaces what is found. Pseudonyms are the same throughout a `scope`: a call's id,
    /// or an account. What this redactor redacted before comes back as it is.
    #[must_use]
    pub fn redact(&self, call: &Conversation, scope: &str) -> Redacted {
        if call.metadata.iter().any(|(key, value)| key == MARK && *value == self.seal(call)) {
            let (conversation, redactions) = (call.clone(), Vec::new());
            return Redacted { conversation, redactions, mentions: Vec::new(), residual: 0 };
        }
        let found = self.found(call);
        let scope = format!("{}/{scope}", self.release);
        let texts = call.turns.iter().map(|turn| call.turn_text(turn));
        let known = call.participants.iter().filter_map(|who| who.name.as_deref());
        let names: Vec<&str> = texts
            .zip(&found)
            .flat_map(|(text, found)| names_in(text, found))
            .chain(known)
            .collect();
        let names = Names::new(&self.key, &scope, names.into_iter());
        let replace = |text: &str, entity: &Entity| {
            let old = &text[entity.span.clone()];
            let mut draws = Draws::new(&self.key, &scope, entity.kind.name(), old);
            surrogate(entity.kind, old, &mut draws, &names)
        };
        let (mut new, redactions) = rewritten(call, &found, &replace);
        for who in &mut new.participants {
            who.name = who.name.as_deref().map(|name| names.replace(name));
        }
        let mut mentions = BTreeSet::new();
        for (turn, found) in call.turns.iter().zip(&found) {
            mention::add_marks(&self.key, call.turn_text(turn), found, &mut mentions);
        }
        for name in known_names(call) {
            let whole = Entity { kind: Kind::Person, span: 0..name.len() };
            mention::add_marks(&self.key, name, &[whole], &mut mentions);
        }
        self.redact_notes(call, &mut new, &replace, &mut mentions);
        let residual = residual(call, &new);
        new.metadata.retain(|(key, _)| key != MARK);
        new.metadata.push((MARK.to_owned(), self.seal(&new)));
        new.metadata.sort();
        let mentions = mentions.into_iter().collect();
        Redacted { conversation: new, redactions, mentions, residual }
    }

    fn found(&self, call: &Conversation) -> Vec<Vec<Entity>> {
        let texts: Vec<&str> = call.turns.iter().map(|turn| call.turn_text(turn)).collect();
        self.finder.find(&texts, &known_names(call))
    }

    /// Title, consent and further data may name people, too.
    fn redact_notes(
        &self,
        old: &Conversation,
        new: &mut Conversation,
        replace: &dyn Fn(&str, &Entity) -> String,
        mentions: &mut BTreeSet<Mark>,
    ) {
        let known = known_names(old);
        let mut clean = |text: &str| {
            let found = self.finder.find(&[text], &known);
            mention::add_marks(&self.key, text, &found[0], mentions);
            let mut out = String::with_capacity(text.len());
            let mut end = 0;
            for entity in &found[0] {
                out.push_str(&text[end..entity.span.start]);
                out.push_str(&replace(text, entity));
                end = entity.span.end;
            }
            out.push_str(&text[end..]);
            out
        };
        for text in [&mut new.title, &mut new.consent].into_iter().flatten() {
            *text = clean(text);
        }
        for who in &mut new.participants {
            who.role_evidence = clean(&who.role_evidence);
        }
        for (_, value) in &mut new.metadata {
            *value = clean(value);
        }
    }

    /// Proof that this key redacted this text: nobody else can write it.
    fn seal(&self, call: &Conversation) -> String {
        let mut draws = Draws::new(&self.key, &self.release, "seal", &call.text);
        format!("{} {:015x}", self.key.id(), draws.below(1 << 60))
    }
}

fn known_names(call: &Conversation) -> Vec<&str> {
    call.participants.iter().filter_map(|who| who.name.as_deref()).collect()
}

/// A place in a turn's old text and where it went.
struct Moved {
    old: (usize, usize),
    new: (usize, usize),
}

fn rewritten(
    call: &Conversation,
    found: &[Vec<Entity>],
    replace: &dyn Fn(&str, &Entity) -> String,
) -> (Conversation, Vec<Redaction>) {
    let mut new = Conversation {
        text: String::with_capacity(call.text.len()),
        turns: Vec::with_capacity(call.turns.len()),
        words: Vec::with_capacity(call.words.len()),
        ..call.clone()
    };
    let mut redactions = Vec::new();
    let mut words = call.words.iter().peekable();
    let times = listed(call, found);
    let mut times = times.iter().map(|redaction| redaction.time);
    for (index, (turn, entities)) in call.turns.iter().zip(found).enumerate() {
        let text = call.turn_text(turn);
        if !new.turns.is_empty() {
            new.text.push('\n');
        }
        let start = new.text.len();
        let mut moved = Vec::with_capacity(entities.len());
        let mut end = 0;
        for entity in entities {
            new.text.push_str(&text[end..entity.span.start]);
            let at = new.text.len() - start;
            new.text.push_str(&replace(text, entity));
            end = entity.span.end;
            let to = (at, new.text.len() - start);
            moved.push(Moved { old: (entity.span.start, entity.span.end), new: to });
            let span = Span { start: (start + to.0) as u32, end: (start + to.1) as u32 };
            let time = times.next().flatten();
            redactions.push(Redaction { kind: entity.kind, turn: index as u32, span, time });
        }
        new.text.push_str(&text[end..]);
        let span = Span { start: start as u32, end: new.text.len() as u32 };
        new.turns.push(Turn { text: span, ..*turn });
        let base = turn.text.start as usize;
        let of_turn: Vec<&Word> =
            std::iter::from_fn(|| words.next_if(|word| word.text.end <= turn.text.end)).collect();
        push_words(&mut new.words, &of_turn, &moved, base, start);
    }
    (new, redactions)
}

/// Words outside of what was replaced move along. Words that would lie on each other become
/// one, from the first's start to the last's end: those inside of what was replaced, since
/// the surrogate may have more words or fewer, and those that share a part of it.
fn push_words(out: &mut Vec<Word>, words: &[&Word], moved: &[Moved], base: usize, start: usize) {
    for word in words {
        let old = (word.text.start as usize - base, word.text.end as usize - base);
        let from = (start + shifted(old.0, moved, false)) as u32;
        let to = (start + shifted(old.1, moved, true)) as u32;
        match out.last_mut().filter(|last| from < last.text.end) {
            Some(last) => {
                last.text.end = last.text.end.max(to);
                last.end_ms = last.end_ms.max(word.end_ms);
                last.confidence = last.confidence.min(word.confidence);
            }
            None => out.push(Word { text: Span { start: from, end: to }, ..**word }),
        }
    }
}

/// Where a place of the old text is in the new one; inside of what was replaced, its
/// start or its end.
fn shifted(at: usize, moved: &[Moved], end: bool) -> usize {
    let mut shift = 0_isize;
    for m in moved {
        if at <= m.old.0 && !(end && at == m.old.0 && m.old.0 == m.old.1) {
            break;
        }
        if at < m.old.1 {
            return if end { m.new.1 } else { m.new.0 };
        }
        shift = m.new.1 as isize - m.old.1 as isize;
    }
    at.saturating_add_signed(shift)
}

/// What was found, with times, spans as they are in the text before any change.
fn listed(call: &Conversation, found: &[Vec<Entity>]) -> Vec<Redaction> {
    let mut listed = Vec::new();
    for (index, (turn, entities)) in call.turns.iter().zip(found).enumerate() {
        for entity in entities {
            let base = turn.text.start;
            let span =
                Span { start: base + entity.span.start as u32, end: base + entity.span.end as u32 };
            let said: Vec<&Word> = call
                .words
                .iter()
                .filter(|word| word.text.start < span.end && span.start < word.text.end)
                .collect();
            let time = match (said.first(), said.last()) {
                (Some(first), Some(last)) => Some((first.start_ms, last.end_ms)),
                _ => turn.start_ms.zip(turn.end_ms),
            };
            listed.push(Redaction { kind: entity.kind, turn: index as u32, span, time });
        }
    }
    listed
}

/// Planted entities that the host knows: words of the participants' names that stand
/// in the new text with a capital.
fn residual(old: &Conversation, new: &Conversation) -> u32 {
    let names = known_names(old);
    let parts = names.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
    let mut parts: Vec<&str> = parts.filter(|part| part.chars().count() > 2).collect();
    if parts.is_empty() {
        return 0;
    }
    parts.sort_unstable();
    let words = new.text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| parts.binary_search(word).is_ok()).count() as u32
}
