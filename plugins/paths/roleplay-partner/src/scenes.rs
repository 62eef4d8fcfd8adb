//! Who is played and what is played, as prompt and JSON: personas to be written from a
//! call, scenarios to be written from a persona. Every part names its turn.

use rehearsal_sdk::prelude::*;
use rehearsal_sdk::{message, types};
use serde_json::{Value, json};

use crate::dialogue::Exchange;
use crate::persona::{Facts, Persona};
use crate::{Config, PERSONAS, SCENARIOS};

const PERSONA_TASK: &str = "Describe the customer of this sales call so that an actor can play \
    them: name, company, mood, manner, needs, objections. Use only what the call supports, null \
    where it says nothing, and name the turn of each part. Answer in JSON.";
const SCENARIO_TASK: &str = "Write a roleplay scenario for a sales trainee: who the customer is, \
    how the call opens, which objections come, and what the customer yields to. Use only what the \
    call supports, null where it says nothing, and name the turn of each part. Answer in JSON.";

/// A persona and a scenario of a call, where it supports any part of one.
pub(crate) fn scenes(
    config: &Config,
    call: &Call<'_>,
    exchanges: &[Exchange],
    persona: &Persona,
) -> Vec<Example> {
    let facts = &persona.facts;
    let told = !facts.needs.is_empty() || !facts.objections.is_empty() || facts.mood.is_some();
    if !told {
        return Vec::new();
    }
    let (dialogue, turns) = transcript(config, exchanges);
    let example = |family: &str, task: &str, answer: &Value, rule: &str| {
        let prompt = vec![
            message(Speaker::System, task, &[]),
            message(Speaker::User, dialogue.as_str(), &turns),
        ];
        let mut because = vec![rule.to_owned()];
        because.extend(persona.because.iter().cloned());
        Example {
            key: format!("{family}.0"),
            family: family.to_owned(),
            body: types::Body::Critique(types::Critique { prompt, completion: answer.to_string() }),
            turns: turns.clone(),
            because,
            tags: tags(facts),
        }
    };
    vec![
        example(PERSONAS, PERSONA_TASK, &persona_of(facts), "roleplay-partner.persona@1"),
        example(
            SCENARIOS,
            SCENARIO_TASK,
            &scenario_of(call, exchanges, facts),
            "roleplay-partner.scenario@1",
        ),
    ]
}

fn persona_of(facts: &Facts) -> Value {
    json!({
        "name": facts.name,
        "company": facts.company,
        "mood": facts.mood.as_ref().map(|(mood, turn)| json!({ "mood": mood, "turn": turn })),
        "manner": facts.manner,
        "needs": facts.needs.iter().map(|(said, turn)| json!({ "text": said, "turn": turn })).collect::<Vec<_>>(),
        "objections": facts.objections.iter().map(|(kind, turn)| json!({ "kind": kind, "turn": turn })).collect::<Vec<_>>(),
    })
}

/// Exchanges that open a scenario.
const OPENING: usize = 2;

fn scenario_of(call: &Call<'_>, exchanges: &[Exchange], facts: &Facts) -> Value {
    let text = |turn: u32| call.turn(turn as usize).map(|turn| turn.text().trim().to_owned());
    let opening: Vec<Value> = exchanges
        .iter()
        .take(OPENING)
        .map(|one| {
            let side = if one.is_prospect() { "customer" } else { "seller" };
            json!({ "side": side, "text": one.text, "turns": one.turns })
        })
        .collect();
    let objections: Vec<Value> = facts
        .objections
        .iter()
        .map(|(kind, turn)| json!({ "kind": kind, "text": text(*turn), "turn": turn }))
        .collect();
    let yields_to = facts.yields_to.as_ref().map(|(said, seller, prospect)| {
        json!({ "text": said, "turn": seller, "answer": text(*prospect), "answer_turn": prospect })
    });
    json!({
        "customer": { "name": facts.name, "company": facts.company, "mood": facts.mood.as_ref().map(|(mood, _)| mood) },
        "seller_company": facts.seller_company,
        "opening": opening,
        "needs": facts.needs.iter().map(|(said, _)| said).collect::<Vec<_>>(),
        "objections": objections,
        "yields_to": yields_to,
    })
}

/// The call as text, a line an exchange with the number of its first turn, up to the
/// most words of an example.
fn transcript(config: &Config, exchanges: &[Exchange]) -> (String, Vec<u32>) {
    let (mut lines, mut turns, mut words) = (Vec::new(), Vec::new(), 0);
    for one in exchanges {
        words += one.words();
        if words > config.max_words as usize && !lines.is_empty() {
            break;
        }
        let side = if one.is_prospect() { "CUSTOMER" } else { "SELLER" };
        let first = one.turns.first().copied().unwrap_or_default();
        lines.push(format!("{first} {side}: {}", one.text));
        turns.extend(&one.turns);
    }
    turns.sort_unstable();
    (lines.join("\n"), turns)
}

fn tags(facts: &Facts) -> Vec<(String, String)> {
    let mut tags: Vec<(String, String)> =
        facts.objections.iter().map(|(kind, _)| ("objection".to_owned(), kind.clone())).collect();
    tags.extend(facts.mood.as_ref().map(|(mood, _)| ("mood".to_owned(), mood.clone())));
    tags.sort();
    tags
}
