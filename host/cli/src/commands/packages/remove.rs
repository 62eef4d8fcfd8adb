//! `rehearsal plugin remove`.

use std::fs;

use anyhow::Result;
use rehearsal_config::{Config, Plugin, remove_stage};

use super::{FOLDER, home, lock, replace, write_lock};
use crate::args::Remove;
use crate::exit::{Exit, WrongUsage};
use crate::print;

pub(super) fn run(what: &Remove, json: bool) -> Result<Exit> {
    let path = &what.file.pipeline;
    let config = Config::load(path)?;
    let pipeline = &config.pipeline;
    let Some(stage) = pipeline.stages().find(|stage| stage.id == what.id) else {
        let known: Vec<&str> = pipeline.stages().map(|stage| stage.id.as_str()).collect();
        let problem =
            format!("{} has no stage `{}`; it has {}", path.display(), what.id, known.join(", "));
        return Err(WrongUsage(problem).into());
    };
    let text = remove_stage(config.document().text(), stage.kind, &stage.id)
        .map_err(|error| WrongUsage(format!("{}: {error}", path.display())))?;
    // A pipeline that lacks what every pipeline has is told, and not written.
    let after = Config::parse(path, text.clone()).map_err(rehearsal_config::Error::from)?;
    let mut lock = lock(path)?;
    let fetched = lock.as_ref().is_some_and(|lock| lock.source(&stage.id).is_some());
    let still_used = after.pipeline.stages().any(|other| other.plugin == stage.plugin);
    replace(path, text.as_bytes())?;
    if let Some(lock) = &mut lock {
        lock.remove(&stage.id);
        write_lock(lock, path)?;
    }
    let mut gone = None;
    if let Plugin::File(file) = &stage.plugin
        && fetched
        && !still_used
        && file.starts_with(home(path).join(".").join(FOLDER))
        && fs::remove_file(file).is_ok()
    {
        gone = Some(file.display().to_string());
    }
    if json {
        print::json(&serde_json::json!({ "id": stage.id, "removed_file": gone }));
        return Ok(Exit::Done);
    }
    let file = gone.map(|file| format!(", with {file}")).unwrap_or_default();
    print::out(&format!("`{}` is out of {}{file}", stage.id, path.display()));
    print::out("what it made is left out of the data sets by the next run");
    Ok(Exit::Done)
}
