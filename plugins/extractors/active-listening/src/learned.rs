//! Tier two: signs by a trained head over embeddings, the pipeline's own cues beside it,
//! and interruptions that only the times of turns tell.

use rehearsal_cues::Scan;
use rehearsal_heads::{Found, Heard, Learned, weights};
use rehearsal_labels::join;
use rehearsal_sdk::prelude::*;

use crate::findings::other_before;
use crate::{Config, Finder, form, is_side};

pub(crate) const TIER: Kind = Kind::new(
    "listening_tier",
    "listening.tier@1",
    "Which tier the call's signs of listening are from: learned, or cue with the reason",
);

/// Finds signs by a trained head.
#[derive(Debug)]
pub(crate) struct Heads {
    head: Learned,
    /// What a pipeline adds holds in any tier.
    own: Option<Finder>,
    min_overlap_ms: u32,
}

impl Heads {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let own = Config { replace_cues: true, ..config.clone() };
        let own = (!config.cues.is_empty()).then(|| Finder::new(&own)).transpose()?;
        let head =
            Learned::new("listening", weights::LISTENING).tuned(config.heads.listening.as_ref());
        Ok(Self { head, own, min_overlap_ms: config.min_overlap_ms })
    }

    /// Signs in turns that follow the other side's.
    pub(crate) fn find(&self, call: &Call<'_>, scan: &mut Scan) -> Found {
        let mut found = self.head.find(&Heard::new(call)?)?;
        for turn in call.turns().filter(|turn| is_side(turn.role())) {
            let Some(other) = other_before(call, turn) else {
                found.remove(&turn.index());
                continue;
            };
            let signs = found.entry(turn.index()).or_default();
            join(signs, form::overlap(turn, other, self.min_overlap_ms));
            join(signs, self.own.iter().flat_map(|own| own.phrases(scan, turn)));
            signs.iter_mut().for_each(|sign| sign.related = vec![other.index()]);
        }
        Ok(found)
    }
}
