//! `rehearsal dead-letters`, `replay` and `retry`: what failed, once more, for good.

use std::path::Path;

use anyhow::Result;
use rehearsal_gate::Mode;
use rehearsal_pipeline::{DeadLetter, Replay, ReplayOutcome, dead_letters, release};
use rehearsal_repository::Repository;
use serde_json::{Value, json};

use super::run;
use crate::args::{PipelineFile, Run};
use crate::exit::{Exit, WrongUsage};
use crate::{places, print};

/// Lines of an error in a list.
const SHOWN: usize = 1;

pub(crate) fn list(id: Option<&str>, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = super::repository(file)?;
    if let Some(id) = id {
        let letter = find(&repository, id)?;
        if json {
            print::json(&as_json(&letter));
        } else {
            print::out(&whole(&letter));
        }
        return Ok(Exit::Done);
    }
    let letters = dead_letters(&repository)?;
    if json {
        print::json(&letters.iter().map(as_json).collect());
        return Ok(Exit::Done);
    }
    for letter in &letters {
        let error: Vec<&str> = letter.error.lines().take(SHOWN).collect();
        print::out(&format!(
            "{}  {}  {}\n  {}",
            letter.id(),
            letter.stage,
            letter.item,
            error.join(" ")
        ));
    }
    print::out(&match letters.len() {
        0 => "nothing failed".to_owned(),
        count => format!("{count} items failed; `rehearsal dead-letters ID` says all of one"),
    });
    Ok(Exit::Done)
}

pub(crate) fn replay(
    id: &str,
    file: &PipelineFile,
    plugins: Option<&Path>,
    json: bool,
) -> Result<Exit> {
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(None)?;
    // No answers are kept there, so the network is refused.
    let offline = Mode::Replay(std::env::temp_dir());
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, offline, None)?;
    let repository = std::sync::Arc::new(super::repository(file)?);
    resolved.audio.attach(std::sync::Arc::clone(&repository));
    let letter = find(&repository, id)?;
    let work = rehearsal_pipeline::replay(&resolved.plan, &repository, &letter);
    let replay = runtime.block_on(work)?;
    if json {
        print::json(&replay_as_json(&letter, &replay));
    } else {
        print::out(&replay_in_words(&letter, &replay));
    }
    Ok(match replay.outcome {
        ReplayOutcome::Worked => Exit::Done,
        ReplayOutcome::Failed { .. } => Exit::FailedItems,
        ReplayOutcome::Unknown(_) => Exit::Failure,
    })
}

pub(crate) fn retry(
    id: Option<&str>,
    stage: Option<&str>,
    what: &Run,
    plugins: Option<&Path>,
    json: bool,
) -> Result<Exit> {
    run::released(what, plugins, json, &run::stop_on_interrupt()?, |repository| {
        let mut letters = match id {
            Some(id) => vec![find(repository, id)?],
            None => dead_letters(repository)?,
        };
        if let Some(stage) = stage {
            letters.retain(|letter| letter.stage == stage);
            if letters.is_empty() {
                let message = format!("no item failed in a stage `{stage}`");
                return Err(WrongUsage(message).into());
            }
        }
        let items = release(repository, &letters)?;
        if !json {
            eprintln!("{items} items are tried again");
        }
        Ok(())
    })
}

fn find(repository: &Repository, id: &str) -> Result<DeadLetter> {
    let mut letters = dead_letters(repository)?;
    letters.retain(|letter| letter.id().starts_with(id));
    match letters.len() {
        1 => Ok(letters.remove(0)),
        count => {
            let problem = if count == 0 { "no dead letter" } else { "more than one dead letter" };
            let text = format!("{problem} begins with `{id}`; `rehearsal dead-letters` lists them");
            Err(WrongUsage(text).into())
        }
    }
}

fn whole(letter: &DeadLetter) -> String {
    let component = letter.component.map_or("the host itself".to_owned(), |d| d.to_string());
    let indented = |text: &str| text.trim_end().replace('\n', "\n    ");
    let mut text = format!(
        "{id}\n  stage      {}\n  item       {}\n  component  {component}\n  config     {}\n  \
         input      {}\n  error\n    {}",
        letter.stage,
        letter.item,
        letter.config,
        letter.input,
        indented(&letter.error),
        id = letter.id(),
    );
    if !letter.output.is_empty() {
        text.push_str(&format!("\n  it wrote\n    {}", indented(&letter.output)));
    }
    text.push_str(&format!("\n`rehearsal replay {}` shows it fail again", letter.id()));
    text
}

fn as_json(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id(),
        "stage": letter.stage,
        "item": letter.item,
        "error": letter.error,
        "component": letter.component.map(|digest| digest.to_string()),
        "config": serde_json::from_str::<Value>(&letter.config).unwrap_or_default(),
        "output": letter.output,
        "input": letter.input.to_string(),
        "call": letter.call().map(|id| id.to_string()),
    })
}

fn replay_in_words(letter: &DeadLetter, replay: &Replay) -> String {
    let mut lines: Vec<String> =
        replay.changed.iter().map(|change| format!("not as it was: {change}")).collect();
    match &replay.outcome {
        ReplayOutcome::Worked => {
            lines.push("it no longer fails".to_owned());
            lines.push(format!("`rehearsal retry {}` takes it into the data sets", letter.id()));
        }
        ReplayOutcome::Failed { error, output, same } => {
            lines.push(match same {
                true => "it fails again, in the same way:".to_owned(),
                false => format!("it fails, in another way than then ({}):", letter.error),
            });
            lines.push(error.clone());
            if !output.is_empty() {
                lines.push(format!("it wrote\n  {}", output.trim_end().replace('\n', "\n  ")));
            }
        }
        ReplayOutcome::Unknown(why) => lines.push(format!("cannot be replayed: {why}")),
    }
    lines.join("\n")
}

fn replay_as_json(letter: &DeadLetter, replay: &Replay) -> Value {
    let (outcome, error, output, same) = match &replay.outcome {
        ReplayOutcome::Worked => ("worked", None, None, None),
        ReplayOutcome::Failed { error, output, same } => {
            ("failed", Some(error), Some(output), Some(*same))
        }
        ReplayOutcome::Unknown(why) => ("unknown", Some(why), None, None),
    };
    json!({
        "id": letter.id(),
        "changed": replay.changed,
        "outcome": outcome,
        "error": error,
        "output": output,
        "same": same,
    })
}
