//! Tier one: phrases that tell what a seller's turn does.

use std::borrow::Cow;
use std::ops::Range;

use rehearsal_cues::{Cues, Scan};
use rehearsal_sdk::prelude::{Error, Result};

use crate::{Config, NepqLabel};

include!(concat!(env!("OUT_DIR"), "/cues.rs"));

/// A label found in a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What the words do.
    pub label: NepqLabel,
    /// Bytes of the turn's text.
    pub range: Range<usize>,
    /// The cue: `consequence.if_nothing`.
    pub rule: String,
    /// How often such a match is right, 0 to 1.
    pub confidence: f32,
}

/// Finds labels by cues: the built-in ones, the pipeline's own, or both.
#[derive(Debug)]
pub struct Finder {
    sets: Vec<Cow<'static, Cues>>,
}

impl Finder {
    /// Sets up the cues that a pipeline wants.
    ///
    /// # Errors
    /// A cue of the configuration makes no sense; the message shows it.
    pub fn new(config: &Config) -> Result<Self> {
        let mut sets = Vec::new();
        if !config.replace_cues {
            sets.push(Cow::Borrowed(&CUES));
        }
        if !config.cues.is_empty() {
            let own = Cues::parse(&config.cues.join("\n")).map_err(|error| {
                let cue = config.cues.get(error.line - 1).map_or("", String::as_str);
                Error::permanent(format!("config.cues, `{cue}`: {}", error.what))
            })?;
            if let Some(cue) =
                own.cues.iter().find(|cue| NepqLabel::from_name(&cue.label).is_none())
            {
                return Err(Error::permanent(format!(
                    "config.cues: `{}` is no NEPQ label; they are {}",
                    cue.label,
                    NepqLabel::NAMES.join(", ")
                )));
            }
            sets.push(Cow::Owned(own));
        }
        Ok(Self { sets })
    }

    /// The best match of each label that stands in a seller's turn, in canonical order.
    pub fn find(&self, scan: &mut Scan, text: &str) -> Vec<Finding> {
        let mut best: Vec<Finding> = Vec::new();
        for set in &self.sets {
            for found in scan.find(set, text) {
                let cue = &set.cues[found.cue];
                let Some(label) = NepqLabel::from_name(&cue.label) else { continue };
                let known = best.iter().position(|other| other.label == label);
                // The first of equally good matches stays.
                if known.is_some_and(|at| best[at].confidence >= cue.confidence) {
                    continue;
                }
                let finding = Finding {
                    label,
                    range: found.range,
                    rule: format!("{}.{}", cue.label, cue.rule),
                    confidence: cue.confidence,
                };
                match known {
                    Some(at) => best[at] = finding,
                    None => best.push(finding),
                }
            }
        }
        best.sort_by_key(|finding| finding.label);
        best
    }
}
