//! Tier two: techniques by a trained head over embeddings, and the pipeline's own cues
//! beside it. SPIN types and the elements of BANT and MEDDICC stay with the cues: nobody
//! has labelled any to learn from.

use rehearsal_cues::Scan;
use rehearsal_heads::{Found, Heard, Learned, weights};
use rehearsal_labels::join;
use rehearsal_sdk::prelude::*;

use crate::{Config, Finder};

pub(crate) const TIER: Kind = Kind::new(
    "technique_tier",
    "technique.tier@1",
    "Which tier the call's techniques are from: learned, or cue with the reason",
);

/// Finds techniques by a trained head.
#[derive(Debug)]
pub(crate) struct Heads {
    head: Learned,
    /// What a pipeline adds holds in any tier.
    own: Option<Finder>,
}

impl Heads {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let own = Config { replace_cues: true, cues: config.cues.clone(), ..Config::default() };
        let own = (!config.cues.is_empty()).then(|| Finder::new(&own)).transpose()?;
        Ok(Self {
            head: Learned::new("techniques", weights::TECHNIQUES)
                .tuned(config.heads.techniques.as_ref()),
            own,
        })
    }

    /// Techniques of the seller's turns.
    pub(crate) fn find(&self, call: &Call<'_>, scan: &mut Scan) -> Found {
        let mut found = self.head.find(&Heard::new(call)?)?;
        let Some(own) = &self.own else { return Ok(found) };
        for turn in call.turns().filter(|turn| turn.role() == Role::Seller) {
            let cues = own.phrases(scan, turn).techniques;
            join(found.entry(turn.index()).or_default(), cues);
        }
        Ok(found)
    }
}
