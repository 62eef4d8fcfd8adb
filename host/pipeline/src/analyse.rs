//! Calls to examples: for a batch of calls, extractors, validators of calls, paths,
//! validators of examples, and one unit of the repository.
//!
//! A former result is taken again where its cache key is the same, so that a changed
//! validator re-runs one stage. An item that a plugin fails on goes to the dead letters
//! and no further; the others of its batch go on.

mod inspect;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rehearsal_model::{Annotation, ConversationId, Digest, Example};
use rehearsal_repository::{Fingerprint, Kind, Repository};

use crate::batch::{self, Trouble};
use crate::experts::Experts;
use crate::letters::{DeadLetter, Input, dead_letter_key};
use crate::outside::{kept_in, unavailable};
use crate::plan::{Plan, Ready, ReadyPath};
use crate::records::{
    ANALYSES, Analysis, CALLS, CallRecord, DEAD_LETTERS, PRODUCTS, PROFILES, PathProduct, Product,
    StageAnnotations, Subjects, fingerprint,
};
use crate::summary::StageSummary;
use crate::{PipelineError, keys, profile};
use inspect::inspect;

/// What came of a batch.
#[derive(Default)]
pub(crate) struct Analysed {
    pub(crate) stages: BTreeMap<String, StageSummary>,
    /// For the operator, one a failed item.
    pub(crate) errors: Vec<String>,
    /// Calls that were put off, by stage and reason.
    pub(crate) put_off: BTreeMap<(String, String), u64>,
    /// Time in plugins, their instances included.
    pub(crate) plugins: Duration,
    /// Time of reading and keeping records.
    pub(crate) store: Duration,
}

/// A call on its way through the stages.
struct Work {
    id: ConversationId,
    call: CallRecord,
    digest: Digest,
    former_analysis: Analysis,
    former_product: Product,
    analysis: Analysis,
    product: Product,
    failure: Option<DeadLetter>,
    /// The failure may pass by itself.
    unsettled: bool,
    /// A server could not be asked about it: it has a product, but not its last one.
    put_off: bool,
    /// A validator of calls keeps it from the paths.
    rejected: bool,
}

impl Work {
    fn annotations(&self) -> impl Iterator<Item = &Annotation> {
        self.analysis.annotations()
    }

    const fn as_input(&self) -> Input {
        Input::Call { id: self.id, digest: self.digest }
    }

    fn examples(&self) -> impl Iterator<Item = &Example> {
        self.product.paths.iter().flat_map(|path| &path.examples)
    }
}

/// Runs all stages on some calls and keeps what they give.
pub(crate) async fn analyse(
    plan: &Plan,
    repository: &Repository,
    experts: &Experts,
    ids: &[ConversationId],
) -> Result<Analysed, PipelineError> {
    let mut done = Analysed::default();
    let started = Instant::now();
    let mut works = Vec::with_capacity(ids.len());
    for id in ids {
        works.extend(open(repository, *id)?);
    }
    done.store += started.elapsed();
    for stage in &plan.extractors {
        extract(stage, &mut works, &mut done).await?;
    }
    for validator in plan.validators.iter().filter(|v| v.inspects == Subjects::Conversations) {
        inspect(validator, experts, &mut works, &mut done).await?;
    }
    for path in &plan.paths {
        build(path, &plan.extractors, &mut works, &mut done).await?;
    }
    for validator in plan.validators.iter().filter(|v| v.inspects == Subjects::Examples) {
        inspect(validator, experts, &mut works, &mut done).await?;
    }
    let started = Instant::now();
    keep(plan, repository, experts, works, &mut done)?;
    done.store += started.elapsed();
    Ok(done)
}

fn open(repository: &Repository, id: ConversationId) -> Result<Option<Work>, PipelineError> {
    let Some(call) = repository.get(&CALLS, id.as_bytes())? else { return Ok(None) };
    // What cannot be read any more is made again.
    let former_analysis = repository.get(&ANALYSES, id.as_bytes()).ok().flatten();
    let former_product = repository.get(&PRODUCTS, id.as_bytes()).ok().flatten();
    let digest = call.digest();
    Ok(Some(Work {
        id,
        call,
        digest,
        former_analysis: former_analysis.unwrap_or_default(),
        former_product: former_product.unwrap_or_default(),
        analysis: Analysis::default(),
        product: Product::default(),
        failure: None,
        unsettled: false,
        put_off: false,
        rejected: false,
    }))
}

async fn extract(
    stage: &Ready<rehearsal_sandbox::Extractor>,
    works: &mut [Work],
    done: &mut Analysed,
) -> Result<(), PipelineError> {
    let summary = done.stages.entry(stage.id.clone()).or_default();
    let mut fresh = Vec::new();
    for (index, work) in works.iter_mut().enumerate().filter(|(_, work)| work.failure.is_none()) {
        let key = keys::on_call(&stage.key, &work.digest, &[]);
        match take_annotations(&mut work.former_analysis, &stage.id, &key) {
            Some(former) => {
                summary.cached += 1;
                work.analysis.stages.push(former);
            }
            None => match kept_in(&work.call).filter(|_| stage.outside.is_some()) {
                Some(reason) => put_off(work, stage, reason, summary, &mut done.put_off),
                None => fresh.push((index, key)),
            },
        }
    }
    let outcomes = {
        let inputs: Vec<_> = fresh
            .iter()
            .map(|(index, _)| (works[*index].id, &works[*index].call.conversation))
            .collect();
        let started = Instant::now();
        let call = async |part: &[_]| stage.handle.extract(part).await;
        let outcomes = match &stage.outside {
            Some(outside) => batch::apart(&inputs, outside, call).await?,
            None => batch::each(&inputs, call).await?,
        };
        done.plugins += started.elapsed();
        outcomes
    };
    for ((index, key), outcome) in fresh.into_iter().zip(outcomes) {
        let work = &mut works[index];
        match outcome {
            Err(trouble) if trouble.transient && stage.outside.is_some() => {
                put_off(work, stage, &trouble.error, summary, &mut done.put_off);
            }
            Ok(annotations) => {
                summary.worked += 1;
                summary.results += annotations.len() as u64;
                work.analysis.stages.push(StageAnnotations {
                    stage: stage.id.clone(),
                    key,
                    component: stage.component.digest(),
                    annotations,
                });
            }
            Err(trouble) => {
                let input = work.as_input();
                fail(work, stage, trouble, input, summary, &mut done.errors);
            }
        }
    }
    Ok(())
}

async fn build(
    path: &ReadyPath,
    extractors: &[Ready<rehearsal_sandbox::Extractor>],
    works: &mut [Work],
    done: &mut Analysed,
) -> Result<(), PipelineError> {
    let stage = &path.stage;
    let summary = done.stages.entry(stage.id.clone()).or_default();
    let mut fresh = Vec::new();
    let mut read = Vec::new();
    for (index, work) in works.iter_mut().enumerate() {
        if work.failure.is_some() || work.rejected {
            continue;
        }
        let annotations = path.read(extractors, &work.analysis);
        let key = keys::on_call(&stage.key, &work.digest, &annotations.iter().collect::<Vec<_>>());
        let former = &mut work.former_product.paths;
        match former.iter().position(|former| former.path == stage.id && former.key == key) {
            Some(at) => {
                summary.cached += 1;
                work.product.paths.push(former.swap_remove(at));
            }
            None => {
                fresh.push((index, key));
                read.push(annotations);
            }
        }
    }
    let outcomes = {
        let inputs: Vec<_> = fresh
            .iter()
            .zip(&read)
            .map(|((index, _), annotations)| {
                (works[*index].id, &works[*index].call.conversation, annotations.as_slice())
            })
            .collect();
        let started = Instant::now();
        let outcomes = batch::each(&inputs, async |part| stage.handle.build(part).await).await?;
        done.plugins += started.elapsed();
        outcomes
    };
    for ((index, key), outcome) in fresh.into_iter().zip(outcomes) {
        let work = &mut works[index];
        match outcome {
            Ok(examples) => {
                summary.worked += 1;
                summary.results += examples.len() as u64;
                work.product.paths.push(PathProduct {
                    path: stage.id.clone(),
                    key,
                    component: stage.component.digest(),
                    examples,
                });
            }
            Err(trouble) => {
                let input = work.as_input();
                fail(work, stage, trouble, input, summary, &mut done.errors);
            }
        }
    }
    Ok(())
}

/// All records of the batch in one unit.
fn keep(
    plan: &Plan,
    repository: &Repository,
    experts: &Experts,
    works: Vec<Work>,
    done: &mut Analysed,
) -> Result<(), PipelineError> {
    let stages = plan.stages_key();
    // Mostly there is none, and nothing to be looked up a stage and call.
    let letters = repository.count(Kind::DeadLetter) > 0;
    let mut unit = repository.unit();
    for work in works {
        let id = work.id.as_bytes();
        let mark = experts.mark(work.id, keys::product(&fingerprint(&work.digest).0, &stages));
        unit.put(&ANALYSES, id, mark, &work.analysis)?;
        let profiled = profile::mark(fingerprint(&work.digest));
        if repository.fingerprint(Kind::Profile, id)? != Some(profiled) {
            unit.put(&PROFILES, id, profiled, &profile::profile(&work.call))?;
        }
        // A call that failed has a product without rows, so that it is not tried again
        // until it, a plugin or the configuration changes; unless the plugin says that it
        // may work later.
        let product = if work.failure.is_some() { Product::default() } else { work.product };
        let settled = match (work.unsettled, work.put_off) {
            (true, _) => Fingerprint::NONE,
            (false, true) => fingerprint(&keys::put_off(&product)),
            (false, false) => mark,
        };
        unit.put(&PRODUCTS, id, settled, &product)?;
        let failed_in = work.failure.as_ref().map(|letter| letter.stage.clone());
        let mended =
            done.stages.keys().filter(|stage| letters && failed_in.as_ref() != Some(stage));
        for stage in mended {
            let slot = dead_letter_key(stage, &work.id.to_string());
            if repository.contains(Kind::DeadLetter, &slot)? {
                unit.delete(Kind::DeadLetter, slot)?;
            }
        }
        if let Some(letter) = work.failure {
            let slot = dead_letter_key(&letter.stage, &letter.item);
            unit.put(&DEAD_LETTERS, slot, mark, &letter)?;
        }
    }
    repository.commit(unit)?;
    Ok(())
}

fn take_annotations(former: &mut Analysis, stage: &str, key: &Digest) -> Option<StageAnnotations> {
    let at = former.stages.iter().position(|f| f.stage == stage && f.key == *key)?;
    Some(former.stages.swap_remove(at))
}

/// A server could not be asked about a call: what it would have said is unavailable.
fn put_off(
    work: &mut Work,
    stage: &Ready<rehearsal_sandbox::Extractor>,
    reason: &str,
    summary: &mut StageSummary,
    put_off: &mut BTreeMap<(String, String), u64>,
) {
    summary.put_off += 1;
    *put_off.entry((stage.id.clone(), reason.to_owned())).or_default() += 1;
    work.put_off = true;
    work.analysis.stages.push(StageAnnotations {
        stage: stage.id.clone(),
        // No key of any result: the next run asks.
        key: Digest::of(b"put off"),
        component: stage.component.digest(),
        annotations: unavailable(&stage.emits, reason),
    });
}

fn fail<T>(
    work: &mut Work,
    stage: &Ready<T>,
    trouble: Trouble,
    input: Input,
    summary: &mut StageSummary,
    errors: &mut Vec<String>,
) {
    summary.failed += 1;
    let item = work.id.to_string();
    let letter = DeadLetter {
        stage: stage.id.clone(),
        item,
        error: trouble.error,
        component: Some(stage.component.digest()),
        config: stage.config.clone(),
        output: trouble.output,
        input,
    };
    errors.push(format!(
        "{}: {} ({}): {}\n  `rehearsal replay {}` shows it once more",
        letter.stage,
        work.call.entry,
        letter.item,
        letter.error,
        letter.id()
    ));
    work.failure = Some(letter);
    work.unsettled = trouble.transient;
}
