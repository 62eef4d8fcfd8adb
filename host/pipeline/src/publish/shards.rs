//! Shards that changed are written, a shard a worker; the others are taken over.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;

use rehearsal_dataset::{DatasetBuild, Origin, Shard, ShardWriter, Split, WrittenShard};
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
use crate::shares::each;

/// What is to be done with a shard.
struct Job {
    shard: u32,
    /// Places in the corpus.
    calls: Vec<u32>,
    /// How many calls are done with it.
    news: u64,
    /// Data sets that it is written for, by place in the targets.
    writers: Vec<(usize, ShardWriter)>,
    /// Whether the validators' partials have to be merged.
    partials: Option<rehearsal_repository::Fingerprint>,
}

impl Job {
    /// The same work data set by data set, where there are fewer shards than workers.
    /// Products are read once more for each.
    fn parts(self) -> Vec<Self> {
        if self.writers.len() < 2 {
            return vec![self];
        }
        let Self { shard, calls, mut news, writers, mut partials } = self;
        let part = |writer| Self {
            shard,
            calls: calls.clone(),
            news: mem::take(&mut news),
            writers: vec![writer],
            partials: partials.take(),
        };
        writers.into_iter().map(part).collect()
    }
}

/// What came of a job: its calls, and a shard of each data set that was written.
struct Written<S> {
    calls: u64,
    shards: Vec<(usize, S)>,
}

/// What a task has done. Whoever writes does not wait for the disk.
enum Done {
    Wrote(Written<WrittenShard>),
    Synced(Written<Shard>),
}

/// Writes or takes over every shard of every data set, and the validators' partials.
pub(super) async fn write(
    plan: &Arc<Plan>,
    repository: &Arc<Repository>,
    corpus: &Arc<Corpus>,
    targets: &Arc<Vec<Target>>,
    builds: &mut [DatasetBuild],
    reporter: &dyn Reporter,
) -> Result<(), PipelineError> {
    let by_shard = corpus.by_shard();
    let mut open = taken_over(plan, corpus, targets, builds, &by_shard)?;
    let mut jobs = Vec::new();
    let mut done = 0;
    for (shard, calls) in by_shard.into_iter().enumerate() {
        let shard = shard as u32;
        let writers: Vec<(usize, ShardWriter)> = open
            .iter_mut()
            .enumerate()
            .filter_map(|(at, open)| Some((at, open.remove(&shard)?)))
            .collect();
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
            let news = calls.len() as u64;
            jobs.push(Job { shard, calls, news, writers, partials });
        }
    }
    if jobs.len() < plan.workers {
        jobs = jobs.into_iter().flat_map(Job::parts).collect();
    }
    let total = Some(corpus.len() as u64);
    let mut jobs = jobs.into_iter();
    let mut tasks: JoinSet<Result<Done, PipelineError>> = JoinSet::new();
    let mut writing = 0;
    loop {
        // A disk that falls behind is waited for.
        while writing < plan.workers && tasks.len() < plan.workers * 4 {
            let Some(job) = jobs.next() else { break };
            writing += 1;
            let (plan, repository) = (Arc::clone(plan), Arc::clone(repository));
            let (corpus, targets) = (Arc::clone(corpus), Arc::clone(targets));
            let runtime = tokio::runtime::Handle::current();
            tasks.spawn_blocking(move || {
                let written = run(&plan, &repository, &corpus, &targets, job);
                runtime.block_on(written).map(Done::Wrote)
            });
        }
        let Some(finished) = tasks.join_next().await else { break };
        match finished.map_err(|error| PipelineError::Worker(error.to_string()))?? {
            Done::Wrote(written) => {
                writing -= 1;
                tasks.spawn_blocking(move || {
                    let Written { calls, shards } = written;
                    let synced = shards.into_iter().map(|(at, shard)| Ok((at, shard.sync()?)));
                    let shards = synced.collect::<Result<_, PipelineError>>()?;
                    Ok(Done::Synced(Written { calls, shards }))
                });
            }
            Done::Synced(Written { calls, shards }) => {
                shards.into_iter().for_each(|(at, shard)| builds[at].add(shard));
                done += calls;
                reporter.progress("data sets", done, total, "calls");
            }
        }
    }
    Ok(())
}

/// Takes over what stands as it is; the writers of other shards, data set by data set.
fn taken_over(
    plan: &Plan,
    corpus: &Corpus,
    targets: &[Target],
    builds: &mut [DatasetBuild],
    by_shard: &[Vec<u32>],
) -> Result<Vec<BTreeMap<u32, ShardWriter>>, PipelineError> {
    let recipe = recipe(plan);
    let of_one = |(target, build): (&Target, &mut DatasetBuild)| {
        let mut writers = BTreeMap::new();
        for (shard, calls) in by_shard.iter().enumerate() {
            let shard = shard as u32;
            let mut hasher = Hasher::new("shard");
            hasher.part(recipe.as_bytes()).part(target.name.as_bytes());
            for &place in calls {
                let Some(split) = target.places[place as usize] else { continue };
                let call = &corpus.calls[place as usize];
                hasher.part(call.id.as_bytes()).part(&call.said.0).part(&call.made.0);
                hasher.part(split.name().as_bytes());
                call.about.add_to(&mut hasher);
            }
            let inputs = hasher.finish().to_string();
            if !build.keep(shard, &inputs)? {
                writers.insert(shard, build.shard(shard, &inputs));
            }
        }
        Ok::<_, PipelineError>(writers)
    };
    let both = targets.iter().zip(builds).collect();
    each(both, plan.workers, of_one)
}

async fn run(
    plan: &Plan,
    repository: &Repository,
    corpus: &Corpus,
    targets: &[Target],
    mut job: Job,
) -> Result<Written<WrittenShard>, PipelineError> {
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
    Ok(Written { calls: job.news, shards })
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
