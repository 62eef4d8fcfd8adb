//! Which elements of BANT and MEDDICC the seller asks after.

use std::collections::BTreeSet;

use rehearsal_labels::{Finding, join};
use rehearsal_sdk::prelude::*;

use crate::Seller;

pub(crate) const BANT: Kind =
    Kind::new("bant", "bant@1", "BANT element that part of a seller's turn asks after")
        .with_labels(&["budget", "authority", "need", "timing"]);

pub(crate) const MEDDICC: Kind =
    Kind::new("meddicc", "meddicc@1", "MEDDICC element that part of a seller's turn asks after")
        .with_labels(&[
            "metrics",
            "economic_buyer",
            "decision_criteria",
            "decision_process",
            "identify_pain",
            "champion",
            "competition",
        ]);

pub(crate) const BANT_COVERAGE: Kind = Kind::new(
    "bant_coverage",
    "bant.coverage@1",
    "Share of the four BANT elements that the seller asks after, 0 to 1",
);

pub(crate) const MEDDICC_COVERAGE: Kind = Kind::new(
    "meddicc_coverage",
    "meddicc.coverage@1",
    "Share of the seven MEDDICC elements that the seller asks after, 0 to 1",
);

/// Techniques and SPIN types that discover an element.
const IMPLIED: [(&str, Option<&str>, Option<&str>); 4] = [
    ("budget_discovery", Some("budget"), None),
    ("authority_discovery", Some("authority"), Some("economic_buyer")),
    ("problem", Some("need"), Some("identify_pain")),
    ("implication", None, Some("identify_pain")),
];

/// Adds up the seller's turns.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    bant: BTreeSet<String>,
    meddicc: BTreeSet<String>,
}

impl Discovered {
    /// The elements that a turn asks after.
    pub(crate) fn turn(&mut self, found: &Seller, turn: Turn<'_>) -> Vec<Annotation> {
        let (mut bant, mut meddicc) = (found.bant.clone(), found.meddicc.clone());
        for (label, to_bant, to_meddicc) in IMPLIED {
            let finding = found.techniques.iter().chain(&found.spin).find(|one| one.label == label);
            let Some(finding) = finding else { continue };
            let named = |name: &str| Finding { label: name.to_owned(), ..finding.clone() };
            join(&mut bant, to_bant.map(named));
            join(&mut meddicc, to_meddicc.map(named));
        }
        self.bant.extend(bant.iter().map(|finding| finding.label.clone()));
        self.meddicc.extend(meddicc.iter().map(|finding| finding.label.clone()));
        let bant = bant.iter().map(|finding| finding.annotate(&BANT, turn));
        bant.chain(meddicc.iter().map(|finding| finding.annotate(&MEDDICC, turn))).collect()
    }

    pub(crate) fn coverage(&self, call: &Call<'_>) -> Vec<Annotation> {
        let share = |kind: Kind, found: &BTreeSet<String>, all: Kind| {
            kind.at(call, found.len() as f64 / all.labels.len() as f64).by(kind.definition)
        };
        vec![
            share(BANT_COVERAGE, &self.bant, BANT),
            share(MEDDICC_COVERAGE, &self.meddicc, MEDDICC),
        ]
    }
}
