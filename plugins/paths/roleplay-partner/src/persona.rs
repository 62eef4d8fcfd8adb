//! Who the model plays: only what the call itself supports, and what each part rests on.

use rehearsal_sdk::prelude::*;

use crate::cues::{MOODS, NEEDS, OF_MOODS, YIELDS, lower};

/// The system message, and the evidence of every part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Persona {
    pub(crate) prompt: String,
    /// `persona.name: participant 1 (sidecar)`
    pub(crate) because: Vec<String>,
    /// The same, part by part.
    pub(crate) facts: Facts,
}

/// What the call says of who is played; each with the turn that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Facts {
    pub(crate) name: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) seller_company: Option<String>,
    pub(crate) mood: Option<(String, u32)>,
    pub(crate) manner: Option<String>,
    /// In the prospect's own words.
    pub(crate) needs: Vec<(String, u32)>,
    pub(crate) objections: Vec<(String, u32)>,
    /// What the seller said before the prospect gave way, and the turns of both.
    pub(crate) yields_to: Option<(String, u32, u32)>,
}

/// Longest quotation of the prospect's own words.
const QUOTE_WORDS: usize = 30;
/// Most objections and needs that are told.
const MOST: usize = 4;

impl Persona {
    pub(crate) fn of(call: &Call<'_>, annotations: &[Annotation]) -> Self {
        let mut persona =
            Self { prompt: String::new(), because: Vec::new(), facts: Facts::default() };
        persona.who(call);
        persona.seller(call);
        persona.needs(call);
        persona.objections(call, annotations);
        persona.manner(call);
        persona.yielding(call);
        persona.say("Answer as they would, in their own words and at their length. Never step out of the role.");
        persona
    }

    fn say(&mut self, sentence: &str) {
        if !self.prompt.is_empty() {
            self.prompt.push(' ');
        }
        self.prompt.push_str(sentence);
    }

    fn rests_on(&mut self, part: &str, evidence: &str) {
        self.because.push(format!("persona.{part}: {evidence}"));
    }

    fn who(&mut self, call: &Call<'_>) {
        let found =
            call.participants().iter().enumerate().find(|(_, one)| one.role == Role::Prospect);
        let Some((index, person)) = found else { return };
        let company = person.organisation.as_deref().or(call.conversation().account.as_deref());
        let sentence = match (person.name.as_deref(), company) {
            (Some(name), Some(company)) => {
                format!("You are {name} of {company}, on a call with a seller.")
            }
            (Some(name), None) => format!("You are {name}, on a call with a seller."),
            (None, Some(company)) => format!("You speak for {company} on a call with a seller."),
            (None, None) => "You are the customer on a call with a seller.".to_owned(),
        };
        self.say(&sentence);
        self.facts.name.clone_from(&person.name);
        self.facts.company = company.map(ToOwned::to_owned);
        if person.name.is_some() {
            self.rests_on("name", &format!("participant {index} ({})", person.role_evidence));
        }
        match (&person.organisation, company) {
            (Some(_), _) => self.rests_on("organisation", &format!("participant {index}")),
            (None, Some(_)) => self.rests_on("organisation", "account of the call"),
            (None, None) => {}
        }
    }

    fn seller(&mut self, call: &Call<'_>) {
        let found =
            call.participants().iter().enumerate().find(|(_, one)| one.role == Role::Seller);
        if let Some((index, seller)) = found
            && let Some(company) = &seller.organisation
        {
            self.say(&format!("The seller is from {company}."));
            self.facts.seller_company = Some(company.clone());
            self.rests_on("seller", &format!("participant {index}"));
        }
    }

    /// What the prospect says they want or lack, in their own words.
    fn needs(&mut self, call: &Call<'_>) {
        let mut quotes = Vec::new();
        for turn in call.turns().filter(|turn| turn.role() == Role::Prospect) {
            for sentence in sentences(turn.text()) {
                if quotes.len() < MOST
                    && (4..=QUOTE_WORDS).contains(&sentence.split_whitespace().count())
                    && let Some(cue) = NEEDS.of(&lower(sentence)).first()
                {
                    self.rests_on("need", &format!("turn {} (`{cue}`)", turn.index()));
                    self.facts.needs.push((sentence.to_owned(), turn.index()));
                    quotes.push(format!("\"{sentence}\""));
                }
            }
        }
        if !quotes.is_empty() {
            self.say(&format!("What is on your mind: {}", quotes.join(" ")));
        }
    }

    fn objections(&mut self, call: &Call<'_>, annotations: &[Annotation]) {
        let mut kinds: Vec<String> = Vec::new();
        for annotation in annotations.iter().filter(|annotation| annotation.name == "objection") {
            let Value::Label(label) = &annotation.value else { continue };
            let (Scope::Turn(turn) | Scope::Span((turn, _))) = annotation.scope else { continue };
            let said_by_prospect =
                call.turn(turn as usize).is_some_and(|turn| turn.role() == Role::Prospect);
            let kind = label.name.replace('_', " ");
            if said_by_prospect && !kinds.contains(&kind) && kinds.len() < MOST {
                self.rests_on("objection", &format!("turn {turn} ({})", annotation.rule));
                self.facts.objections.push((kind.clone(), turn));
                kinds.push(kind);
            }
        }
        if !kinds.is_empty() {
            self.say(&format!("You have reservations about: {}.", kinds.join(", ")));
        }
    }

    /// How the prospect speaks: the length of their turns, and words that show a mood.
    fn manner(&mut self, call: &Call<'_>) {
        let turns: Vec<Turn<'_>> =
            call.turns().filter(|turn| turn.role() == Role::Prospect).collect();
        let mut lengths: Vec<usize> =
            turns.iter().map(|turn| turn.text().split_whitespace().count()).collect();
        lengths.sort_unstable();
        // Under four turns a median says nothing of a manner.
        if lengths.len() >= 4 {
            let median = lengths[lengths.len() / 2];
            let manner = match median {
                0..=8 => "You answer briefly.",
                9..=30 => "You answer in a sentence or two.",
                _ => "You like to explain at length.",
            };
            self.say(manner);
            self.facts.manner = Some(manner.to_owned());
            self.rests_on(
                "manner",
                &format!("median of {median} words in {} turns", lengths.len()),
            );
        }
        let said: Vec<(u32, Vec<&str>)> =
            turns.iter().map(|turn| (turn.index(), OF_MOODS.of(&lower(turn.text())))).collect();
        for (mood, cues) in MOODS {
            let first =
                |found: &[&'static str]| found.iter().copied().find(|cue| cues.contains(cue));
            let shown: Vec<(u32, &str)> =
                said.iter().filter_map(|(turn, found)| Some((*turn, first(found)?))).collect();
            // One word may be chance; twice is a mood.
            if shown.len() >= 2 {
                self.say(&format!("Mood: {mood}."));
                self.facts.mood = Some(((*mood).to_owned(), shown[0].0));
                let turns: Vec<String> =
                    shown.iter().map(|(turn, cue)| format!("turn {turn} (`{cue}`)")).collect();
                self.rests_on("mood", &turns.join(", "));
                return;
            }
        }
    }
}

impl Persona {
    /// What made the prospect give way: what the seller said right before the first
    /// turn, after an objection, that agrees. It is no part of the prompt, which must not
    /// tell the model how to be won; scenarios have it.
    fn yielding(&mut self, call: &Call<'_>) {
        let Some(objected) = self.facts.objections.iter().map(|(_, turn)| *turn).min() else {
            return;
        };
        let mut seller: Option<Turn<'_>> = None;
        for turn in call.turns().filter(|turn| turn.index() > objected) {
            match turn.role() {
                Role::Seller => seller = Some(turn),
                Role::Prospect => {
                    if let (Some(said), Some(cue)) =
                        (seller, YIELDS.of(&lower(turn.text())).first())
                    {
                        let text = said.text().trim();
                        let (before, after) = (said.index(), turn.index());
                        self.rests_on("yields", &format!("turns {before}, {after} (`{cue}`)"));
                        self.facts.yields_to = Some((text.to_owned(), before, after));
                        return;
                    }
                }
                Role::Other | Role::Unknown => {}
            }
        }
    }
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '?', '!']).map(str::trim).filter(|sentence| !sentence.is_empty())
}
