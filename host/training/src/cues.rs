//! Tier one on the same calls: what the extractors find where no embeddings are granted,
//! through the door that the host uses. Cues are not trained, so nothing is left out; they
//! were written with the calls labelled twice in view.

use std::path::Path;

use anyhow::{Context, Result};
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;

use crate::corpus;
use crate::crossval::is_original;
use crate::score::Tally;
use crate::tasks::{Kind, Task};

/// Tables of a head's labels as cues find them.
pub(crate) fn report(root: &Path, task: &'static Task) -> Result<String> {
    let (mut original, mut written) = (Tally::default(), Tally::default());
    for (number, dialogue) in corpus::read(root)?.into_iter().enumerate() {
        let Some(file) = &dialogue.file else { continue };
        let say = |call: CallBuilder, (seller, text): &(bool, String)| {
            call.say(if *seller { Role::Seller } else { Role::Prospect }, text)
        };
        let call = dialogue.turns.iter().fold(CallBuilder::new(), say).build();
        let found = extract(task, &Call::new(&call))
            .map_err(|error| anyhow::anyhow!("{}: {}", task.name, error.message()))?;
        let name = annotation(task)?;
        for (turn, (labels, (seller, _))) in dialogue.labels.iter().zip(&dialogue.turns).enumerate()
        {
            if !task.side.looks_at(*seller) {
                continue;
            }
            let of_turn = |one: &&Annotation| match one.scope {
                Scope::Turn(at) | Scope::Span((at, _)) => at as usize == turn && one.name == name,
                Scope::Conversation => false,
            };
            let here: Vec<&str> = found
                .iter()
                .filter(of_turn)
                .filter_map(|one| match &one.value {
                    Value::Label(label) => Some(label.name.as_str()),
                    _ => None,
                })
                .collect();
            let given = labels.get(task.key).map_or(&[][..], Vec::as_slice);
            let is = |label: &&&str| given.iter().any(|one| one == **label);
            let gold: Vec<&'static str> = task.labels.iter().filter(is).copied().collect();
            let found: Vec<&'static str> =
                task.labels.iter().filter(|label| here.contains(label)).copied().collect();
            let tally = if is_original(file) { &mut original } else { &mut written };
            tally.turn(number, &gold, &found);
        }
    }
    let only = task.kind != Kind::Each;
    let title = |part: &str| format!("{} (cues), {part}", task.name);
    let mut out = original.report(&title("the calls labelled twice"), task.labels, only);
    out += &written.report(&title("the calls written for learning"), task.labels, only);
    Ok(out + "\n")
}

/// The name of a head's annotations.
fn annotation(task: &Task) -> Result<&'static str> {
    let names = [
        ("nepq", "nepq"),
        ("objection", "objection"),
        ("move", "objection_move"),
        ("techniques", "technique"),
        ("listening", "listening"),
    ];
    let found = names.iter().find(|(head, _)| *head == task.name);
    found.map(|(_, name)| *name).with_context(|| format!("no extractor emits `{}`", task.name))
}

fn extract(task: &Task, call: &Call<'_>) -> rehearsal_sdk::Result<Vec<Annotation>> {
    match task.name {
        "nepq" => nepq::Nepq::new(Default::default())?.extract(call),
        "techniques" => sales_techniques::SalesTechniques::new(Default::default())?.extract(call),
        "listening" => active_listening::ActiveListening::new(Default::default())?.extract(call),
        _ => objections::Objections::new(Default::default())?.extract(call),
    }
}
