//! Tier two: a trained head over embeddings, and the pipeline's own cues beside it.

use std::collections::BTreeMap;

use rehearsal_cues::Scan;
use rehearsal_heads::{Heard, Learned, weights};
use rehearsal_sdk::prelude::*;

use crate::{Config, Finder, Finding, NepqLabel};

pub(crate) const TIER: Kind = Kind::new(
    "nepq_tier",
    "nepq.tier@1",
    "Which tier the call's NEPQ labels are from: learned, or cue with the reason",
);

/// Labels by turn; or why there are none from this tier.
type Found = std::result::Result<BTreeMap<u32, Vec<Finding>>, String>;

/// Finds labels by a trained head.
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
            head: Learned::new("nepq", weights::NEPQ).tuned(config.heads.nepq.as_ref()),
            own,
        })
    }

    /// Labels of the seller's turns.
    pub(crate) fn find(&self, call: &Call<'_>, scan: &mut Scan) -> Found {
        let found = self.head.find(&Heard::new(call)?)?;
        let mut found: BTreeMap<u32, Vec<Finding>> = found
            .into_iter()
            .filter_map(|(index, found)| {
                let text = call.turn(index as usize)?.text();
                let own = |one: rehearsal_labels::Finding| {
                    Some(Finding {
                        label: NepqLabel::from_name(&one.label)?,
                        range: 0..text.len(),
                        tier: one.tier,
                        rule: one.rule,
                        confidence: one.confidence,
                    })
                };
                Some((index, found.into_iter().filter_map(own).collect()))
            })
            .collect();
        let Some(own) = &self.own else { return Ok(found) };
        for turn in call.turns().filter(|turn| turn.role() == Role::Seller) {
            for finding in own.find(scan, turn.text()) {
                let known = found.entry(turn.index()).or_default();
                if known.iter().all(|other| other.label != finding.label) {
                    known.push(finding);
                    known.sort_by_key(|finding| finding.label);
                }
            }
        }
        Ok(found)
    }
}
