//! `rehearsal status`.

use anyhow::Result;

use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::print;

/// Examples that `--why` lists of each check.
const EXAMPLES: usize = 5;

/// `--why`: what validators objected to, and to which subjects.
pub(crate) fn why(file: &PipelineFile, json: bool) -> Result<Exit> {
    let objections = rehearsal_pipeline::why(&super::repository(file)?, EXAMPLES)?;
    if json {
        print::json(&serde_json::to_value(&objections)?);
        return Ok(Exit::Done);
    }
    if objections.is_empty() {
        print::out("no validator objected to anything");
    }
    for objection in &objections {
        print::out(&format!(
            "{}, {}: {} rejected, {} flagged",
            objection.validator, objection.check, objection.rejected, objection.flagged
        ));
        for subject in &objection.examples {
            print::out(&format!("  {}\n    {}", subject.id, subject.reason));
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn run(file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = super::repository(file)?;
    let status = rehearsal_pipeline::query::status(&repository)?;
    if json {
        print::json(&serde_json::to_value(&status)?);
        return Ok(Exit::Done);
    }
    print::out(&format!(
        "{} entries, {} calls, {} transcripts of recordings",
        status.entries, status.calls, status.transcripts
    ));
    if let Some(run) = &status.last_run {
        let end = if run.stopped { "stopped" } else { "ended" };
        print::out(&format!("last run {end} after {}", print::seconds(run.seconds)));
        for (id, dataset) in &run.datasets {
            print::out(&format!("  data set {id}: {} rows", dataset.rows));
        }
    }
    let stages = status.last_run.iter().flat_map(|run| &run.stages);
    for (id, stage) in stages.filter(|(_, stage)| stage.put_off > 0) {
        print::out(&format!("{id}: {} calls are put off to the next run", stage.put_off));
    }
    for (id, report) in &status.reports {
        print::out(&format!("{id}:\n  {}", report.summary.replace('\n', "\n  ")));
    }
    if status.dead_letters.is_empty() {
        print::out("nothing failed");
    }
    for letter in &status.dead_letters {
        print::out(&format!("failed in {}: {}\n  {}", letter.stage, letter.item, letter.error));
    }
    Ok(Exit::Done)
}
