//! `rehearsal lock`, and what every run does with the lock.

use std::path::Path;

use anyhow::Result;
use rehearsal_gate::Mode;
use rehearsal_pipeline::{
    Change, Difference, Lock, LockError, PipelineError, Reporter, Severity, lock_path,
};
use serde_json::json;

use super::Resolved;
use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::{places, print};

/// Accepts everything as it is and says what is new about it.
pub(crate) fn run(file: &PipelineFile, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(Some(1))?;
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let path = lock_path(&file.pipeline);
    // One that cannot be understood is written anew.
    let (before, unusable) = match Lock::read(&path) {
        Ok(lock) => (lock, None),
        Err(error @ LockError::Invalid { .. }) => (None, Some(error.to_string())),
        Err(error) => return Err(PipelineError::from(error).into()),
    };
    let now = Lock::of(&resolved.config, &resolved.plan, before.as_ref());
    let differences = before.as_ref().map(|before| before.compare(&now)).unwrap_or_default();
    if before.as_ref() != Some(&now) {
        now.write(&path).map_err(PipelineError::from)?;
    }
    if json {
        let lines: Vec<_> = differences.iter().map(ToString::to_string).collect();
        print::json(&json!({ "lock": path, "stages": now.stages(), "accepted": lines }));
        return Ok(Exit::Done);
    }
    if let Some(problem) = unusable {
        print::out(&format!("replaced: {problem}"));
    }
    for difference in &differences {
        print::out(&format!("accepted: {difference}"));
    }
    let end = if before.is_some() && differences.is_empty() { "stands" } else { "written" };
    print::out(&format!("{} {end}, {} stages", path.display(), now.stages()));
    Ok(Exit::Done)
}

/// What a run would refuse, in words.
pub(super) fn unaccepted(resolved: &Resolved) -> Vec<String> {
    match Lock::read(&lock_path(resolved.config.document().path())) {
        Ok(None) => Vec::new(),
        Ok(Some(accepted)) => accepted
            .compare(&Lock::of(&resolved.config, &resolved.plan, None))
            .iter()
            .filter(|difference| difference.change.wants_consent())
            .map(ToString::to_string)
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Stops what was not accepted. The first run of a pipeline writes its lock; a stage that
/// the operator has just written is added to it.
pub(super) fn enforce(resolved: &Resolved, strict: bool, reporter: &dyn Reporter) -> Result<()> {
    let path = lock_path(resolved.config.document().path());
    let accepted = Lock::read(&path).map_err(PipelineError::from)?;
    let now = Lock::of(&resolved.config, &resolved.plan, accepted.as_ref());
    let refuse = |differences| {
        Err(PipelineError::from(LockError::Refused { path: path.clone(), differences }).into())
    };
    let differences = match &accepted {
        Some(accepted) => accepted.compare(&now),
        None => Vec::new(),
    };
    let wants = |difference: &&Difference| {
        difference.change.wants_consent()
            || strict && matches!(difference.change, Change::NewStage { .. })
    };
    let unaccepted: Vec<_> = differences.iter().filter(wants).cloned().collect();
    if !unaccepted.is_empty() {
        return refuse(unaccepted);
    }
    if accepted.is_none() && strict {
        let whole = |(id, plugin, digest): (&str, &str, &str)| Difference {
            stage: id.to_owned(),
            change: Change::NewStage { plugin: plugin.to_owned(), digest: digest.to_owned() },
        };
        return refuse(now.plugins().map(whole).collect());
    }
    if accepted.as_ref() == Some(&now) {
        return Ok(());
    }
    let written = now.write(&path);
    let (severity, text) = match (written, accepted) {
        (Err(error), _) => (Severity::Warning, format!("{error}; the plugins are not locked")),
        (Ok(()), None) => (
            Severity::Info,
            format!(
                "{} written: {} plugins are accepted as they are; commit it",
                path.display(),
                now.stages()
            ),
        ),
        (Ok(()), Some(_)) => {
            let lines: Vec<_> = differences.iter().map(ToString::to_string).collect();
            (Severity::Info, format!("{} brought up to date: {}", path.display(), lines.join("; ")))
        }
    };
    reporter.note(severity, &text);
    Ok(())
}
