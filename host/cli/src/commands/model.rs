//! `rehearsal model`.

use anyhow::Result;
use rehearsal_speech::models::{self, PullEvent, Store};
use serde_json::json;

use crate::args::ModelAction;
use crate::exit::Exit;
use crate::print;

pub(crate) fn run(action: &ModelAction, json: bool) -> Result<Exit> {
    let store = Store::open_default()?;
    match action {
        ModelAction::List => list(&store, json)?,
        ModelAction::Pull { name } => {
            let path = store.pull(name, &mut |event| {
                tell(&event, json);
            })?;
            done(name, &path, json);
        }
        ModelAction::Import { path, name } => {
            let path = store.import(path, name)?;
            done(name, &path, json);
        }
    }
    Ok(Exit::Done)
}

fn tell(event: &PullEvent<'_>, json: bool) {
    if let Some(note) = rehearsal_pipeline::pull_note(event).filter(|_| !json) {
        eprintln!("{note}");
    }
}

fn done(name: &str, path: &std::path::Path, json: bool) {
    if json {
        print::json(&json!({ "name": name, "path": path }));
    } else {
        print::out(&format!("`{name}` is ready: {}", path.display()));
    }
}

fn list(store: &Store, json: bool) -> Result<()> {
    let installed = store.list()?;
    if json {
        let here: Vec<_> = installed
            .iter()
            .map(|model| json!({ "name": model.name, "path": model.path, "bytes": model.bytes }))
            .collect();
        let catalogue: Vec<_> = models::CATALOGUE
            .iter()
            .map(|model| json!({ "name": model.name, "bytes": model.bytes() }))
            .collect();
        print::json(&json!({ "installed": here, "catalogue": catalogue }));
        return Ok(());
    }
    for model in models::CATALOGUE {
        let here = installed.iter().any(|installed| installed.name == model.name);
        let state = if here { "here" } else { "" };
        let megabytes = model.bytes() / 1_000_000;
        print::out(&format!("{:24} {megabytes:>6} MB  {state}", model.name));
    }
    for model in &installed {
        if models::find(&model.name).is_none() {
            print::out(&format!("{:24} {:>6} MB  imported", model.name, model.bytes / 1_000_000));
        }
    }
    Ok(())
}
