//! A repository in figures, for the report: one pass over all live calls, a call in
//! memory at a time.

use std::collections::{BTreeMap, HashMap, HashSet};

use rehearsal_dataset::LIKENESS;
use rehearsal_model::{ConversationId, Example, ExampleId, Value, Verdict};
use rehearsal_repository::{Fingerprint, Kind, Repository};

use crate::records::{
    ANALYSES, CALLS, CallRecord, ENTRIES, LIKENESSES, PRODUCTS, PROFILES, Product, Subjects,
    likeness_mark,
};
use crate::{PipelineError, entries};

/// What is in a repository, counted.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// By source id.
    pub sources: BTreeMap<String, SourceOverview>,
    /// Labels by annotation name, then class.
    pub labels: BTreeMap<String, BTreeMap<String, u64>>,
    /// Personal data that was replaced.
    pub redacted: Redacted,
    /// Calls that say nearly the same.
    pub duplicates: Duplicates,
    /// The first examples of each path and family that no validator kept out.
    pub samples: BTreeMap<String, Vec<(ExampleId, Example)>>,
}

/// Personal data that was replaced.
#[derive(Debug, Clone, Default)]
pub struct Redacted {
    /// Calls in which there was any.
    pub calls: u64,
    /// How much, by kind.
    pub found: BTreeMap<String, u64>,
}

/// Calls that say nearly the same.
#[derive(Debug, Clone, Default)]
pub struct Duplicates {
    /// Pairs. Of calls that belong together anyway, not every pair is looked at.
    pub pairs: u64,
    /// Calls in them.
    pub calls: u64,
    /// The first pairs, with how alike they are.
    pub examples: Vec<(ConversationId, ConversationId, f64)>,
}

/// Pairs of duplicates that are named.
const NAMED_PAIRS: usize = 10;

/// What came from a source.
#[derive(Debug, Clone, Default)]
pub struct SourceOverview {
    /// Calls.
    pub calls: u64,
    /// Of them, with a recording.
    pub recordings: u64,
    /// Turns.
    pub turns: u64,
    /// Words.
    pub words: u64,
    /// Milliseconds of calls whose length is known.
    pub duration_ms: u64,
    /// Calls whose length is not known.
    pub without_length: u64,
    /// Calls by licence.
    pub licences: BTreeMap<String, u64>,
}

/// Counts what is in a repository, with `samples` examples of each path and family.
///
/// # Errors
/// When the repository cannot be read.
pub fn overview(repository: &Repository, samples: usize) -> Result<Overview, PipelineError> {
    let mut overview = Overview::default();
    let mut texts = Texts::default();
    for entry in repository.scan(&ENTRIES, [])? {
        let entry = entry?;
        let (slot, entry) = (entry.key, entry.value);
        if entry.gone {
            continue;
        }
        entries::for_each_part(repository, &slot, &entry, |part| {
            for item in &part.items {
                overview.add_call(repository, &entry.source, item.id, samples)?;
                texts.add(repository, item.id)?;
            }
            Ok(())
        })?;
    }
    overview.duplicates = texts.duplicates(repository)?;
    Ok(overview)
}

/// What tells which texts are alike: a few bytes a call.
#[derive(Default)]
struct Texts {
    versions: HashMap<ConversationId, Fingerprint>,
    same: BTreeMap<u64, Vec<ConversationId>>,
}

impl Texts {
    fn add(&mut self, repository: &Repository, id: ConversationId) -> Result<(), PipelineError> {
        if let Some(version) = repository.fingerprint(Kind::Conversation, id.as_bytes())? {
            self.versions.insert(id, version);
        }
        if let Some(profile) = repository.get(&PROFILES, id.as_bytes())? {
            self.same.entry(profile.signature.whole).or_default().push(id);
        }
        Ok(())
    }

    fn duplicates(self, repository: &Repository) -> Result<Duplicates, PipelineError> {
        let mut pairs = Vec::new();
        for same in self.same.values() {
            pairs.extend(same.windows(2).map(|pair| (pair[0], pair[1], 1.0)));
        }
        for record in repository.scan(&LIKENESSES, [])? {
            let record = record?;
            let id = |part: Option<&[u8]>| {
                <[u8; 16]>::try_from(part?).ok().map(ConversationId::from_bytes)
            };
            let (one, other) = (id(record.key.get(..16)), id(record.key.get(16..)));
            let Some((one, other)) = one.zip(other) else { continue };
            let versions = self.versions.get(&one).zip(self.versions.get(&other));
            // What is kept of a version that is gone says nothing.
            let valid = versions.is_some_and(|(a, b)| likeness_mark(a, b) == record.fingerprint);
            if valid && record.value >= LIKENESS {
                pairs.push((one, other, record.value));
            }
        }
        let calls: HashSet<ConversationId> =
            pairs.iter().flat_map(|pair| [pair.0, pair.1]).collect();
        let (count, calls) = (pairs.len() as u64, calls.len() as u64);
        pairs.truncate(NAMED_PAIRS);
        Ok(Duplicates { pairs: count, calls, examples: pairs })
    }
}

impl Overview {
    fn add_call(
        &mut self,
        repository: &Repository,
        source: &str,
        id: ConversationId,
        samples: usize,
    ) -> Result<(), PipelineError> {
        let key = id.as_bytes();
        let Some(call) = repository.get(&CALLS, key)? else { return Ok(()) };
        self.sources.entry(source.to_owned()).or_default().add(&call);
        self.redacted.calls += u64::from(!call.redactions.is_empty());
        for redaction in &call.redactions {
            *self.redacted.found.entry(redaction.kind.name().to_owned()).or_default() += 1;
        }
        for stage in repository.get(&ANALYSES, key)?.unwrap_or_default().stages {
            for annotation in stage.annotations {
                if let Value::Label(label) = annotation.value {
                    let of_name = self.labels.entry(annotation.name).or_default();
                    *of_name.entry(label.name).or_default() += 1;
                }
            }
        }
        if let Some(product) = repository.get(&PRODUCTS, key)? {
            self.add_samples(id, product, samples);
        }
        Ok(())
    }
}

impl SourceOverview {
    fn add(&mut self, record: &CallRecord) {
        let call = &record.conversation;
        self.calls += 1;
        self.recordings += u64::from(record.media.is_some());
        self.turns += call.turns.len() as u64;
        self.words += call.text.split_whitespace().count() as u64;
        let last = call.turns.iter().filter_map(|turn| turn.end_ms).max();
        let length = call.duration_ms.or(last);
        self.duration_ms += u64::from(length.unwrap_or_default());
        self.without_length += u64::from(length.is_none());
        let licence = call.licence.clone().unwrap_or_else(|| "unknown".to_owned());
        *self.licences.entry(licence).or_default() += 1;
    }
}

impl Overview {
    fn add_samples(&mut self, conversation: ConversationId, product: Product, most: usize) {
        let mut rejected = HashSet::new();
        for inspection in product.inspections.iter().filter(|i| i.subjects == Subjects::Examples) {
            let verdicts = inspection.verdicts.iter().enumerate();
            let kept_out = verdicts.filter(|(_, verdict)| matches!(verdict, Verdict::Reject(_)));
            rejected.extend(kept_out.map(|(at, _)| at));
        }
        let mut at = 0;
        for path in product.paths {
            for example in path.examples {
                let kept_out = rejected.contains(&at);
                at += 1;
                let samples = self.samples.entry(path.path.clone()).or_default();
                let known = samples.iter().filter(|(_, other)| other.family == example.family);
                if !kept_out && known.count() < most {
                    let key = example.key.clone();
                    let id = ExampleId { path: path.path.clone(), conversation, key };
                    samples.push((id, example));
                }
            }
        }
    }
}
