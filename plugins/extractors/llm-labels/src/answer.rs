//! From what a model wrote to findings that hold: every part is checked against the sets
//! and the turns, and what does not fit is dropped and counted.

use std::collections::BTreeMap;
use std::ops::Range;

use rehearsal_sdk::prelude::*;
use serde_json::Value as Json;

use crate::quote;
use crate::sets::{self, SETS, Set};

/// A label of a turn that passed all checks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) turn: u32,
    /// Place in [`SETS`].
    pub(crate) set: usize,
    pub(crate) label: &'static str,
    /// Bytes of the turn's text; none for the whole turn.
    pub(crate) range: Option<Range<usize>>,
    /// Of an objection.
    pub(crate) outcome: Option<&'static str>,
}

/// What answers came to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Checked {
    pub(crate) found: Vec<Found>,
    /// Why labels were dropped, and how many.
    pub(crate) dropped: BTreeMap<&'static str, u64>,
}

/// One finding, as a model writes it.
#[derive(Debug, Deserialize)]
struct Said {
    turn: u64,
    set: String,
    label: String,
    #[serde(default)]
    quote: Option<String>,
    #[serde(default)]
    outcome: Option<String>,
}

/// The findings of an answer, which may stand in a fence or between other words; why
/// there are none, for the model to mend.
pub(crate) fn parse(content: &str) -> std::result::Result<Vec<Json>, String> {
    let text = body(content).ok_or("there is no JSON object in it")?;
    let mut answer: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match answer.get_mut("findings").map(Json::take) {
        Some(Json::Array(findings)) => Ok(findings),
        _ => Err("it has no list `findings`".to_owned()),
    }
}

/// From the first brace to the last: a fence, and thoughts around it, fall away.
fn body(content: &str) -> Option<&str> {
    // Models that think aloud may write braces while they do.
    let content = content.rsplit_once("</think>").map_or(content, |(_, said)| said);
    let start = content.find('{')?;
    let end = content.rfind('}')?;
    content.get(start..=end)
}

impl Checked {
    /// Takes what holds of an answer about the turns `asked`.
    pub(crate) fn take(&mut self, call: &Call<'_>, asked: &Range<usize>, findings: Vec<Json>) {
        for said in findings {
            match check(call, asked, said) {
                Ok(found) => self.add(found),
                Err(why) => self.drop(why),
            }
        }
    }

    fn add(&mut self, found: Found) {
        let set = &SETS[found.set];
        let rival = |one: &&mut Found| {
            one.turn == found.turn
                && one.set == found.set
                && (set.single || one.label == found.label)
        };
        match self.found.iter_mut().find(rival) {
            None => self.found.push(found),
            // Said twice is said once.
            Some(known) if known.label == found.label => {}
            Some(_) => self.drop("a second label where one fits best"),
        }
    }

    fn drop(&mut self, why: &'static str) {
        *self.dropped.entry(why).or_default() += 1;
    }

    /// In the order of turns and sets, moves without an objection dropped: the objection
    /// that each move answers comes with it.
    pub(crate) fn settle(&mut self) -> BTreeMap<u32, u32> {
        self.found.sort_by_key(|one| (one.turn, one.set, one.label));
        let of = |kind: Kind| SETS.iter().position(|set| set.kind == kind).unwrap_or_default();
        let (objection, handling) = (of(sets::OBJECTION), of(sets::MOVE));
        let mut answers = BTreeMap::new();
        let mut last = None;
        for one in &self.found {
            if one.set == objection {
                last = Some(one.turn);
            } else if one.set == handling {
                answers.extend(last.map(|objection| (one.turn, objection)));
            }
        }
        let before = self.found.len();
        self.found.retain(|one| one.set != handling || answers.contains_key(&one.turn));
        for _ in self.found.len()..before {
            self.drop("a move with no objection before it");
        }
        answers
    }
}

fn check(
    call: &Call<'_>,
    asked: &Range<usize>,
    said: Json,
) -> std::result::Result<Found, &'static str> {
    let said: Said = serde_json::from_value(said).map_err(|_| "not of the form")?;
    let (set, of) = Set::named(&said.set).ok_or("a set that there is not")?;
    let label = of.label(&said.label).ok_or("a label that is not in its set")?;
    let index = usize::try_from(said.turn).ok().filter(|index| asked.contains(index));
    let turn = index.and_then(|index| call.turn(index)).ok_or("a turn that was not asked about")?;
    if !of.is_of(turn.role()) {
        return Err("a turn of the wrong side");
    }
    let quoted = said.quote.as_deref().map(str::trim).filter(|quote| !quote.is_empty());
    let range = match quoted {
        Some(words) => {
            Some(quote::find(turn.text(), words).ok_or("a quote that is not in its turn")?)
        }
        None => None,
    };
    let outcome = said.outcome.as_deref().and_then(sets::outcome);
    Ok(Found { turn: turn.index(), set, label, range, outcome })
}
