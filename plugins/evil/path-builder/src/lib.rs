//! The evil kit as a path builder.

// A component and nothing else: natively there is nobody to attack.
#![cfg(target_family = "wasm")]

use rehearsal_evil::{Attack, dice, identity, strike, texts};
use rehearsal_sdk::Result;
use rehearsal_sdk::bindings::path::exports::rehearsal::plugin::path_builder_api as api;
use rehearsal_sdk::types::{Annotated, Body, Conversation, Error, Example, LabelledText};

struct Evil;

impl api::Guest for Evil {
    fn describe() -> api::Description {
        let mut identity = identity("path-builder");
        let mut families = vec!["evil".to_owned()];
        match strike("describe", []) {
            Attack::HugeString => identity.summary = texts::huge(),
            Attack::HugeTotal => identity.version = texts::huge_together().concat(),
            Attack::HugeList => families = vec![String::new(); texts::TOO_LONG],
            Attack::Escapes => identity.name = texts::ESCAPES.to_owned(),
            _ => {}
        }
        api::Description { identity, reads: Vec::new(), families }
    }

    fn build(batch: Vec<Annotated>) -> Vec<Result<Vec<Example>>> {
        let spoken = batch.iter().map(|item| item.conversation.text.as_str());
        let attack = strike("build", spoken);
        let mut rows: Vec<_> = batch.iter().map(|item| row(attack, &item.conversation)).collect();
        match attack {
            Attack::TooMany => rows.push(Ok(Vec::new())),
            Attack::TooFew => drop(rows.pop()),
            Attack::Company => rows.fill(Ok(vec![example("one", &batch.len().to_string())])),
            _ => {}
        }
        rows
    }
}

fn row(attack: Attack, call: &Conversation) -> Result<Vec<Example>> {
    let good = example("one", &call.text);
    Ok(match attack {
        Attack::HugeError => return Err(Error::InvalidInput(texts::long_error())),
        Attack::Transient | Attack::SlowDrip => {
            return Err(Error::Transient("come back later".to_owned()));
        }
        Attack::HugeString => vec![example("one", &texts::huge())],
        Attack::HugeTotal => {
            let all = texts::huge_together().into_iter().enumerate();
            all.map(|(number, text)| example(&number.to_string(), &text)).collect()
        }
        Attack::HugeList => {
            (0..texts::TOO_LONG / 8).map(|number| example(&number.to_string(), "")).collect()
        }
        Attack::WrongTurn => vec![Example { turns: vec![u32::MAX], ..good }],
        Attack::BackwardsSpan => vec![Example { turns: vec![1, 0], ..good }],
        Attack::Duplicate => vec![good.clone(), good],
        Attack::Dice => vec![example("one", &dice().to_string())],
        Attack::Undeclared => vec![Example { family: "virtue".to_owned(), ..good }],
        Attack::FolderName => vec![Example { family: "../../../evil".to_owned(), ..good }],
        Attack::Escapes => vec![example(texts::ESCAPES, texts::ESCAPES)],
        _ => vec![good],
    })
}

fn example(key: &str, text: &str) -> Example {
    let row =
        LabelledText { text: text.to_owned(), label: "evil".to_owned(), task: "evil".to_owned() };
    Example {
        key: key.to_owned(),
        family: "evil".to_owned(),
        body: Body::LabelledText(row),
        turns: vec![0],
        because: Vec::new(),
        tags: Vec::new(),
    }
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
const _: () = {
    rehearsal_sdk::bindings::path::__export_path_world!(
        Evil with_types_in rehearsal_sdk::bindings::path
    );
};
