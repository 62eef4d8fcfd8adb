//! `rehearsal plugin list`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use rehearsal_config::{Config, Plugin};
use rehearsal_model::Digest;
use serde_json::json;

use super::lock;
use crate::args::List;
use crate::exit::Exit;
use crate::{places, print};

pub(super) fn run(what: &List, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let config = Config::load(&what.file.pipeline)?;
    let lock = lock(&what.file.pipeline)?;
    let accepted: BTreeMap<&str, (&str, &str)> = lock
        .iter()
        .flat_map(|lock| lock.plugins().map(|(id, plugin, digest)| (id, (plugin, digest))))
        .collect();
    let mut rows = Vec::new();
    for stage in config.pipeline.stages() {
        let (path, from) = match &stage.plugin {
            Plugin::File(path) => {
                let source = lock.as_ref().and_then(|lock| lock.source(&stage.id));
                let from = source.map_or_else(|| path.display().to_string(), str::to_owned);
                (path.clone(), from)
            }
            Plugin::BuiltIn(name) => {
                (places::plugins(plugins)?.join(format!("{name}.wasm")), "built in".to_owned())
            }
        };
        let digest = fs::read(&path).ok().map(|bytes| Digest::of(&bytes).to_string());
        let known = accepted.get(stage.id.as_str());
        let state = match (&digest, known) {
            (None, _) => "missing",
            (Some(_), None) => "new",
            (Some(digest), Some((_, accepted))) if digest == accepted => "accepted",
            (Some(_), Some(_)) => "changed",
        };
        rows.push(json!({
            "id": stage.id,
            "section": stage.kind.section(),
            "plugin": known.map(|(plugin, _)| plugin),
            "digest": digest,
            "from": from,
            "state": state,
        }));
    }
    if json {
        print::json(&json!(rows));
        return Ok(Exit::Done);
    }
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
        print::out(&format!(
            "{:10} {:22} {:28} {:12.12}  {:9} {}",
            text("section"),
            text("id"),
            text("plugin"),
            text("digest"),
            text("state"),
            text("from"),
        ));
    }
    Ok(Exit::Done)
}
