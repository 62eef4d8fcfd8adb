//! `rehearsal export-audio`: a call's recording, silent where its text was redacted.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rehearsal_pipeline::{CallAudio, query};
use rehearsal_sandbox::AudioSource;
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::{print, wav};

pub(crate) fn run(id: &str, out: &Path, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = Arc::new(super::repository(file)?);
    let id = super::find_call(&repository, id)?;
    let audio = CallAudio::default();
    audio.attach(Arc::clone(&repository));
    let recording = audio.open(id).map_err(|reason| anyhow!(reason))?.ok_or_else(|| {
        WrongUsage(format!("the call {id} was never recorded: its source is a transcript"))
    })?;
    wav::write(&*recording, out).with_context(|| format!("cannot write {}", out.display()))?;
    let view = query::show(&repository, id)?;
    let silenced = view.map_or(0, |view| view.record.redactions.len());
    if json {
        print::json(&json!({ "id": id.to_string(), "file": out, "silenced": silenced }));
    } else {
        print::out(&format!("{}: {silenced} passages silenced", out.display()));
    }
    Ok(Exit::Done)
}
