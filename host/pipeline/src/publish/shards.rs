//! Shards that changed are written, a shard a worker; the others are taken over.

use std::collections::HashMap;
use std::sync::Arc;

use rehearsal_dataset::{DatasetBuild, Origin, Shard, ShardWriter, Split};
use rehearsal_model::{Annotation, ExampleId, Finding, Hasher, Role, Verdict};
use rehearsal_repository::Repository;
use tokio::task::JoinSet;

use super::corpus::{Corpus, One};
use super::reports::{Partials, partials_stand};
use super::{Target, recipe};
use crate::PipelineError;
use crate::plan::Plan;
use crate::records::{ANALYSES, CALLS, PRODUCTS, PROFILES, Product, Subjects};
use crate::report::Reporter;

/// What is to be done with a shard.
struct Job {
    shard: u32,
    /// Places in the corpus.
    calls: Vec<u32>,
    /// Data sets that it is written for, by place in the targets.
    writers: Vec<(usize, ShardWriter)>,
    /// Whether the validators' partials have to be merged.
    partials: Option<rehearsal_repository::Fingerprint>,
}

/// What came of a job: its calls, and a shard of each data set that was written.
type Written = (u64, Vec<(usize, Shard)>);

/// Writes or takes over every shard of every data set, and the validators' partials.
pub(super) async fn write(
    plan: &Arc<Plan>,
    repository: &Arc<Repository>,
    corpus: &Arc<Corpus>,
    targets: &Arc<Vec<Target>>,
    builds: &mut [DatasetBuild],
    reporter: &dyn Reporter,
) -> Result<(), PipelineError> {
    let recipe = recipe(plan);
    let mut jobs = Vec::new();
    let mut done = 0;
    for (shard, calls) in corpus.by_shard().into_iter().enumerate() {
        let shard = shard as u32;
        let mut writers = Vec::new();
        for (at, (target, build)) in targets.iter().zip(builds.iter_mut()).enumerate() {
            let mut hasher = Hasher::new("shard");
            hasher.part(recipe.as_bytes()).part(target.name.as_bytes());
            for &place in &calls {
                let Some(split) = target.places[place as usize] else { continue };
                let call = &corpus.calls[place as usize];
                hasher.part(call.id.as_bytes()).part(&call.said.0).part(&call.made.0);
                hasher.part(split.name().as_bytes());
                call.about.add_to(&mut hasher);
            }
            let inputs = hasher.finish().to_string();
            if !build.keep(shard, &inputs)? {
                writers.push((at, build.shard(shard, &inputs)));
            }
        }
        let mut hasher = Hasher::new("partials");
        hasher.part(plan.stages_key().as_bytes());
        for &place in &calls {
            let call = &corpus.calls[place as usize];
            hasher.part(call.id.as_bytes()).part(&call.made.0);
        }
        let mark = crate::records::fingerprint(&hasher.finish());
        let partials = (!partials_stand(plan, repository, shard, mark)?).then_some(mark);
        if writers.is_empty() && partials.is_none() {
            done += calls.len() as u64;
        } else {
            jobs.push(Job { shard, calls, writers, partials });
        }
    }
    let total = Some(corpus.len() as u64);
    let mut jobs = jobs.into_iter();
    let mut tasks: JoinSet<Result<Written, PipelineError>> = JoinSet::new();
    loop {
        while tasks.len() < plan.workers {
            let Some(job) = jobs.next() else { break };
            let (plan, repository) = (Arc::clone(plan), Arc::clone(repository));
            let (corpus, targets) = (Arc::clone(corpus), Arc::clone(targets));
            let runtime = tokio::runtime::Handle::current();
            tasks.spawn_blocking(move || {
                runtime.block_on(run(&plan, &repository, &corpus, &targets, job))
            });
        }
        let Some(finished) = tasks.join_next().await else { break };
        let (calls, shards) =
            finished.map_err(|error| PipelineError::Worker(error.to_string()))??;
        for (at, shard) in shards {
            builds[at].add(shard);
        }
        done += calls;
        reporter.progress("data sets", done, total, "calls");
    }
    Ok(())
}

async fn run(
    plan: &Plan,
    repository: &Repository,
    corpus: &Corpus,
    targets: &[Target],
    mut job: Job,
) -> Result<(u64, Vec<(usize, Shard)>), PipelineError> {
    let mut partials = job.partials.map(|_| Partials::new(plan));
    for &place in &job.calls {
        let call = &corpus.calls[place as usize];
        let Some(product) = repository.get(&PRODUCTS, call.id.as_bytes())? else { continue };
        if let Some(partials) = &mut partials {
            partials.take(&product).await?;
        }
        for (at, writer) in &mut job.writers {
            let target = &targets[*at];
            let Some(split) = target.places[place as usize] else { continue };
            match target.path {
                Some(path) => {
                    let path = &plan.paths[path].stage.id;
                    examples(repository, writer, call, &product, path, target, split)?;
                }
                None => conversation(repository, writer, call, split)?,
            }
        }
    }
    if let (Some(partials), Some(mark)) = (partials, job.partials) {
        partials.keep(repository, job.shard, mark).await?;
    }
    let mut shards = Vec::new();
    for (at, writer) in job.writers {
        shards.push((at, writer.finish()?));
    }
    Ok((job.calls.len() as u64, shards))
}

fn origin(call: &One) -> Origin {
    Origin {
        source: call.about.source.as_ref().to_owned(),
        licence: call.about.licence.as_deref().map(ToOwned::to_owned),
    }
}

fn conversation(
    repository: &Repository,
    writer: &mut ShardWriter,
    call: &One,
    split: Split,
) -> Result<(), PipelineError> {
    let Some(record) = repository.get(&CALLS, call.id.as_bytes())? else { return Ok(()) };
    let analysis = repository.get(&ANALYSES, call.id.as_bytes())?.unwrap_or_default();
    let found: Vec<(&str, &[Annotation])> = analysis
        .stages
        .iter()
        .map(|stage| (stage.stage.as_str(), stage.annotations.as_slice()))
        .collect();
    writer.conversation(call.id, &record.conversation, &found, &origin(call), split)?;
    Ok(())
}

/// The rows that a path made of a call.
fn examples(
    repository: &Repository,
    writer: &mut ShardWriter,
    call: &One,
    product: &Product,
    path: &str,
    target: &Target,
    split: Split,
) -> Result<(), PipelineError> {
    let kept_out = kept_out(product);
    let origin = origin(call);
    let mut sides: Option<Vec<Role>> = None;
    let made = product.paths.iter().enumerate().filter(|(_, made)| made.path == path);
    for (slot, made) in made {
        for (at, example) in made.examples.iter().enumerate() {
            if let Some(finding) = kept_out.get(&(slot, at)) {
                writer.reject(&finding.check);
                continue;
            }
            if sides.is_none() {
                let profile = repository.get(&PROFILES, call.id.as_bytes())?;
                sides = Some(profile.unwrap_or_default().sides);
            }
            let id = ExampleId {
                path: path.to_owned(),
                conversation: call.id,
                key: example.key.clone(),
            };
            let sides = sides.as_deref().unwrap_or_default();
            writer.example(&id, example, &origin, split, (sides, target.learns))?;
        }
    }
    Ok(())
}

/// Examples that a validator rejected: by path, then position in its list.
fn kept_out(product: &Product) -> HashMap<(usize, usize), &Finding> {
    let places: Vec<(usize, usize)> = product
        .paths
        .iter()
        .enumerate()
        .flat_map(|(path, made)| (0..made.examples.len()).map(move |at| (path, at)))
        .collect();
    let mut kept_out = HashMap::new();
    for inspection in &product.inspections {
        if inspection.subjects != Subjects::Examples {
            continue;
        }
        for (place, verdict) in places.iter().zip(&inspection.verdicts) {
            if let Verdict::Reject(finding) = verdict {
                // The first validator in pipeline order gives the reason.
                kept_out.entry(*place).or_insert(finding);
            }
        }
    }
    kept_out
}
