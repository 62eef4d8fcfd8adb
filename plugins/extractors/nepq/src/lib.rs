//! NEPQ question types in the seller's turns, and how the call moves through the phases.
//!
//! [`cues`] is tier one: phrases, exact and narrow. [`learned`] is tier two, a trained
//! head, which takes its place where embeddings are granted. [`course`] measures the call
//! from the labels of its turns, whichever tier they come from.

mod course;
mod cues;
mod label;
mod learned;

use rehearsal_sdk::prelude::*;

pub use cues::{Finder, Finding};
pub use label::{Label as NepqLabel, Phase};

/// A question type in a seller's turn, from tier two.
pub const LEARNED: Kind = Kind::new(
    "nepq",
    "nepq.learned@1",
    "NEPQ question type of a seller's turn, found by a trained head (docs/research/learned-labels.md)",
)
.with_labels(NepqLabel::NAMES);

/// A question type in a seller's turn, from tier one.
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
    /// Trained heads in the place of those that ship. The host puts the champion of a
    /// `[[trainer]]` of the kind `head` here; nobody has to write it.
    pub heads: TunedHeads,
}

/// Trained heads by name: base64 of what `rehearsal train` made.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TunedHeads {
    /// Question types of the seller's turns.
    pub nepq: Option<String>,
}

/// The extractor.
#[derive(Debug)]
pub struct Nepq {
    finder: Finder,
    heads: learned::Heads,
}

impl Extractor for Nepq {
    type Config = Config;
    const EMITS: &'static [Kind] = &[
        NEPQ,
        LEARNED,
        learned::TIER,
        course::COVERAGE,
        course::ORDER,
        course::CONSEQUENCE_DEPTH,
        course::QUESTION_SHARE,
    ];
    const NEEDS: Needs = Needs::ROLES;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { heads: learned::Heads::new(&config)?, finder: Finder::new(&config)? })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        if !call.has_role(Role::Seller) {
            let reason = "nobody is known to be the seller; NEPQ looks at the seller's turns only";
            return Ok(Self::EMITS.iter().map(|kind| kind.at(call, unavailable(reason))).collect());
        }
        let mut course = course::Course::default();
        let mut annotations = Vec::new();
        let mut scan = rehearsal_cues::Scan::default();
        let learned = self.heads.find(call, &mut scan);
        annotations.push(learned::TIER.at(call, rehearsal_heads::tier_of(&learned)));
        for turn in call.turns().filter(|turn| turn.role() == Role::Seller) {
            let cues = self.finder.find(&mut scan, turn.text());
            let found = match &learned {
                Ok(found) => found.get(&turn.index()).cloned().unwrap_or_default(),
                Err(_) => cues,
            };
            course.turn(scan.questions(), &found);
            annotations.extend(found.iter().map(|finding| {
                let kind = if finding.tier == Tier::Learned { LEARNED } else { NEPQ };
                let label = Label {
                    name: finding.label.name().to_owned(),
                    tier: finding.tier,
                    confidence: finding.confidence,
                };
                kind.at(turn.excerpt(finding.range.clone()), label).by(finding.rule.clone())
            }));
        }
        annotations.extend(course.measures(call));
        Ok(annotations)
    }
}

rehearsal_sdk::export_extractor!(Nepq);
