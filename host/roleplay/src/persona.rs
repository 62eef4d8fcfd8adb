//! Who is played, and where the player says something else.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Chat, phrase, words};

/// What a contradiction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another name.
    Name,
    /// Another company.
    Company,
    /// Another number of the same thing.
    Number,
    /// A reservation of the persona is denied.
    Reservation,
    /// The player stops playing: a model speaks, or the seller's side.
    Role,
}

/// A message that says something else than the persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// The chat's line in its log.
    pub line: usize,
    /// The message's place in the chat, from 0.
    pub message: usize,
    /// What it is about.
    pub kind: Kind,
    /// What was said: `20 people`.
    pub said: String,
    /// What the persona says: `60 people`; empty where it just plays the persona.
    pub persona: String,
}

/// What a scene says of who is played.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Persona {
    name: Option<String>,
    company: Option<String>,
    reservations: Vec<String>,
    numbers: BTreeMap<String, String>,
}

/// Said by nobody who plays a prospect.
const OUT_OF_ROLE: &[&str] = &[
    "as an ai",
    "i'm an ai",
    "i am an ai",
    "language model",
    "as an assistant",
    "i'm playing the role",
    "in this roleplay",
    "in this scenario",
    "how can i help you today",
    "how can i assist you",
    "our solution",
    "our platform can",
    "we can offer you",
    "i can offer you",
    "let me show you how our",
];

/// Words after which somebody says who they are.
const I_AM: &[&str] = &["my name is", "my name's", "this is", "i'm", "i am", "call me"];
const WE_ARE: &[&str] =
    &["here at", "i'm with", "i work at", "i work for", "i'm from", "i'm calling from", "we at"];

/// What a reservation is called, and words of the same matter.
const MATTERS: &[(&str, &[&str])] = &[
    ("price", &["price", "cost", "budget", "money", "expensive"]),
    ("budget", &["price", "cost", "budget", "money"]),
    ("timing", &["timing", "time", "timeline"]),
    ("time", &["timing", "time"]),
    ("authority", &["authority", "approval", "boss", "partner"]),
    ("trust", &["trust", "risk"]),
    ("risk", &["risk", "trust"]),
    ("competitor", &["vendor", "provider", "supplier"]),
    ("status quo", &["change", "switching"]),
];
const NO_MATTER: &[&str] = &[
    "isn't a problem",
    "is no problem",
    "isn't an issue",
    "is not an issue",
    "is not a problem",
    "doesn't matter",
    "does not matter",
    "is no object",
    "isn't a concern",
    "is no concern",
];

impl Persona {
    /// Of a chat's scene; none where it says nothing that could be contradicted.
    pub(crate) fn of(chat: &Chat) -> Option<Self> {
        let scene = chat.scene();
        let mut persona = Self::default();
        // As the data sets of this program write it.
        if let Some(rest) = scene.split("You are ").nth(1) {
            let who = rest.split([',', '.', ';']).next().unwrap_or_default();
            let (name, company) = match who.split_once(" of ") {
                Some((name, company)) => (name, Some(company)),
                None => (who, None),
            };
            // "You are the customer": a role, not a name.
            let named = name.chars().next().is_some_and(char::is_uppercase);
            persona.name = named.then(|| name.trim().to_owned());
            persona.company = company.map(|company| company.trim().to_owned());
        }
        if let Some(rest) = scene.split("You speak for ").nth(1) {
            persona.company = rest.split(" on a call").next().map(ToOwned::to_owned);
        }
        if let Some(rest) = scene.split("You have reservations about: ").nth(1) {
            let list = rest.split('.').next().unwrap_or_default();
            persona.reservations = list.split(", ").map(str::to_lowercase).collect();
        }
        if let Some(told) = &chat.persona {
            let text = |key: &str| told[key].as_str().map(ToOwned::to_owned);
            persona.name = text("name").or(persona.name);
            persona.company = text("company").or(persona.company);
            let list = told["objections"].as_array().into_iter().flatten();
            let kind = |one: &serde_json::Value| {
                one.as_str().or_else(|| one["kind"].as_str()).map(str::to_lowercase)
            };
            persona.reservations.extend(list.filter_map(kind));
        }
        persona.numbers = numbers(&words(&scene));
        let says = persona.name.is_some()
            || persona.company.is_some()
            || !persona.reservations.is_empty()
            || !persona.numbers.is_empty();
        says.then_some(persona)
    }

    /// Whether it has anything to be won over on.
    pub(crate) fn has_reservations(&self) -> bool {
        !self.reservations.is_empty()
    }

    pub(crate) fn contradictions(&self, chat: &Chat) -> Vec<Contradiction> {
        let mut found = Vec::new();
        for (message, text) in chat.answers() {
            let said = words(text);
            let mut add = |kind: Kind, said: String, persona: &str| {
                let persona = persona.to_owned();
                found.push(Contradiction { line: chat.line, message, kind, said, persona });
            };
            if let Some(cue) = phrase(&said, OUT_OF_ROLE) {
                add(Kind::Role, cue.to_owned(), "");
            }
            if let Some(name) = &self.name
                && let Some(other) = other_name(text, name)
            {
                add(Kind::Name, other, name);
            }
            if let Some(company) = &self.company
                && let Some(other) = other_company(text, company)
            {
                add(Kind::Company, other, company);
            }
            for (thing, number) in numbers(&said) {
                if let Some(own) = self.numbers.get(&thing).filter(|own| **own != number) {
                    add(Kind::Number, format!("{number} {thing}"), &format!("{own} {thing}"));
                }
            }
            if let Some(reservation) = self.denied(&said) {
                add(Kind::Reservation, text.trim().to_owned(), reservation);
            }
        }
        found
    }

    /// A reservation that a message denies: `budget isn't an issue`.
    fn denied(&self, said: &[String]) -> Option<&str> {
        self.reservations.iter().map(String::as_str).find(|reservation| {
            let known = MATTERS.iter().filter(|(name, _)| reservation.contains(name));
            let mut matters: Vec<&str> = known.flat_map(|(_, words)| *words).copied().collect();
            matters.push(reservation);
            matters.iter().any(|matter| {
                NO_MATTER.iter().any(|no| phrase(said, &[&format!("{matter} {no}")]).is_some())
            })
        })
    }
}

/// Capitalised words that follow a phrase: `I'm Dana Reyes` gives `Dana Reyes`.
fn named_after(text: &str, phrases: &[&str]) -> Vec<String> {
    let text = text.replace('\u{2019}', "'");
    // Of ASCII only, so that places carry over.
    let lower = text.to_ascii_lowercase();
    let mut names = Vec::new();
    for phrase in phrases {
        for (at, _) in lower.match_indices(phrase) {
            let Some(rest) = text[at + phrase.len()..].strip_prefix(' ') else { continue };
            let name = leading_name(rest);
            if !lower[..at].ends_with(char::is_alphanumeric) && !name.is_empty() {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn leading_name(text: &str) -> &str {
    let (mut at, mut end) = (0, 0);
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches([' ', ',', '.', '!', '?', ';']);
        let is_name =
            bare.starts_with(char::is_uppercase) && bare.chars().skip(1).any(char::is_lowercase);
        if !is_name {
            break;
        }
        end = at + bare.len();
        at += word.len();
        // A comma or a full stop ends a name.
        if bare.len() < word.trim_end().len() {
            break;
        }
    }
    &text[..end]
}

/// Languages and days are capitalised and nobody's name.
const NO_NAMES: &[&str] = &[
    "english",
    "american",
    "british",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn other_name(text: &str, own: &str) -> Option<String> {
    let own: Vec<String> = words(own);
    named_after(text, I_AM).into_iter().find_map(|name| {
        let said = words(&name);
        let nobody = said.iter().all(|word| NO_NAMES.contains(&word.as_str()));
        (!nobody && !said.iter().any(|word| own.contains(word))).then_some(name)
    })
}

fn other_company(text: &str, own: &str) -> Option<String> {
    let own = words(own);
    named_after(text, WE_ARE).into_iter().find_map(|name| {
        let said = words(&name);
        (!said.iter().any(|word| own.contains(word))).then_some(name)
    })
}

/// Things that a company has one number of.
const THINGS: &[&str] = &[
    "people",
    "employees",
    "person",
    "staff",
    "reps",
    "locations",
    "offices",
    "branches",
    "trucks",
    "vans",
    "beds",
    "rooms",
    "clinics",
    "stores",
    "seats",
    "users",
    "years",
];

/// Numbers of things: `60 people`, `a 60-person clinic` (read as `60 people`).
fn numbers(words: &[String]) -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    for pair in words.windows(2) {
        let is_number = !pair[0].is_empty() && pair[0].chars().all(|c| c.is_ascii_digit());
        if is_number && THINGS.contains(&pair[1].as_str()) {
            let thing = match pair[1].as_str() {
                "person" | "employees" | "staff" => "people",
                other => other,
            };
            // "years" of what? Only the first is taken for the persona's own.
            numbers.entry(thing.to_owned()).or_insert_with(|| pair[0].clone());
        }
    }
    numbers
}
