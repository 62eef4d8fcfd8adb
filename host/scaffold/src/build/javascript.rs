//! JavaScript: componentize-qjs puts the QuickJS engine and the program into one
//! component. It is the engine behind `jco componentize --backend quickjs`; without the
//! rest of jco it is a tenth of the download, and a component compiles in a tenth of the
//! time.

use std::path::Path;
use std::process::Command;

use super::{BuildError, tool};
use crate::Language;

pub(super) fn build(folder: &Path, component: &Path) -> Result<(), BuildError> {
    let folders = tool::around(folder, "node_modules/.bin");
    let program =
        tool::find(&folders, &["componentize-qjs"]).ok_or_else(|| BuildError::Missing {
            tool: "componentize-qjs",
            language: Language::JavaScript,
            install: "npm install".into(),
        })?;
    tool::run(
        Command::new(program)
            .current_dir(folder)
            .args(["--wit", "wit", "--world", "plugin", "--js", "plugin.js"])
            // The contract's functions are synchronous.
            .args(["--sync", "--output"])
            .arg(component),
    )
}
