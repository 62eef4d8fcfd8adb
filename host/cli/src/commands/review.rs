//! `rehearsal review`: what experts say of calls.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rehearsal_config::{Config, Learner, Trainer};
use rehearsal_desk::{Desk, Sheet, Sound};
use rehearsal_gate::Mode;
use rehearsal_improve::{Workshop, expected};
use rehearsal_model::ConversationId;
use rehearsal_pipeline::review::{Expected, Request, next_batch};
use rehearsal_pipeline::verdicts::{all_verdicts, record_verdicts};
use rehearsal_pipeline::{CallAudio, query};
use rehearsal_repository::Repository;
use rehearsal_review::{Batch, Batches, Journal, Rubric, Why, read_verdicts};
use rehearsal_sandbox::AudioSource;
use serde_json::json;
use tokio::sync::Notify;

use crate::args::{PipelineFile, ReviewAction, RubricFile};
use crate::exit::{Exit, WrongUsage};
use crate::{places, print, wav};

pub(crate) fn run(action: &ReviewAction, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    match action {
        ReviewAction::Next { batch, seed, rubric, file } => {
            next(*batch, *seed, rubric, file, plugins, json)
        }
        ReviewAction::Serve { batch, port, rubric, file } => {
            serve(*batch, *port, rubric, file, json)
        }
        ReviewAction::Take { files, rubric, file } => take(files, rubric, file, json),
    }
}

/// The rubric that was named, here or in pipeline.toml.
pub(super) fn rubric(named: &RubricFile, file: &PipelineFile) -> Result<Rubric> {
    let of_pipeline = || -> Result<PathBuf> {
        Config::load(&file.pipeline)?.pipeline.review.rubric.ok_or_else(|| {
            let message = format!(
                "no rubric: name one with --rubric, or in {}: [review] rubric = \"rubric.toml\"",
                file.pipeline.display()
            );
            WrongUsage(message).into()
        })
    };
    rubric_of(&named.rubric.clone().map_or_else(of_pipeline, Ok)?)
}

/// The rubric in a file.
pub(super) fn rubric_of(path: &Path) -> Result<Rubric> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Rubric::parse(&text).map_err(|error| WrongUsage(format!("{}: {error}", path.display())).into())
}

/// The journal of a pipeline's verdicts.
pub(super) fn journal(file: &PipelineFile) -> Result<Journal> {
    Ok(Journal::new(Config::load(&file.pipeline)?.pipeline.review.verdicts))
}

/// Where a pipeline's batches lie: in its workspace, since another can be picked.
pub(super) fn batches(file: &PipelineFile) -> Result<Batches> {
    Ok(Batches::new(Config::load(&file.pipeline)?.pipeline.workspace.join("review")))
}

fn next(
    size: usize,
    seed: Option<u64>,
    named: &RubricFile,
    file: &PipelineFile,
    plugins: Option<&Path>,
    json: bool,
) -> Result<Exit> {
    let rubric = rubric(named, file)?;
    let repository = Arc::new(super::repository(file)?);
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(None)?;
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let verdicts = all_verdicts(&repository, &journal(file)?)?.standing();
    let batches = batches(file)?;
    let known = batches.all()?;
    let pipeline = &resolved.config.pipeline;
    let is_asked =
        |trainer: &&Trainer| matches!(trainer.learner, Learner::Classifier { extractor: None, .. });
    let trainers: Vec<_> = pipeline.trainers.iter().filter(is_asked).collect();
    let semantics = super::train::semantics(&resolved.config, &trainers, &repository, json);
    let workshop = Workshop {
        pipeline,
        repository: &repository,
        verdicts: &verdicts,
        semantics: semantics.as_ref(),
        dry_run: true,
    };
    // Where they cannot be asked, what extractors doubt has to do.
    let ask = |calls: &BTreeSet<ConversationId>| {
        expected(workshop, calls).unwrap_or_else(|error| {
            eprintln!("warning: {}", rehearsal_sandbox::clean(&error.to_string()));
            Expected::default()
        })
    };
    let request = Request {
        rubric: &rubric,
        verdicts: &verdicts,
        batches: &known,
        size,
        seed,
        expected: &ask,
    };
    let next = next_batch(&resolved.plan, &repository, request)?;
    repository.checkpoint()?;
    if next.batch.items.is_empty() {
        let message = format!(
            "no call is left to pick: {} are judged or wait in a batch, {} belong to test splits",
            next.known, next.test
        );
        return Err(WrongUsage(message).into());
    }
    let folder = batches.write(&next.batch, &rubric, &next.texts)?;
    if json {
        print::json(&json!({
            "batch": next.batch, "folder": folder, "candidates": next.candidates,
            "known": next.known, "test": next.test,
        }));
        return Ok(Exit::Done);
    }
    let count = |why: Why| next.batch.items.iter().filter(|item| item.why == why).count();
    print::out(&format!(
        "batch {}: {} of {} calls ({} by doubt, {} for diversity, {} by chance); {} calls of test \
         splits stay out, {} are known",
        next.batch.number,
        next.batch.items.len(),
        next.candidates,
        count(Why::Doubt),
        count(Why::Diversity),
        count(Why::Chance),
        next.test,
        next.known
    ));
    if next.test == 0 {
        print::out("no data set has a test split: nothing will be left to judge a model by");
    }
    print::out(&format!(
        "on a page: rehearsal review serve\nin files: fill {}, then `rehearsal review take` it",
        folder.join("verdicts.jsonl").display()
    ));
    Ok(Exit::Done)
}

fn serve(
    number: Option<u32>,
    port: u16,
    named: &RubricFile,
    file: &PipelineFile,
    json: bool,
) -> Result<Exit> {
    let rubric = rubric(named, file)?;
    let repository = super::repository(file)?;
    let journal = journal(file)?;
    let damaged = all_verdicts(&repository, &journal)?.damaged;
    for line in damaged {
        eprintln!("warning: {}: {line}", journal.path().display());
    }
    let all = batches(file)?.all()?;
    let chosen = match number {
        Some(number) => all.into_iter().find(|batch| batch.number == number),
        None => all.into_iter().next_back(),
    };
    let Some(batch) = chosen else {
        let message = match number {
            Some(number) => format!("there is no batch {number}"),
            None => "nothing is picked for review yet: `rehearsal review next` does".to_owned(),
        };
        return Err(WrongUsage(message).into());
    };
    if batch.rubric != rubric.reference() {
        let message = format!(
            "batch {} was picked for the rubric `{}`, this one is `{}`: pick another batch, or \
             name its rubric with --rubric",
            batch.number,
            batch.rubric,
            rubric.reference()
        );
        return Err(WrongUsage(message).into());
    }
    let workspace = Config::load(&file.pipeline)?.pipeline.workspace;
    let silenced = tempfile::tempdir_in(&workspace)
        .with_context(|| format!("cannot write in {}", workspace.display()))?;
    let repository = Arc::new(repository);
    let sheets = sheets(&repository, &batch, silenced.path())?;
    // Everything that the page shows is in memory: a run may go on beside it.
    repository.checkpoint()?;
    drop(repository);
    let desk = Desk { rubric, batch: batch.number, sheets, journal };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stop = Arc::new(Notify::new());
    let ended = Arc::clone(&stop);
    ctrlc::set_handler(move || ended.notify_one())?;
    runtime.block_on(async {
        let open = desk.open(port).await?;
        if json {
            print::json(&json!({ "url": open.url(), "batch": batch.number }));
        } else {
            print::out(&format!(
                "batch {}, {} calls, on this machine only:\n  {}\nraters open this link, each \
                 with a name of their own; Ctrl-C ends",
                batch.number,
                batch.items.len(),
                open.url()
            ));
        }
        // A browser holds its connections open for long after its last request.
        tokio::select! {
            ended = open.serve(std::future::pending()) => ended,
            () = stop.notified() => Ok(()),
        }
    })?;
    Ok(Exit::Done)
}

/// The calls of a batch as raters see them; those that were erased meanwhile are not.
/// `silenced` is a folder for what they hear of redacted ones.
fn sheets(repository: &Arc<Repository>, batch: &Batch, silenced: &Path) -> Result<Vec<Sheet>> {
    let audio = CallAudio::default();
    audio.attach(Arc::clone(repository));
    let mut sheets = Vec::new();
    for item in &batch.items {
        let Some(view) = query::show(repository, item.item_id.parse()?)? else { continue };
        let annotations = view.annotations.iter().flat_map(|(_, annotations)| annotations);
        let examples = view.examples.iter().flat_map(|(_, examples)| examples);
        let recording = sound(&audio, &view, silenced);
        let call = &view.record.conversation;
        let (id, slices) = (item.item_id.clone(), item.slices.clone());
        let mut sheet = Sheet::new(id, slices, call, annotations, examples, recording);
        if call.title.is_none() {
            sheet.title.clone_from(&view.record.entry);
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// What raters hear of a call: as little of what was replaced in its text as they read.
fn sound(audio: &CallAudio, view: &query::CallView, silenced: &Path) -> Option<Sound> {
    let media = view.record.media.as_ref()?;
    if view.record.redactions.is_empty() {
        return Some(Sound::file(PathBuf::from(&media.path)));
    }
    let recording = audio.open(view.id);
    let file = silenced.join(format!("{}.wav", view.id));
    Some(Sound::made(move || {
        let recording = recording.clone()?.ok_or("the call was erased")?;
        wav::write(&*recording, &file).map_err(|error| format!("{error:#}"))?;
        Ok(file.clone())
    }))
}

fn take(files: &[PathBuf], named: &RubricFile, file: &PipelineFile, json: bool) -> Result<Exit> {
    let rubric = rubric(named, file)?;
    let journal = journal(file)?;
    let repository = super::repository(file)?;
    let (mut taken, mut open, mut known, mut refused) = (0, 0, 0, Vec::new());
    for path in files {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let (read, errors) = read_verdicts(&text, &rubric);
        refused.extend(errors.iter().map(|error| format!("{}: {error}", path.display())));
        let (filled, unfilled): (Vec<_>, Vec<_>) =
            read.into_iter().partition(|verdict| !verdict.is_open());
        open += unfilled.len();
        let given = filled.len();
        let events = record_verdicts(&repository, &journal, filled)?;
        taken += events.len();
        known += given - events.len();
    }
    repository.close()?;
    if json {
        print::json(&json!({
            "taken": taken, "known": known, "open": open, "refused": refused,
            "journal": journal.path(),
        }));
    } else {
        print::out(&format!(
            "{taken} verdicts taken in, {known} known already, {open} lines not filled in yet; \
             they are in {}",
            journal.path().display()
        ));
    }
    for line in &refused {
        eprintln!("error: {line}");
    }
    Ok(if refused.is_empty() { Exit::Done } else { Exit::FailedItems })
}
