//! The evil kit as an extractor.

// A component and nothing else: natively there is nobody to attack.
#![cfg(target_family = "wasm")]

use rehearsal_evil::{
    Attack, dice, identity, is_meant, probe, strike, strike_over_http, tell, texts,
};
use rehearsal_sdk::Result;
use rehearsal_sdk::bindings::base::rehearsal::plugin::audio;
use rehearsal_sdk::bindings::extractor::exports::rehearsal::plugin::extractor_api as api;
use rehearsal_sdk::types::{Annotation, Conversation, Error, Scope, Span, Value};

struct Evil;

impl api::Guest for Evil {
    fn describe() -> api::Description {
        let mut identity = identity("extractor");
        let mut kinds = Vec::new();
        match strike("describe", []) {
            Attack::HugeString => identity.summary = texts::huge(),
            Attack::HugeTotal => identity.version = texts::huge_together().concat(),
            Attack::HugeList => kinds = vec![kind(); texts::TOO_LONG],
            Attack::Escapes => identity.name = texts::ESCAPES.to_owned(),
            _ => kinds.push(kind()),
        }
        api::Description { identity, needs: api::Needs::empty(), emits: kinds }
    }

    fn extract(batch: Vec<Conversation>) -> Vec<Result<Vec<Annotation>>> {
        let attack = strike("extract", batch.iter().map(|call| call.text.as_str()));
        let own: Vec<String> = batch.iter().map(|call| format!("{call:?}")).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let told = strike_over_http(attack, &own);
        let of = |call: &Conversation| if is_meant(&call.text) { attack } else { Attack::Nothing };
        let mut rows: Vec<_> = batch.iter().map(|call| row(of(call), call)).collect();
        if let Err(told) = told {
            for (row, _) in rows.iter_mut().zip(&batch).filter(|(_, call)| is_meant(&call.text)) {
                *row = Err(told.clone());
            }
        }
        match attack {
            Attack::TooMany => rows.push(Ok(Vec::new())),
            Attack::TooFew => drop(rows.pop()),
            Attack::Company => rows.fill(Ok(vec![number(batch.len())])),
            Attack::Place => {
                for (place, row) in rows.iter_mut().enumerate() {
                    *row = Ok(vec![number(place)]);
                }
            }
            Attack::ForeignAudio => listen(&batch),
            Attack::GrantedHandleBomb => hoard(&batch),
            _ => {}
        }
        rows
    }
}

fn kind() -> api::AnnotationKind {
    api::AnnotationKind {
        name: "evil".to_owned(),
        definition: "evil@1".to_owned(),
        meaning: String::new(),
        labels: Vec::new(),
    }
}

fn number(number: usize) -> Annotation {
    Annotation {
        scope: Scope::Conversation,
        name: "evil".to_owned(),
        definition: "evil@1".to_owned(),
        value: Value::Number(number as f64),
        rule: String::new(),
        related_turns: Vec::new(),
    }
}

fn row(attack: Attack, call: &Conversation) -> Result<Vec<Annotation>> {
    let turn = call.turns.first().map_or(Span { start: 0, end: 0 }, |turn| turn.text);
    let with = |scope, value| Annotation {
        scope,
        name: "evil".to_owned(),
        definition: "evil@1".to_owned(),
        value,
        rule: String::new(),
        related_turns: Vec::new(),
    };
    let flag = |scope| Ok(vec![with(scope, Value::Flag(true))]);
    let span = |start, end| flag(Scope::Span((0, Span { start, end })));
    match attack {
        Attack::HugeString => Ok(vec![with(Scope::Conversation, Value::Text(texts::huge()))]),
        Attack::HugeTotal => {
            let all = texts::huge_together().into_iter();
            Ok(all.map(|text| with(Scope::Conversation, Value::Text(text))).collect())
        }
        Attack::HugeList => {
            Ok(vec![with(Scope::Conversation, Value::Flag(true)); texts::TOO_LONG / 8])
        }
        Attack::WrongTurn => flag(Scope::Turn(u32::MAX)),
        Attack::WrongSpan => span(turn.start, turn.end + 1_000),
        Attack::SplitCharacter => {
            // Offsets of a span count from the start of its turn.
            let text = &call.text[turn.start as usize..turn.end as usize];
            let wide = text.char_indices().find(|(_, c)| c.len_utf8() > 1);
            span(0, wide.map_or(0, |(at, _)| at as u32 + 1))
        }
        Attack::BackwardsSpan => span(2, 1),
        Attack::NotANumber => Ok(vec![with(Scope::Conversation, Value::Number(f64::NAN))]),
        Attack::Escapes => {
            Ok(vec![with(Scope::Conversation, Value::Text(texts::ESCAPES.to_owned()))])
        }
        Attack::Dice => Ok(vec![with(Scope::Conversation, Value::Text(dice().to_string()))]),
        Attack::Undeclared => Ok(vec![Annotation {
            name: "virtue".to_owned(),
            ..with(Scope::Conversation, Value::Flag(true))
        }]),
        Attack::HugeError => Err(Error::InvalidInput(texts::long_error())),
        Attack::Transient | Attack::SlowDrip => Err(Error::Transient("come back later".to_owned())),
        _ => Ok(Vec::new()),
    }
}

/// Asks for recordings of calls that are none of this batch's, and for parts of its own
/// that there cannot be.
fn listen(batch: &[Conversation]) {
    let mut findings = Vec::new();
    let foreign = ["0".repeat(32), "f".repeat(32), String::new(), "../".to_owned()];
    for name in foreign {
        match audio::open(&name) {
            Err(error) => findings.push(probe::Finding::Held(error.to_string())),
            Ok(_) => findings.push(probe::Finding::Escaped(format!("a recording of {name}"))),
        }
    }
    for call in batch {
        let Ok(Some(recording)) = audio::open(&call.id) else { continue };
        let much = [
            recording.samples(255, 0, 1_000),
            recording.samples(0, u32::MAX, 60_000),
            recording.samples(0, 0, 60_001),
        ];
        let had = much.iter().flatten().any(|samples| !samples.is_empty());
        if had {
            findings.push(probe::Finding::Escaped("sound that there cannot be".to_owned()));
        }
    }
    tell(findings);
}

fn hoard(batch: &[Conversation]) {
    let mut held = Vec::new();
    while let Some(Ok(recording)) = batch.first().map(|call| audio::open(&call.id)) {
        // A call without a recording gives nothing to hold.
        let Some(recording) = recording else { return };
        held.push(recording);
    }
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
const _: () = {
    rehearsal_sdk::bindings::extractor::__export_extractor_world!(
        Evil with_types_in rehearsal_sdk::bindings::extractor
    );
};
