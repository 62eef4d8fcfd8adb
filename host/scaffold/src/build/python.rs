//! Python: componentize-py puts the interpreter and the program into one component.

use std::path::Path;
use std::process::Command;

use super::{BuildError, tool};
use crate::Language;

pub(super) fn build(folder: &Path, component: &Path) -> Result<(), BuildError> {
    let mut folders = tool::around(folder, ".venv/bin");
    if let Some(active) = std::env::var_os("VIRTUAL_ENV") {
        folders.insert(0, Path::new(&active).join("bin"));
    }
    let program =
        tool::find(&folders, &["componentize-py"]).ok_or_else(|| BuildError::Missing {
            tool: "componentize-py",
            language: Language::Python,
            install: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt".into(),
        })?;
    tool::run(
        Command::new(program)
            .current_dir(folder)
            .args(["--quiet", "--wit-path", "wit", "--world", "plugin"])
            .args(["componentize", "app", "--python-path", ".", "--output"])
            .arg(component),
    )
}
