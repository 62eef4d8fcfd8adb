//! The labels of a seller's turn. Tier one: phrases, and forms that no phrase tells.

use rehearsal_cues::{Cues, Scan};
use rehearsal_labels::{Finding, TurnCues, join};
use rehearsal_sdk::prelude::{Call, Result, Role, Turn};
use rehearsal_talk::Lexicon;

use crate::{Config, SPIN, TECHNIQUES, discovery, form};

include!(concat!(env!("OUT_DIR"), "/cues.rs"));

/// What a seller's turn does, by kind.
#[derive(Debug, Default, PartialEq)]
pub struct Seller {
    /// Techniques.
    pub techniques: Vec<Finding>,
    /// SPIN question types.
    pub spin: Vec<Finding>,
    /// BANT elements that no technique implies.
    pub bant: Vec<Finding>,
    /// MEDDICC elements that no technique implies.
    pub meddicc: Vec<Finding>,
}

/// Finds labels by cues and form.
#[derive(Debug)]
pub struct Finder {
    cues: TurnCues,
    lexicon: Lexicon,
}

impl Finder {
    /// Sets up the cues that a pipeline wants.
    ///
    /// # Errors
    /// A cue of the configuration makes no sense; the message shows it.
    pub fn new(config: &Config) -> Result<Self> {
        let prefixed = |prefix: &'static str, labels: &'static [&'static str]| {
            labels.iter().map(move |label| format!("{prefix}:{label}"))
        };
        let labels: Vec<String> = TECHNIQUES
            .iter()
            .map(|label| (*label).to_owned())
            .chain(prefixed("spin", SPIN.labels))
            .chain(prefixed("bant", discovery::BANT.labels))
            .chain(prefixed("meddicc", discovery::MEDDICC.labels))
            .collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let cues = TurnCues::new(&CUES, &config.cues, config.replace_cues, &labels)?;
        Ok(Self { cues, lexicon: Lexicon::default() })
    }

    /// The best finding of each label in a seller's turn.
    pub fn find(&self, scan: &mut Scan, call: &Call<'_>, turn: Turn<'_>) -> Seller {
        let mut found = self.phrases(scan, turn);
        let before = (turn.index() as usize).checked_sub(1).and_then(|index| call.turn(index));
        let customer = before.filter(|before| before.role() == Role::Prospect);
        let mirrored = customer.and_then(|before| form::mirroring(&self.lexicon, turn, before));
        join(&mut found.techniques, mirrored.into_iter().chain(form::feature_dump(turn.text())));
        // Asking what a solution would be worth is a technique and the fourth SPIN type.
        let payoff = found.techniques.iter().find(|one| one.label == "need_payoff");
        join(&mut found.spin, payoff.cloned());
        found
    }

    /// What phrases alone tell.
    pub(crate) fn phrases(&self, scan: &mut Scan, turn: Turn<'_>) -> Seller {
        let mut found = Seller::default();
        for mut finding in self.cues.find(scan, turn.text()) {
            let kind = match finding.label.split_once(':') {
                Some(("spin", _)) => &mut found.spin,
                Some(("bant", _)) => &mut found.bant,
                Some(("meddicc", _)) => &mut found.meddicc,
                _ => &mut found.techniques,
            };
            finding.label = finding.label.rsplit(':').next().unwrap_or_default().to_owned();
            kind.push(finding);
        }
        found
    }
}
