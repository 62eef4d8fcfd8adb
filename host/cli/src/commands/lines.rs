//! `rehearsal lines`: strong moments of a corpus as lines for suggestions.

use anyhow::Result;
use rehearsal_config::{Config, StageKind, set_config};
use rehearsal_pipeline::{StrongLine, strong_lines};
use serde::Serialize;
use serde_json::json;

use super::packages::replace;
use crate::args::Lines;
use crate::exit::{Exit, WrongUsage};
use crate::print;

/// The path's key that takes them.
const KEY: &str = "lines";

pub(crate) fn run(what: &Lines, json: bool) -> Result<Exit> {
    let file = &what.file.pipeline;
    let config = Config::load(file)?;
    let folder = config.pipeline.workspace.join("datasets").join(&what.path);
    let lines = strong_lines(&folder, what.most).map_err(|error| WrongUsage(error.to_string()))?;
    let list = as_toml(&lines)?;
    if what.write {
        let text = set_config(config.document().text(), StageKind::Path, &what.path, KEY, &list)
            .map_err(|error| WrongUsage(format!("{}: {error}", file.display())))?;
        // A file that would not load is told, and not written.
        Config::parse(file, text.clone()).map_err(rehearsal_config::Error::from)?;
        replace(file, text.as_bytes())?;
    }
    if json {
        print::json(&json!({ "path": what.path, "lines": lines, "written": what.write }));
    } else if what.write {
        print::out(&format!(
            "{} lines written to `config.{KEY}` of path `{}` in {}; the next run makes its rows \
             anew. They are words from calls: keep the file as you keep those",
            lines.len(),
            what.path,
            file.display()
        ));
    } else {
        print::out(&format!("config.{KEY} = {list}"));
    }
    Ok(Exit::Done)
}

/// An array of tables, a line each.
fn as_toml(lines: &[StrongLine]) -> Result<String> {
    let mut list = "[\n".to_owned();
    for line in lines {
        let mut table = String::new();
        line.serialize(toml::ser::ValueSerializer::new(&mut table))?;
        list.push_str(&format!("  {table},\n"));
    }
    Ok(list + "]")
}
