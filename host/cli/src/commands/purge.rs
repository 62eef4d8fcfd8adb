//! `rehearsal purge --gone`.

use anyhow::Result;
use rehearsal_config::Config;
use rehearsal_pipeline::{media, purge_gone};
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::print;

/// Entries named one by one.
const NAMED: usize = 50;

pub(crate) fn run(file: &PipelineFile, dry_run: bool, json: bool) -> Result<Exit> {
    let mut repository = super::repository(file)?;
    let purge = purge_gone(&mut repository, dry_run)?;
    if !dry_run {
        media::sweep(&repository, &Config::load(&file.pipeline)?.pipeline.workspace)?;
    }
    if json {
        print::json(&json!({ "dry_run": dry_run, "purge": purge }));
        return Ok(Exit::Done);
    }
    for (source, entry) in purge.entries.iter().take(NAMED) {
        print::out(&format!("{source}: {entry}"));
    }
    if let Some(more) = purge.entries.len().checked_sub(NAMED).filter(|more| *more > 0) {
        print::out(&format!("and {more} more"));
    }
    let (entries, calls) = (purge.entries.len(), purge.calls);
    print::out(&if purge.entries.is_empty() {
        "nothing to purge: every entry is still listed by its source".to_owned()
    } else if dry_run {
        format!("{entries} entries with {calls} calls would be erased; nothing was")
    } else {
        format!(
            "{entries} entries with {calls} calls erased, {} records in all; data sets lose their \
             rows with the next `rehearsal run`, backups are yours to deal with",
            purge.records
        )
    });
    Ok(Exit::Done)
}
