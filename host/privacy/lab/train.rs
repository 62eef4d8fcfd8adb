//! Weights from calls.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use rehearsal_privacy::{BUCKETS, CallText, Commonness, Weights};

use crate::corpus::{self, Call, Gold};
use crate::fit::{Rows, fit};

/// Weight of the penalty on large weights.
const RIDGE: f64 = 1.0;

pub(crate) fn run(folder: &Path, weights: &Path) -> Result<(), Box<dyn Error>> {
    let calls = corpus::load(folder)?;
    let bytes = weights_of(&calls.iter().collect::<Vec<_>>()).to_bytes();
    fs::write(weights, &bytes)?;
    println!("{} calls, {} bytes: {}", calls.len(), bytes.len(), weights.display());
    Ok(())
}

/// The tagger as it learns from some calls.
pub(crate) fn weights_of(calls: &[&Call]) -> Weights {
    let lower: Vec<HashSet<String>> = calls.iter().map(|call| lower_words(call)).collect();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for words in &lower {
        words.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    }
    let mut rows = Rows::default();
    for (call, own) in calls.iter().zip(&lower) {
        // Else every name of a training call would look rarer than it will in new ones.
        let common = Excluding { counts: &counts, own };
        let texts = call.texts();
        let text = CallText::new(&texts);
        let gold = call.gold();
        for candidate in text.candidates(&common) {
            rows.features.push(text.features(candidate, &common));
            let span = text.span(candidate);
            let is_name = |gold: &Gold| {
                gold.kind == "person" && gold.span.start < span.end && span.start < gold.span.end
            };
            rows.names.push(gold[candidate.turn].iter().any(is_name));
        }
    }
    let weights = fit(&rows, BUCKETS, RIDGE);
    let common = counts.iter().map(|(word, count)| ((*word).to_owned(), level(*count)));
    let trained = Weights::new(weights, common);
    // What ships is rounded to eight bits, so that is what is measured.
    Weights::from_bytes(&trained.to_bytes()).unwrap_or(trained)
}

/// Words that a call uses in lower case and not as names.
fn lower_words(call: &Call) -> HashSet<String> {
    let texts = call.texts();
    let text = CallText::new(&texts);
    let mut words: HashSet<String> = text.lower_words().map(ToOwned::to_owned).collect();
    let persons: Vec<String> = call
        .gold()
        .iter()
        .zip(&texts)
        .flat_map(|(gold, text)| {
            gold.iter().filter(|g| g.kind == "person").map(|g| text[g.span.clone()].to_owned())
        })
        .collect();
    for person in &persons {
        CallText::new(&[person]).all_words().for_each(|word| {
            words.remove(word);
        });
    }
    words
}

fn level(calls: u32) -> u8 {
    match calls {
        0 => 0,
        1..3 => 1,
        3..12 => 2,
        _ => 3,
    }
}

/// Counts over calls without one of them.
struct Excluding<'a> {
    counts: &'a BTreeMap<&'a str, u32>,
    own: &'a HashSet<String>,
}

impl Commonness for Excluding<'_> {
    fn level(&self, base: &str) -> u8 {
        let count = self.counts.get(base).copied().unwrap_or_default();
        level(count - u32::from(self.own.contains(base) && count > 0))
    }
}
