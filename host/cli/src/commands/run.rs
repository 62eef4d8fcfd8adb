//! `rehearsal run`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use rehearsal_gate::Mode;
use rehearsal_pipeline::{PrivacySummary, Reporter, RunSummary, Severity};
use rehearsal_repository::Repository;
use serde_json::json;

use super::{lock, watch};
use crate::args::Run;
use crate::exit::Exit;
use crate::{places, print, progress};

pub(crate) fn run(what: &Run, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let stop = stop_on_interrupt()?;
    let ended = released(what, plugins, json, &stop, |_| Ok(()))?;
    if what.watch && ended != Exit::Stopped {
        return watch::watch(what, plugins, traffic(what), &stop);
    }
    Ok(ended)
}

/// Runs after `before` has seen the repository.
pub(super) fn released(
    what: &Run,
    plugins: Option<&Path>,
    json: bool,
    stop: &Arc<AtomicBool>,
    before: impl FnOnce(&Repository) -> Result<()>,
) -> Result<Exit> {
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(None)?;
    let reporter = progress::reporter(json);
    let resolved =
        super::resolve(&what.file, plugins, &sandbox, &runtime, traffic(what), Some(&*reporter))?;
    if let Some(warnings) = &resolved.warnings {
        reporter.note(Severity::Info, warnings);
    }
    lock::enforce(&resolved, what.locked, &*reporter)?;
    let plan = Arc::new(resolved.plan);
    let repository = Arc::new(Repository::open(plan.repository())?);
    tell_recovery(&repository, &*reporter);
    before(&repository)?;
    resolved.audio.attach(Arc::clone(&repository));
    resolved.semantics.attach(Arc::clone(&repository));
    resolved.files.attach(Arc::clone(&repository));
    let stop = Arc::clone(stop);
    let work = rehearsal_pipeline::run(Arc::clone(&plan), repository, reporter, stop);
    let summary = runtime.block_on(work)?;
    if json {
        print::json(&json!({ "workspace": plan.workspace, "summary": summary }));
    } else {
        print::out(&in_words(&summary));
        for (id, dataset) in &summary.datasets {
            let folder = plan.datasets_folder().join(id);
            print::out(&format!("  {}: {} rows", folder.display(), dataset.rows));
        }
    }
    Ok(match &summary {
        summary if summary.stopped => Exit::Stopped,
        summary if summary.failed() > 0 || summary.standing_failures > 0 => Exit::FailedItems,
        summary if summary.put_off() > 0 => Exit::FailedItems,
        _ => Exit::Done,
    })
}

/// What is behind the gate.
fn traffic(arguments: &Run) -> Mode {
    match (&arguments.record, &arguments.replay) {
        (Some(folder), _) => Mode::Record(folder.clone()),
        (None, Some(folder)) => Mode::Replay(folder.clone()),
        (None, None) => Mode::Live,
    }
}

/// What opening the repository found after an unclean stop.
fn tell_recovery(repository: &Repository, reporter: &dyn Reporter) {
    let recovery = repository.recovery();
    if recovery.units > 0 {
        let text = format!("{} units of work recovered after an unclean stop", recovery.units);
        reporter.note(Severity::Info, &text);
    }
    if let Some(reason) = &recovery.rebuilt {
        reporter.note(Severity::Warning, &format!("the index was built anew: {reason}"));
    }
    for damage in &recovery.damage {
        reporter.note(Severity::Error, &damage.to_string());
    }
}

/// Ctrl-C once ends the run after the item at hand, twice at once.
pub(super) fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping after the item at hand; Ctrl-C again stops at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

fn in_words(summary: &RunSummary) -> String {
    let mut lines = Vec::new();
    for (id, source) in &summary.sources {
        lines.push(format!(
            "source {id}: {} entries, {} unchanged, {} calls loaded, {} rejected, {} failed of {} \
             items{}{}",
            source.entries,
            source.unchanged,
            source.loaded,
            source.rejected,
            source.failed,
            source.items,
            some(source.replaced, "replaced a former version"),
            some(source.gone, "no longer listed (`rehearsal purge --gone` erases)"),
        ));
    }
    let speech = &summary.speech;
    if let Some(factor) = speech.real_time_factor() {
        lines.push(format!(
            "speech: {} recordings, {} of audio in {} (real-time factor {factor:.3}){}",
            speech.heard,
            print::seconds(speech.audio_seconds),
            print::seconds(speech.seconds),
            some(speech.dropped, "made-up passages dropped"),
        ));
    } else {
        lines.push("speech: nothing to transcribe".to_owned());
    }
    lines.extend(privacy(&summary.privacy));
    for (id, stage) in &summary.stages {
        lines.push(format!(
            "{id}: {} calls worked on, {} taken from before, {} results{}{}{}",
            stage.worked,
            stage.cached,
            stage.results,
            some(stage.rejected, "rejected"),
            some(stage.failed, "failed"),
            some(stage.put_off, "put off to the next run"),
        ));
    }
    if summary.stopped {
        lines.push("stopped on request; the next run goes on from here".to_owned());
    } else if summary.calls_unchanged == summary.calls && summary.stages.is_empty() {
        lines.push(format!("nothing to do: all {} calls are up to date", summary.calls));
    } else {
        let unchanged = summary.calls_unchanged;
        lines.push(format!("{} calls, {unchanged} of them up to date before", summary.calls));
    }
    for (id, dataset) in &summary.datasets {
        let state = if dataset.written { "written" } else { "unchanged" };
        let rejected = some(dataset.rejected, "kept out");
        lines.push(format!("data set {id} {state}: {} rows{rejected}", dataset.rows));
    }
    if summary.standing_failures > 0 {
        lines.push(format!(
            "{} items stand failed; `rehearsal dead-letters` lists them",
            summary.standing_failures
        ));
    }
    let end = if summary.stopped { "stopped after" } else { "done in" };
    lines.push(format!("{end} {}", print::seconds(summary.seconds)));
    lines.join("\n")
}

/// None where the run loaded no call with personal data.
fn privacy(privacy: &PrivacySummary) -> Option<String> {
    let found: Vec<String> = privacy
        .found
        .iter()
        .map(|(kind, count)| format!("{count} {}", kind.replace('_', " ")))
        .collect();
    if found.is_empty() {
        return None;
    }
    let done = if privacy.replaced { "replaced" } else { "found, and left as they are" };
    let left = some(privacy.residual, "words of known names left");
    Some(format!("personal data {done}: {}{left}", found.join(", ")))
}

fn some(count: u64, what: &str) -> String {
    if count == 0 { String::new() } else { format!(", {count} {what}") }
}
