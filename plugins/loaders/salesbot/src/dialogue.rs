//! One dialogue, of either form.

use rehearsal_dialogue::{Parsed, Utterance};
use rehearsal_sdk::prelude::*;

const USER: &str = "User";
const AGENT: &str = "Agent";

/// A dialogue as the file has it.
#[derive(Deserialize)]
pub(crate) struct Dialogue {
    pub(crate) id: String,
    dialog: Vec<String>,
    intent: Option<Intent>,
    transition_sentence: Option<Transition>,
}

/// SalesBot 2 has one type and a description, SalesBot 1 types and a position.
#[derive(Deserialize)]
struct Intent {
    #[serde(rename = "type", default)]
    kind: Kinds,
    description: Option<String>,
    position: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kinds {
    One(String),
    Several(Vec<String>),
}

impl Default for Kinds {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

/// The turn at which the user's intent shows.
#[derive(Deserialize)]
struct Transition {
    position: Option<u32>,
}

impl Dialogue {
    /// Its turns; `line` is where it stands in the file.
    pub(crate) fn read(self, line: u32) -> Parsed {
        let said: Vec<_> = self.dialog.iter().map(|turn| speaker_and_text(turn)).collect();
        let labelled = said.iter().any(|(speaker, _)| speaker.is_some());
        let utterances = said.into_iter().enumerate().map(|(index, (speaker, text))| Utterance {
            line,
            // Where some turns are labelled, one that is not is left open.
            speaker: match speaker {
                None if !labelled => Some(if index % 2 == 0 { USER } else { AGENT }),
                speaker => speaker,
            }
            .map(ToOwned::to_owned),
            text: text.to_owned(),
            ..Utterance::default()
        });
        let utterances = utterances.collect();
        let evidence = if labelled { "prefix" } else { "alternation" };
        let person = |name: &str, role| Participant {
            name: Some(name.to_owned()),
            role,
            role_confidence: 1.0,
            role_evidence: evidence.to_owned(),
            organisation: None,
        };
        let about = Conversation {
            participants: vec![person(USER, Role::Prospect), person(AGENT, Role::Seller)],
            title: Some(self.id.clone()),
            metadata: self.facts(),
            ..Conversation::default()
        };
        Parsed { utterances, about, ..Parsed::default() }
    }

    fn facts(self) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        let mut add = |name: &str, value: String| {
            if !value.is_empty() {
                facts.push((name.to_owned(), value));
            }
        };
        let transition = self.transition_sentence.and_then(|transition| transition.position);
        let mut position = transition;
        if let Some(intent) = self.intent {
            add(
                "intent",
                match intent.kind {
                    Kinds::One(kind) => kind,
                    Kinds::Several(kinds) => kinds.join(", "),
                },
            );
            add("intent_description", intent.description.unwrap_or_default());
            position = position.or(intent.position);
        }
        add("intent_position", position.map_or(String::new(), |position| position.to_string()));
        facts.sort();
        facts
    }
}

/// `User: Hi`, `"User: Hi"`, `'"Agent: \'Hi\'"'`: the quotes around a turn are no part of
/// what is said, those inside it are.
fn speaker_and_text(turn: &str) -> (Option<&'static str>, &str) {
    let bare = unquoted(turn);
    for speaker in [USER, AGENT] {
        let rest = bare.get(..speaker.len()).filter(|head| head.eq_ignore_ascii_case(speaker));
        if let Some(said) = rest.and_then(|_| bare[speaker.len()..].trim_start().strip_prefix(':'))
        {
            return (Some(speaker), unquoted(said));
        }
    }
    (None, bare)
}

/// Takes away pairs of quotes around the whole, and one that was left alone at the
/// start. The number of passes is the number of pairs.
fn unquoted(text: &str) -> &str {
    const QUOTES: [(char, char); 4] =
        [('"', '"'), ('\'', '\''), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')];
    let mut text = text.trim();
    loop {
        let inner = QUOTES.iter().find_map(|(open, close)| {
            let inner = text.strip_prefix(*open)?.strip_suffix(*close)?;
            // `"Hi" and "bye"` is not quoted as a whole.
            (!inner.contains(*open) || inner.starts_with(['"', '\'', 'U', 'A'])).then_some(inner)
        });
        match inner {
            Some(inner) => text = inner.trim(),
            None => return text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::speaker_and_text;

    #[test]
    fn quotes_around_a_turn_go_and_those_inside_stay() {
        let cases = [
            ("User: Hi there", Some("User"), "Hi there"),
            ("\"Agent: Hello.\"", Some("Agent"), "Hello."),
            ("'\"Agent: Hello.\"'", Some("Agent"), "Hello."),
            ("\"User: \"I said 'yes'.\"\"", Some("User"), "I said 'yes'."),
            ("agent : ok", Some("Agent"), "ok"),
            ("\"Hi\" and \"bye\"", None, "\"Hi\" and \"bye\""),
            ("Userland: no", None, "Userland: no"),
            ("I play guitar.", None, "I play guitar."),
            ("\"", None, "\""),
        ];
        for (turn, speaker, text) in cases {
            assert_eq!(speaker_and_text(turn), (speaker, text), "{turn}");
        }
    }
}
