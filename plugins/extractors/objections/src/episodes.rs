//! From an objection to its end: the seller's moves in order, and the outcome.

use rehearsal_cues::Scan;
use rehearsal_labels::Finding;
use rehearsal_sdk::prelude::*;

use crate::findings::Prospect;
use crate::learned::Labels;
use crate::{HANDLING, MOVE, OBJECTION, OUTCOME};

/// Prospect's turns before a seller's turn in which the objection lies that it handles.
const REACH: usize = 2;

/// An objection and what becomes of it.
#[derive(Debug)]
pub(crate) struct Episode {
    turn: u32,
    objection: Finding,
    /// Seller's turns and how they handle it.
    moves: Vec<(u32, Finding)>,
    /// Prospect's turns since it was raised.
    age: usize,
    /// What the prospect said while it was handled, that ends it.
    ending: Option<Finding>,
    /// Whether the prospect raised the same type again.
    repeated: bool,
}

/// The objections of a call, in order.
pub(crate) fn of(call: &Call<'_>, labels: &Labels<'_>) -> Vec<Episode> {
    let mut scan = Scan::default();
    let mut episodes: Vec<Episode> = Vec::new();
    for turn in call.turns() {
        match turn.role() {
            Role::Prospect => hear(&mut episodes, turn.index(), labels.prospect(&mut scan, turn)),
            Role::Seller => {
                let Some(open) = episodes.last_mut().filter(|last| last.age < REACH) else {
                    continue;
                };
                let next = open.turn + 1 == turn.index();
                let handling = labels.handling(&mut scan, turn, next);
                open.moves.extend(handling.map(|handling| (turn.index(), handling)));
            }
            Role::Other | Role::Unknown => {}
        }
    }
    episodes
}

/// What a prospect's turn does to the objections before it.
fn hear(episodes: &mut Vec<Episode>, turn: u32, said: Prospect) {
    if let Some(last) = episodes.last_mut() {
        last.age += 1;
        // Who puts it off may object to the time as well; who objects does not agree.
        let puts_off = said.outcome.as_ref().is_some_and(|one| one.label == "deferred");
        let answers = last.age <= REACH && (said.objection.is_none() || puts_off);
        if answers && last.ending.is_none() {
            last.ending = said.outcome;
        }
    }
    let Some(objection) = said.objection else { return };
    for earlier in episodes.iter_mut() {
        earlier.repeated |= earlier.objection.label == objection.label;
    }
    episodes.push(Episode {
        turn,
        objection,
        moves: Vec::new(),
        age: 0,
        ending: None,
        repeated: false,
    });
}

impl Episode {
    pub(crate) fn annotations(&self, call: &Call<'_>) -> Vec<Annotation> {
        let Some(turn) = call.turn(self.turn as usize) else { return Vec::new() };
        let handled = || self.moves.iter().map(|(turn, _)| *turn);
        let mut all = vec![self.objection.annotate(&OBJECTION, turn).with_turns(handled())];
        all.extend(self.moves.iter().filter_map(|(index, one)| {
            let handling = one.clone().resting_on(self.turn);
            Some(handling.annotate(&MOVE, call.turn(*index as usize)?))
        }));
        if !self.moves.is_empty() {
            let moves: Vec<&str> = self.moves.iter().map(|(_, one)| one.label.as_str()).collect();
            let text = Value::Text(moves.join(" > "));
            all.push(HANDLING.at(turn, text).by(HANDLING.definition).with_turns(handled()));
        }
        let outcome = self.outcome().map(Value::Label);
        all.push(
            OUTCOME.at(turn, outcome.unwrap_or_else(Value::Unavailable)).by(OUTCOME.definition),
        );
        all
    }

    /// As sure as the least sure finding that it rests on, and of the tier of the
    /// objection.
    fn outcome(&self) -> Result<Label, String> {
        let sure = self.objection.confidence;
        let label = |name: &str, confidence: f32| {
            Ok(Label { name: name.to_owned(), tier: self.objection.tier, confidence })
        };
        if let Some(ending) = self.ending.as_ref().filter(|_| !self.repeated) {
            return label(&ending.label, ending.confidence.min(sure));
        }
        let least = self.moves.iter().map(|(_, one)| one.confidence).fold(sure, f32::min);
        let made = |label: &str| self.moves.iter().any(|(_, one)| one.label == label);
        if made("argue") {
            return label("argued", least);
        }
        if !self.moves.is_empty() && self.moves.iter().all(|(_, one)| one.label == "ignore") {
            return label("ignored", least);
        }
        Err("what follows does not tell how the objection ends".to_owned())
    }
}
