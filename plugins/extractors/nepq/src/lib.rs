//! NEPQ question types in the seller's turns, and how the call moves through the phases.
//!
//! [`cues`] is tier one: phrases, exact and narrow. [`course`] measures the call from the
//! labels of its turns, whichever tier they come from.

mod course;
mod cues;
mod label;

use rehearsal_sdk::prelude::*;

pub use cues::{Finder, Finding};
pub use label::{Label as NepqLabel, Phase};

/// A question type in a seller's turn.
pub const NEPQ: Kind = Kind::new(
    "nepq",
    "nepq.cues@1",
    "NEPQ question type of part of a seller's turn, found by cues (plugins/extractors/nepq/cues.txt)",
)
.with_labels(NepqLabel::NAMES);

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Further cues, a line each, in the grammar of `cues.txt`:
    /// `consequence.ours 0.8 ? what if the (line|press) stops`.
    pub cues: Vec<String>,
    /// Whether `cues` replace the built-in ones.
    pub replace_cues: bool,
}

/// The extractor.
#[derive(Debug)]
pub struct Nepq {
    finder: Finder,
}

impl Extractor for Nepq {
    type Config = Config;
    const EMITS: &'static [Kind] =
        &[NEPQ, course::COVERAGE, course::ORDER, course::CONSEQUENCE_DEPTH, course::QUESTION_SHARE];
    const NEEDS: Needs = Needs::ROLES;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { finder: Finder::new(&config)? })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        if !call.has_role(Role::Seller) {
            let reason = "nobody is known to be the seller; NEPQ looks at the seller's turns only";
            return Ok(Self::EMITS.iter().map(|kind| kind.at(call, unavailable(reason))).collect());
        }
        let mut course = course::Course::default();
        let mut annotations = Vec::new();
        let mut scan = rehearsal_cues::Scan::default();
        for turn in call.turns().filter(|turn| turn.role() == Role::Seller) {
            let found = self.finder.find(&mut scan, turn.text());
            course.turn(scan.questions(), &found);
            annotations.extend(found.iter().map(|finding| {
                NEPQ.at(
                    turn.excerpt(finding.range.clone()),
                    Label::cue(finding.label.name(), finding.confidence),
                )
                .by(finding.rule.clone())
            }));
        }
        annotations.extend(course.measures(call));
        Ok(annotations)
    }
}

rehearsal_sdk::export_extractor!(Nepq);
