//! JavaScript: an engine and the program go into one component. `package.json` says which
//! engine:
//!
//! - componentize-qjs has QuickJS: the language and nothing else. It is the engine behind
//!   `jco componentize --backend quickjs`; without the rest of jco it is a tenth of the
//!   download, and a component compiles in a tenth of the time. The scaffold's choice.
//! - componentize-js has StarlingMonkey, with `fetch` (by `wasi:http`), promises, streams
//!   and the rest of what browsers share with servers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{BuildError, io_error, tool};
use crate::Language;

/// Whose presence among the dependencies chooses it.
const STARLING: &str = "@bytecodealliance/componentize-js";

pub(super) fn build(folder: &Path, component: &Path) -> Result<(), BuildError> {
    let mut command = if wants_starling(folder)? { starling(folder) } else { quickjs(folder) }?;
    tool::run(command.current_dir(folder).arg(component))
}

fn wants_starling(folder: &Path) -> Result<bool, BuildError> {
    let path = folder.join(Language::JavaScript.mark());
    let text = fs::read_to_string(&path).map_err(|error| io_error(&path, error))?;
    let package: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| BuildError::Contract(format!("{}: {error}", path.display())))?;
    Ok(["dependencies", "devDependencies"].iter().any(|kind| package[kind].get(STARLING).is_some()))
}

fn quickjs(folder: &Path) -> Result<Command, BuildError> {
    let mut command = Command::new(found(folder, "componentize-qjs")?);
    command
        .args(["--wit", "wit", "--world", "plugin", "--js", "plugin.js"])
        // The contract's functions are synchronous.
        .args(["--sync", "--output"]);
    Ok(command)
}

fn starling(folder: &Path) -> Result<Command, BuildError> {
    let mut command = Command::new(found(folder, "componentize-js")?);
    command
        .args(["plugin.js", "--wit", "wit", "--world-name", "plugin"])
        // It would export a handler of requests, and plugins answer none.
        .args(["--disable", "fetch-event", "--out"]);
    Ok(command)
}

fn found(folder: &Path, name: &'static str) -> Result<PathBuf, BuildError> {
    let folders = tool::around(folder, "node_modules/.bin");
    tool::find(&folders, &[name]).ok_or_else(|| BuildError::Missing {
        tool: name,
        language: Language::JavaScript,
        install: "npm install".into(),
    })
}
