//! Objections, how the seller handles them, and how the matter ends.
//!
//! [`learned::Labels`] is the seam between finding and reporting: whichever tier fills it,
//! trained heads where embeddings are granted and cues elsewhere, moves in order and
//! outcomes follow from its findings ([`episodes`]).

mod episodes;
mod findings;
mod learned;

use rehearsal_labels::names::OUTCOMES;
use rehearsal_sdk::prelude::*;

pub use findings::Finder;
pub use rehearsal_labels::names::{MOVES, OBJECTIONS as TYPES};

/// An objection in a prospect's turn.
pub const OBJECTION: Kind = Kind::new(
    "objection",
    "objection@1",
    "Objection in part of a prospect's turn, by type (examples/corpus/annotation-guide.md); related turns answer it",
)
.with_labels(TYPES);

/// How a seller's turn handles an objection.
pub const MOVE: Kind = Kind::new(
    "objection_move",
    "objection_move@1",
    "How a seller's turn handles an objection raised within the last two prospect turns (examples/corpus/annotation-guide.md); the related turn raised it",
)
.with_labels(MOVES);

/// The moves that answer an objection, in order.
pub const HANDLING: Kind = Kind::new(
    "objection_handling",
    "objection_handling@1",
    "Moves that answer the objection of this turn, in order, as `acknowledge > clarify`; related turns make them",
);

/// How an objection ends.
pub const OUTCOME: Kind = Kind::new(
    "objection_outcome",
    "objection_outcome@1",
    "How the objection of this turn ends: resolved (the prospect then agrees and does not raise its type again), deferred (the prospect then puts it off), ignored (no move but ignoring), argued (arguing, and no agreement)",
)
.with_labels(OUTCOMES);

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Further cues, a line each, in the grammar of `objections.txt`:
    /// `incumbent.ours 0.8 we use acme`. Labels are the types, the moves,
    /// `outcome:resolved` and `outcome:deferred`.
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
    /// Objections of the prospect's turns.
    pub objection: Option<String>,
    /// Moves of the seller's turns.
    #[serde(rename = "move")]
    pub handling: Option<String>,
}

/// The extractor.
#[derive(Debug)]
pub struct Objections {
    finder: Finder,
    heads: learned::Heads,
}

impl Extractor for Objections {
    type Config = Config;
    const EMITS: &'static [Kind] = &[OBJECTION, MOVE, HANDLING, OUTCOME, learned::TIER];
    const NEEDS: Needs = Needs::ROLES;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { heads: learned::Heads::new(&config)?, finder: Finder::new(&config)? })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        if !call.has_role(Role::Prospect) {
            let reason = "nobody is known to be the prospect; objections are the prospect's";
            return Ok(Self::EMITS.iter().map(|kind| kind.at(call, unavailable(reason))).collect());
        }
        let found = self.heads.find(call);
        let labels = learned::Labels { cues: &self.finder, heads: &self.heads, found: &found };
        let mut annotations = vec![learned::TIER.at(call, rehearsal_heads::tier_of(&found))];
        for episode in episodes::of(call, &labels) {
            annotations.extend(episode.annotations(call));
        }
        Ok(annotations)
    }
}

rehearsal_sdk::export_extractor!(Objections);
