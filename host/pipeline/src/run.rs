//! A run: load, hear, analyse, publish. Whatever was done before and still holds is not
//! done again; stopped at any point, the next run goes on from there.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rehearsal_model::ConversationId;
use rehearsal_repository::{Kind, Repository};
use tokio::task::JoinSet;

use crate::analyse::{Analysed, analyse};
use crate::experts::Experts;
use crate::hear::Hearing;
use crate::live::live_calls;
use crate::load::{Loaded, Loading};
use crate::outside::Outside;
use crate::plan::Plan;
use crate::privacy::Guard;
use crate::publish::{Live, publish};
use crate::records::{CALLS, RUNS, fingerprint};
use crate::report::{Reporter, Severity};
use crate::shares::each;
use crate::summary::RunSummary;
use crate::{PipelineError, keys};

/// Runs a pipeline to its end, or until `stop` is set.
///
/// # Errors
/// What no item is to blame for: the repository or a disk fails, a validator cannot
/// conclude. Failed items are counted in the summary and kept as dead letters.
pub async fn run(
    plan: Arc<Plan>,
    repository: Arc<Repository>,
    reporter: Arc<dyn Reporter>,
    stop: Arc<AtomicBool>,
) -> Result<RunSummary, PipelineError> {
    let started = Instant::now();
    let mut summary = RunSummary::default();
    let guard = Arc::new(Guard::open(&plan.privacy, &plan.workspace, &*reporter)?);
    load_sources(&plan, &repository, &guard, &reporter, &stop, &mut summary).await?;
    summary.time.loading = started.elapsed().as_secs_f64();
    let sources: HashSet<&str> = plan.sources.iter().map(|s| s.stage.id.as_str()).collect();
    let live = live_calls(&repository, &sources)?;
    summary.calls = live.len() as u64;
    let analysing = Instant::now();
    analyse_calls(&plan, &repository, &reporter, &stop, &live, &mut summary).await?;
    summary.time.analysing = analysing.elapsed().as_secs_f64();
    summary.stopped = stop.load(Ordering::Relaxed);
    if !summary.stopped {
        let writing = Instant::now();
        summary.datasets = publish(&plan, &repository, &live, &*reporter).await?;
        summary.time.writing = writing.elapsed().as_secs_f64();
    }
    summary.standing_failures = repository.count(Kind::DeadLetter);
    summary.seconds = started.elapsed().as_secs_f64();
    let mut unit = repository.unit();
    unit.put(&RUNS, "last", fingerprint(&plan.stages_key()), &summary)?;
    repository.commit(unit)?;
    repository.checkpoint()?;
    Ok(summary)
}

/// The first stage alone: lists all sources and loads what changed.
///
/// # Errors
/// As [`run`].
pub async fn load(
    plan: Arc<Plan>,
    repository: Arc<Repository>,
    reporter: Arc<dyn Reporter>,
    stop: Arc<AtomicBool>,
) -> Result<RunSummary, PipelineError> {
    let started = Instant::now();
    let mut summary = RunSummary::default();
    let guard = Arc::new(Guard::open(&plan.privacy, &plan.workspace, &*reporter)?);
    load_sources(&plan, &repository, &guard, &reporter, &stop, &mut summary).await?;
    repository.checkpoint()?;
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

/// One source after the other: speech recognition takes all cores by itself.
async fn load_sources(
    plan: &Arc<Plan>,
    repository: &Arc<Repository>,
    guard: &Arc<Guard>,
    reporter: &Arc<dyn Reporter>,
    stop: &Arc<AtomicBool>,
    summary: &mut RunSummary,
) -> Result<(), PipelineError> {
    let hearing = Arc::new(Hearing::new(&plan.speech, plan.workers));
    for index in 0..plan.sources.len() {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (plan, repository) = (Arc::clone(plan), Arc::clone(repository));
        let (told, stop) = (Arc::clone(reporter), Arc::clone(stop));
        let (hearing, guard) = (Arc::clone(&hearing), Arc::clone(guard));
        let id = plan.sources[index].stage.id.clone();
        // Speech recognition blocks for minutes, so a source has a thread of its own.
        let runtime = tokio::runtime::Handle::current();
        let work = move || {
            runtime.block_on(async {
                let source = &plan.sources[index];
                let (repository, reporter) = (&*repository, &*told);
                let (hearing, guard, stop) = (&*hearing, &*guard, &*stop);
                let workers = plan.workers;
                let loading =
                    Loading { source, repository, hearing, guard, reporter, stop, workers };
                loading.run().await
            })
        };
        let Loaded { source, speech, privacy, .. } =
            joined(tokio::task::spawn_blocking(work).await)?;
        if !source.balances() {
            let text = format!("{id}: items were lost count of, a bug of this program: {source:?}");
            reporter.note(Severity::Error, &text);
        }
        summary.sources.insert(id, source);
        summary.privacy.add(privacy);
        summary.speech.heard += speech.heard;
        summary.speech.cached += speech.cached;
        summary.speech.audio_seconds += speech.audio_seconds;
        summary.speech.seconds += speech.seconds;
        summary.speech.dropped += speech.dropped;
    }
    Ok(())
}

/// All live calls whose product is not up to date, in batches, a batch a worker.
async fn analyse_calls(
    plan: &Arc<Plan>,
    repository: &Arc<Repository>,
    reporter: &Arc<dyn Reporter>,
    stop: &Arc<AtomicBool>,
    live: &Live,
    summary: &mut RunSummary,
) -> Result<(), PipelineError> {
    let experts = Arc::new(Experts::gather(plan, repository)?);
    let due = due(plan, repository, live, &experts)?;
    summary.calls_unchanged = (live.len() - due.len()) as u64;
    let total = due.len() as u64;
    let mut tasks: JoinSet<Result<(usize, Analysed), PipelineError>> = JoinSet::new();
    let mut batches = due.chunks(batch_size(plan));
    let mut put_off: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut done = 0;
    loop {
        while tasks.len() < plan.workers && !stop.load(Ordering::Relaxed) {
            let Some(batch) = batches.next() else { break };
            let (plan, repository) = (Arc::clone(plan), Arc::clone(repository));
            let experts = Arc::clone(&experts);
            let batch = batch.to_vec();
            // Reading and encoding calls is work for a thread, as much as the plugins' own.
            let runtime = tokio::runtime::Handle::current();
            tasks.spawn_blocking(move || {
                let analysed = runtime.block_on(analyse(&plan, &repository, &experts, &batch))?;
                Ok((batch.len(), analysed))
            });
        }
        let Some(finished) = tasks.join_next().await else { break };
        let (calls, analysed) = joined(finished)?;
        done += calls as u64;
        for error in &analysed.errors {
            reporter.note(Severity::Error, error);
        }
        for (why, calls) in analysed.put_off {
            *put_off.entry(why).or_default() += calls;
        }
        summary.time.plugins += analysed.plugins.as_secs_f64();
        summary.time.store += analysed.store.as_secs_f64();
        summary.add_stages(analysed.stages);
        reporter.progress("calls", done, Some(total), "calls");
    }
    reporter.finished("calls");
    tell_outside(plan, &put_off, &**reporter);
    Ok(())
}

/// Answers of servers are dear: of what a run that is killed loses there is little.
const ASKED_BATCH: usize = 8;

fn batch_size(plan: &Plan) -> usize {
    let asks = plan.extractors.iter().any(|stage| stage.outside.is_some());
    if asks { plan.batch.min(ASKED_BATCH) } else { plan.batch }
}

/// What servers were asked, what that cost, and what was put off.
fn tell_outside(plan: &Plan, put_off: &BTreeMap<(String, String), u64>, reporter: &dyn Reporter) {
    for stage in &plan.extractors {
        let Some((spent, money)) = stage.outside.as_ref().map(Outside::spent) else { continue };
        if spent.requests > 0 {
            let text = format!(
                "{}: {} requests, {} tokens sent, {} received, {money:.4} by the grant's prices",
                stage.id, spent.requests, spent.input, spent.output
            );
            reporter.note(Severity::Info, &text);
        }
    }
    for ((stage, reason), calls) in put_off {
        let text = format!("{stage}: {calls} calls are put off to the next run: {reason}");
        reporter.note(Severity::Warning, &text);
    }
}

/// Calls on which something is to be done. Most are told by the index alone.
fn due(
    plan: &Plan,
    repository: &Repository,
    live: &Live,
    experts: &Experts,
) -> Result<Vec<ConversationId>, PipelineError> {
    let stages = plan.stages_key();
    let due = |id: ConversationId| {
        let made = repository.fingerprint(Kind::Examples, id.as_bytes())?;
        let call = repository.fingerprint(CALLS.kind(), id.as_bytes())?;
        let wanted = call.map(|call| experts.mark(id, keys::product(&call.0, &stages)));
        Ok::<_, PipelineError>((made.is_none() || made != wanted).then_some(id))
    };
    let due = each(live.keys().copied().collect(), plan.workers, due)?;
    Ok(due.into_iter().flatten().collect())
}

fn joined<T>(
    result: Result<Result<T, PipelineError>, tokio::task::JoinError>,
) -> Result<T, PipelineError> {
    result.map_err(|error| PipelineError::Worker(error.to_string()))?
}
