//! Why subjects were kept out or marked: by validator and check, with examples of each.

use std::collections::BTreeMap;

use rehearsal_model::{ConversationId, ExampleId, Verdict};
use rehearsal_repository::{Repository, RepositoryError};
use serde::Serialize;

use crate::records::{CALLS, Inspection, PRODUCTS, Product, Subjects};

/// What one check of one validator objected to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Objection {
    /// The validator's id.
    pub validator: String,
    /// The check's name.
    pub check: String,
    /// Subjects that it kept out of the data sets.
    pub rejected: u64,
    /// Subjects that it marked.
    pub flagged: u64,
    /// The first ones, in the order of call ids.
    pub examples: Vec<Subject>,
}

/// A subject that a check objected to.
#[derive(Debug, Clone, Serialize)]
pub struct Subject {
    /// Of a call, or of an example: PATH/CALL/KEY.
    pub id: String,
    /// What the check saw.
    pub reason: String,
}

/// All objections with at most `most` examples of each, most frequent first.
///
/// # Errors
/// When the repository cannot be read.
pub fn why(repository: &Repository, most: usize) -> Result<Vec<Objection>, RepositoryError> {
    let mut all: BTreeMap<(String, String), Objection> = BTreeMap::new();
    for product in repository.scan(&PRODUCTS, [])? {
        let product = product?;
        let Ok(bytes) = <[u8; 16]>::try_from(product.key.as_slice()) else { continue };
        let call = ConversationId::from_bytes(bytes);
        if !repository.contains(CALLS.kind(), product.key.as_slice())? {
            continue;
        }
        for inspection in &product.value.inspections {
            for (subject, verdict) in inspection.verdicts.iter().enumerate() {
                let (finding, rejects) = match verdict {
                    Verdict::Accept => continue,
                    Verdict::Reject(finding) => (finding, true),
                    Verdict::Flag(finding) => (finding, false),
                };
                let slot = (inspection.validator.clone(), finding.check.clone());
                let objection =
                    all.entry(slot).or_insert_with_key(|(validator, check)| Objection {
                        validator: validator.clone(),
                        check: check.clone(),
                        ..Objection::default()
                    });
                *if rejects { &mut objection.rejected } else { &mut objection.flagged } += 1;
                if objection.examples.len() < most {
                    let id = subject_id(call, &product.value, inspection, subject);
                    objection.examples.push(Subject { id, reason: finding.reason.clone() });
                }
            }
        }
    }
    let mut all: Vec<Objection> = all.into_values().collect();
    all.sort_by_key(|objection| std::cmp::Reverse(objection.rejected + objection.flagged));
    Ok(all)
}

/// As commands take it: `show` a call's, `explain` an example's.
fn subject_id(
    call: ConversationId,
    product: &Product,
    inspection: &Inspection,
    subject: usize,
) -> String {
    let example = product
        .paths
        .iter()
        .flat_map(|made| made.examples.iter().map(|example| (&made.path, &example.key)))
        .nth(subject);
    match (inspection.subjects, example) {
        (Subjects::Examples, Some((path, key))) => {
            ExampleId { path: path.clone(), conversation: call, key: key.clone() }.to_string()
        }
        _ => call.to_string(),
    }
}
