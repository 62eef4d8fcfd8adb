//! Which calls belong together, and where they go.

use std::mem;

use rehearsal_config::Split as Authored;
use rehearsal_dataset::{
    Division as Rule, Graph, LIKENESS, Shares, Shingles, Signature, Split, assign, near_duplicates,
};
use rehearsal_repository::{Fingerprint, Repository, Unit};

use super::corpus::Corpus;
use crate::PipelineError;
use crate::plan::Plan;
use crate::records::{CALLS, LIKENESSES, likeness_key, likeness_mark};

/// How a data set is divided.
#[derive(PartialEq)]
pub(crate) struct Division {
    rule: Rule,
    pub(super) stratify: Vec<String>,
}

impl Division {
    /// Of a path, or of the calls themselves.
    pub(super) fn of(plan: &Plan, path: Option<usize>) -> Self {
        let own = path.and_then(|path| plan.paths[path].split.as_ref());
        match own.or(plan.datasets.split.as_ref()) {
            None => Self { rule: Rule::UNDIVIDED, stratify: Vec::new() },
            Some(authored) => Self { rule: rule(authored), stratify: authored.stratify.clone() },
        }
    }

    /// Where each call goes; none for what stays out.
    pub(super) fn places(
        &self,
        corpus: &Corpus,
        graph: &mut Graph,
        seed: u64,
    ) -> Vec<Option<Split>> {
        let mut places = assign(&corpus.members(self), graph, &self.rule, seed);
        for (place, call) in places.iter_mut().zip(&corpus.calls) {
            if call.refused {
                *place = None;
            }
        }
        places
    }

    pub(super) fn in_words(&self, seed: u64) -> String {
        let Shares { train, validation, test } = self.rule.shares;
        if self.rule == Rule::UNDIVIDED {
            return "It is one undivided set.".to_owned();
        }
        let mut text = format!(
            "Shares: train {train}, validation {validation}, test {test}, alike in every stratum \
             of {}, seed {seed}.",
            self.stratify.join(", ")
        );
        if self.rule.test_sellers > 0.0 {
            let share = self.rule.test_sellers;
            text.push_str(&format!(" `test_sellers` has the calls of {share} of the sellers, who are in no other split."));
        }
        if let Some(day) = &self.rule.test_since {
            text.push_str(&format!(" `test_time` has the calls since {day}."));
        }
        text
    }
}

fn rule(authored: &Authored) -> Rule {
    let Authored { train, validation, test, .. } = *authored;
    Rule {
        shares: Shares { train, validation, test },
        test_sellers: authored.test_sellers,
        test_since: authored.test_since.clone(),
    }
}

/// The graph of what belongs together. Texts are read for pairs that look alike and were
/// not compared before.
pub(super) fn graph(
    repository: &Repository,
    corpus: &Corpus,
    signatures: &[Signature],
) -> Result<Graph, PipelineError> {
    let members = corpus.members(&Division { rule: Rule::UNDIVIDED, stratify: Vec::new() });
    let mut graph = Graph::new(&members);
    let mut texts = Texts { repository, corpus, last: None };
    let mut fresh = Fresh { repository, unit: repository.unit(), held: 0 };
    near_duplicates(signatures, |a, b| -> Result<(), PipelineError> {
        if graph.joined(a, b) {
            return Ok(());
        }
        let [one, other] = [a, b].map(|place| &signatures[place as usize]);
        if one.whole == other.whole {
            graph.link(a, b);
            return Ok(());
        }
        let [x, y] = [a, b].map(|place| &corpus.calls[place as usize]);
        let key = likeness_key(&x.id, &y.id);
        let mark = likeness_mark(&x.said, &y.said);
        let known = match repository.fingerprint(LIKENESSES.kind(), &key)? {
            Some(known) if known == mark => repository.get(&LIKENESSES, &key).ok().flatten(),
            _ => None,
        };
        let likeness = match known {
            Some(likeness) => likeness,
            None => {
                let likeness = texts.shingles(a)?.likeness(&texts.other(b)?);
                fresh.keep(key, mark, likeness)?;
                likeness
            }
        };
        if likeness >= LIKENESS {
            graph.link(a, b);
        }
        Ok(())
    })?;
    repository.commit(fresh.unit)?;
    Ok(graph)
}

/// Likenesses that were not known before. Each stands alone, so they are kept a part at a
/// time: a corpus whose calls look alike has hundreds of pairs a call.
struct Fresh<'a> {
    repository: &'a Repository,
    unit: Unit,
    held: usize,
}

impl Fresh<'_> {
    /// Likenesses that are kept at once.
    const PART: usize = 8_192;

    fn keep(
        &mut self,
        key: Vec<u8>,
        mark: Fingerprint,
        likeness: f64,
    ) -> Result<(), PipelineError> {
        self.unit.put(&LIKENESSES, key, mark, &likeness)?;
        self.held += 1;
        if self.held == Self::PART {
            self.repository.commit(mem::replace(&mut self.unit, self.repository.unit()))?;
            self.held = 0;
        }
        Ok(())
    }
}

/// Texts as shingles; the last one is at hand, since buckets compare one with several.
struct Texts<'a> {
    repository: &'a Repository,
    corpus: &'a Corpus,
    last: Option<(u32, Shingles)>,
}

impl Texts<'_> {
    fn shingles(&mut self, place: u32) -> Result<Shingles, PipelineError> {
        if let Some((known, shingles)) = &self.last
            && *known == place
        {
            return Ok(shingles.clone());
        }
        let shingles = self.other(place)?;
        self.last = Some((place, shingles.clone()));
        Ok(shingles)
    }

    fn other(&self, place: u32) -> Result<Shingles, PipelineError> {
        let id = self.corpus.calls[place as usize].id;
        let call = self.repository.get(&CALLS, id.as_bytes())?;
        Ok(call.map(|call| Shingles::of(&call.said())).unwrap_or_default())
    }
}
