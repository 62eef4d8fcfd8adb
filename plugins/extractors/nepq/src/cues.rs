//! Tier one: phrases that tell what a seller's turn does.

use std::ops::Range;

use rehearsal_cues::{Cues, Scan};
use rehearsal_labels::TurnCues;
use rehearsal_sdk::prelude::{Result, Tier};

use crate::{Config, NepqLabel};

include!(concat!(env!("OUT_DIR"), "/cues.rs"));

/// A label found in a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What the words do.
    pub label: NepqLabel,
    /// Bytes of the turn's text.
    pub range: Range<usize>,
    /// The method that found it.
    pub tier: Tier,
    /// The cue or the head: `consequence.if_nothing`, `nepq-head@1`.
    pub rule: String,
    /// How often such a finding is right, 0 to 1.
    pub confidence: f32,
}

/// Finds labels by cues: the built-in ones, the pipeline's own, or both.
#[derive(Debug)]
pub struct Finder {
    cues: TurnCues,
}

impl Finder {
    /// Sets up the cues that a pipeline wants.
    ///
    /// # Errors
    /// A cue of the configuration makes no sense; the message shows it.
    pub fn new(config: &Config) -> Result<Self> {
        let labels = NepqLabel::NAMES;
        Ok(Self { cues: TurnCues::new(&CUES, &config.cues, config.replace_cues, labels)? })
    }

    /// The best match of each label that stands in a seller's turn, in canonical order.
    pub fn find(&self, scan: &mut Scan, text: &str) -> Vec<Finding> {
        let found = self.cues.find(scan, text).into_iter();
        let mut best: Vec<Finding> = found
            .filter_map(|one| {
                Some(Finding {
                    label: NepqLabel::from_name(&one.label)?,
                    range: one.range?,
                    tier: one.tier,
                    rule: one.rule,
                    confidence: one.confidence,
                })
            })
            .collect();
        best.sort_by_key(|finding| finding.label);
        best
    }
}
