//! `rehearsal review`: what experts say of calls.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rehearsal_config::Config;
use rehearsal_gate::Mode;
use rehearsal_pipeline::review::{Request, next_batch};
use rehearsal_pipeline::verdicts::{all_verdicts, record_verdicts};
use rehearsal_review::{Batches, Journal, Rubric, Why, read_verdicts};
use serde_json::json;

use crate::args::{PipelineFile, ReviewAction, RubricFile};
use crate::exit::{Exit, WrongUsage};
use crate::{places, print};

pub(crate) fn run(action: &ReviewAction, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    match action {
        ReviewAction::Next { batch, seed, rubric, file } => {
            next(*batch, *seed, rubric, file, plugins, json)
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
    let path = named.rubric.clone().map_or_else(of_pipeline, Ok)?;
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
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
    let repository = super::repository(file)?;
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(None)?;
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let verdicts = all_verdicts(&repository, &journal(file)?)?.standing();
    let batches = batches(file)?;
    let known = batches.all()?;
    let request = Request { rubric: &rubric, verdicts: &verdicts, batches: &known, size, seed };
    let next = next_batch(&resolved.plan, &repository, request)?;
    repository.close()?;
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
        "fill {}, then `rehearsal review take` it",
        folder.join("verdicts.jsonl").display()
    ));
    Ok(Exit::Done)
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
