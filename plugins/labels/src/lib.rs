//! What extractors of labels share: a [`Finding`], whichever tier it comes from, and
//! [`TurnCues`], tier one.

pub mod names;

use std::ops::Range;

use rehearsal_cues::{Cues, Finder, Scan};
use rehearsal_sdk::prelude::*;

/// A label found in a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Name of the label.
    pub label: String,
    /// Where it stands: bytes of the turn's text; none where the whole turn carries it.
    pub range: Option<Range<usize>>,
    /// The method that found it.
    pub tier: Tier,
    /// The rule or model: `consequence.if_nothing`.
    pub rule: String,
    /// How often such a finding is right, 0 to 1.
    pub confidence: f32,
    /// Other turns that it rests on.
    pub related: Vec<u32>,
}

impl Finding {
    /// What a rule of tier one finds in a whole turn.
    #[must_use]
    pub fn rule(label: &str, rule: &str, confidence: f32) -> Self {
        Self {
            label: label.to_owned(),
            range: None,
            tier: Tier::Cue,
            rule: format!("{label}.{rule}"),
            confidence,
            related: Vec::new(),
        }
    }

    /// Says where in the turn.
    #[must_use]
    pub fn within(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    /// Names another turn that it rests on.
    #[must_use]
    pub fn resting_on(mut self, turn: u32) -> Self {
        self.related.push(turn);
        self
    }

    /// As an annotation of a turn.
    #[must_use]
    pub fn annotate(&self, kind: &Kind, turn: Turn<'_>) -> Annotation {
        let label =
            Label { name: self.label.clone(), tier: self.tier, confidence: self.confidence };
        match &self.range {
            Some(range) => kind.at(turn.excerpt(range.clone()), label),
            None => kind.at(turn, label),
        }
        .by(self.rule.clone())
        .with_turns(self.related.iter().copied())
    }
}

/// Keeps the best finding of each label; the earlier of equally good ones.
pub fn join(findings: &mut Vec<Finding>, more: impl IntoIterator<Item = Finding>) {
    for finding in more {
        match findings.iter_mut().find(|known| known.label == finding.label) {
            Some(known) if known.confidence >= finding.confidence => {}
            Some(known) => *known = finding,
            None => findings.push(finding),
        }
    }
}

/// Tier one of one side's turns: phrases that tell what a turn does.
#[derive(Debug)]
pub struct TurnCues {
    finder: Finder,
}

impl TurnCues {
    /// The built-in cues and those that a pipeline adds or puts in their place; of `own`
    /// those whose label is one of `labels`.
    ///
    /// # Errors
    /// A cue makes no sense; the message shows it.
    pub fn new(
        built_in: &'static Cues,
        own: &[String],
        replace: bool,
        labels: &[&str],
    ) -> Result<Self> {
        let finder = Finder::new(built_in, own, replace, labels)
            .map_err(|what| Error::permanent(format!("config.cues: {what}")))?;
        Ok(Self { finder })
    }

    /// The best match of each label that stands in a text.
    pub fn find(&self, scan: &mut Scan, text: &str) -> Vec<Finding> {
        let hits = self.finder.best(scan, text).into_iter();
        hits.map(|hit| {
            Finding::rule(&hit.cue.label, &hit.cue.rule, hit.cue.confidence).within(hit.range)
        })
        .collect()
    }
}
