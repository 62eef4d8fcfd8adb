//! `rehearsal check --minimal`: the smallest grants that would do.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use rehearsal_gate::Mode;
use rehearsal_pipeline::Minimal;
use rehearsal_repository::Repository;
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::{places, print};

pub(crate) fn run(file: &PipelineFile, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(Some(1))?;
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let path = resolved.plan.repository();
    let repository = match path.is_dir() {
        true => Some(Arc::new(Repository::open(&path)?)),
        false => None,
    };
    if let Some(repository) = &repository {
        resolved.audio.attach(Arc::clone(repository));
    }
    let work = rehearsal_pipeline::minimal(&resolved.config, &resolved.plan, repository.as_deref());
    let found = runtime.block_on(work)?;
    if json {
        let stages: Vec<_> = found.iter().map(as_json).collect();
        print::json(&json!({ "stages": stages }));
        return Ok(Exit::Done);
    }
    print::out("# what a sample needed with nothing granted; a whole run may need more");
    for stage in &found {
        print::out(&in_words(stage));
    }
    Ok(Exit::Done)
}

fn in_words(stage: &Minimal) -> String {
    let mut lines =
        vec![format!("[[{}]]  # {}, {} items", stage.section, stage.stage, stage.tried)];
    lines.extend(stage.needed.iter().cloned());
    if stage.needed.is_empty() {
        lines.push("# needs nothing".to_owned());
    }
    for name in &stage.unused {
        lines.push(format!("# `{name}` is granted and was not reached for"));
    }
    if let Some(doubt) = &stage.doubt {
        lines.push(format!("# it failed before its end: {}", doubt.replace('\n', "\n#   ")));
    }
    lines.join("\n")
}

fn as_json(stage: &Minimal) -> serde_json::Value {
    json!({
        "stage": stage.stage,
        "section": stage.section,
        "items": stage.tried,
        "needed": stage.needed,
        "unused": stage.unused,
        "doubt": stage.doubt,
    })
}
