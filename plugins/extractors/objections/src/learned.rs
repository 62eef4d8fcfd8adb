//! Tier two: objections and moves by two trained heads over embeddings, and the
//! pipeline's own cues beside them. How a matter ends is told by phrases in either tier:
//! nobody has labelled outcomes to learn from.

use std::collections::BTreeMap;

use rehearsal_cues::Scan;
use rehearsal_heads::{Heard, Learned, weights};
use rehearsal_labels::{Finding, join};
use rehearsal_sdk::prelude::*;

use crate::findings::{Prospect, surest};
use crate::{Config, Finder};

pub(crate) const TIER: Kind = Kind::new(
    "objection_tier",
    "objection.tier@1",
    "Which tier the call's objections and moves are from: learned, or cue with the reason",
);

/// Trained heads, and what a pipeline adds, which holds in any tier.
#[derive(Debug)]
pub(crate) struct Heads {
    objection: Learned,
    handling: Learned,
    own: Option<Finder>,
}

/// What the heads found in a call, by turn.
#[derive(Debug)]
pub(crate) struct Found {
    objections: BTreeMap<u32, Vec<Finding>>,
    moves: BTreeMap<u32, Vec<Finding>>,
}

/// Whoever says what a turn does: the heads, or, with the reason, the cues.
pub(crate) struct Labels<'a> {
    pub(crate) cues: &'a Finder,
    pub(crate) heads: &'a Heads,
    pub(crate) found: &'a std::result::Result<Found, String>,
}

impl Heads {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let own = Config { replace_cues: true, cues: config.cues.clone(), ..Config::default() };
        let own = (!config.cues.is_empty()).then(|| Finder::new(&own)).transpose()?;
        Ok(Self {
            objection: Learned::new("objection", weights::OBJECTION)
                .tuned(config.heads.objection.as_ref()),
            handling: Learned::new("move", weights::MOVE).tuned(config.heads.handling.as_ref()),
            own,
        })
    }

    pub(crate) fn find(&self, call: &Call<'_>) -> std::result::Result<Found, String> {
        let heard = Heard::new(call)?;
        Ok(Found { objections: self.objection.find(&heard)?, moves: self.handling.find(&heard)? })
    }
}

impl Labels<'_> {
    /// What a prospect's turn does.
    pub(crate) fn prospect(&self, scan: &mut Scan, turn: Turn<'_>) -> Prospect {
        let mut said = self.cues.objection(scan, turn);
        if let Ok(found) = self.found {
            let own = self.heads.own.as_ref().map(|own| own.objection(scan, turn));
            let mut objections = found.objections.get(&turn.index()).cloned().unwrap_or_default();
            join(&mut objections, own.and_then(|own| own.objection));
            said.objection = surest(objections);
        }
        said
    }

    /// How a seller's turn handles an objection; `next` where it follows it at once.
    pub(crate) fn handling(&self, scan: &mut Scan, turn: Turn<'_>, next: bool) -> Option<Finding> {
        let Ok(found) = self.found else { return self.cues.handling(scan, turn, next) };
        let mut moves = found.moves.get(&turn.index()).cloned().unwrap_or_default();
        let own = self.heads.own.as_ref();
        join(&mut moves, own.into_iter().flat_map(|own| own.phrases(scan, turn)));
        surest(moves)
    }
}
