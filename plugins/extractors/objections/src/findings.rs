//! The labels of turns. Tier one: phrases, and the form of a turn after an objection.

use rehearsal_cues::{Cues, Scan};
use rehearsal_labels::{Finding, TurnCues};
use rehearsal_sdk::prelude::{Result, Turn};
use rehearsal_talk::words;

use crate::{Config, MOVES, TYPES};

include!(concat!(env!("OUT_DIR"), "/objection_cues.rs"));
include!(concat!(env!("OUT_DIR"), "/move_cues.rs"));

const OUTCOMES: [&str; 2] = ["outcome:resolved", "outcome:deferred"];

/// Longest question that asks back, in words.
const SHORT_QUESTION: usize = 12;
/// Shortest answer that explains, in words.
const LONG_ANSWER: usize = 25;

/// Finds labels by cues and form.
#[derive(Debug)]
pub struct Finder {
    prospect: TurnCues,
    seller: TurnCues,
}

/// What a prospect's turn does.
#[derive(Debug, Default, PartialEq)]
pub struct Prospect {
    /// The surest objection.
    pub objection: Option<Finding>,
    /// `resolved` or `deferred`, if the turn ends a matter so.
    pub outcome: Option<Finding>,
}

impl Finder {
    /// Sets up the cues that a pipeline wants.
    ///
    /// # Errors
    /// A cue of the configuration makes no sense; the message shows it.
    pub fn new(config: &Config) -> Result<Self> {
        let (seller, prospect): (Vec<String>, Vec<String>) =
            config.cues.iter().cloned().partition(|cue| {
                MOVES.iter().any(|label| cue.trim_start().starts_with(&format!("{label}.")))
            });
        let of_prospect: Vec<&str> = TYPES.iter().chain(&OUTCOMES).copied().collect();
        let replace = config.replace_cues;
        Ok(Self {
            prospect: TurnCues::new(&OBJECTION_CUES, &prospect, replace, &of_prospect)?,
            seller: TurnCues::new(&MOVE_CUES, &seller, replace, MOVES)?,
        })
    }

    /// What a prospect's turn does.
    pub fn objection(&self, scan: &mut Scan, turn: Turn<'_>) -> Prospect {
        let found = self.prospect.find(scan, turn.text());
        let (outcomes, objections): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|one| one.label.starts_with("outcome:"));
        let mut outcome = surest(outcomes);
        if let Some(outcome) = &mut outcome {
            outcome.label = outcome.label.trim_start_matches("outcome:").to_owned();
        }
        Prospect { objection: surest(objections), outcome }
    }

    /// How a seller's turn handles an objection; `next` where it follows the objection at
    /// once, so that its form tells something, too.
    pub fn handling(&self, scan: &mut Scan, turn: Turn<'_>, next: bool) -> Option<Finding> {
        surest(self.phrases(scan, turn)).or_else(|| form(turn.text()).filter(|_| next))
    }

    /// Moves that phrases of a seller's turn tell.
    pub(crate) fn phrases(&self, scan: &mut Scan, turn: Turn<'_>) -> Vec<Finding> {
        self.seller.find(scan, turn.text())
    }
}

/// The form of a turn right after an objection: a short question asks back, a long
/// statement answers. Confidences are the shares that are right on examples/corpus.
fn form(text: &str) -> Option<Finding> {
    let length = words(text).count();
    let asks = text.trim_end().trim_end_matches(['"', '\u{201d}']).ends_with('?');
    if asks && length <= SHORT_QUESTION {
        Some(Finding::rule("clarify", "short_question", 0.48))
    } else if !text.contains('?') && length >= LONG_ANSWER {
        Some(Finding::rule("discuss", "long_answer", 0.5))
    } else {
        None
    }
}

pub(crate) fn surest(found: Vec<Finding>) -> Option<Finding> {
    // The first of equally sure ones.
    found.into_iter().reduce(|best, one| if one.confidence > best.confidence { one } else { best })
}
