//! Rust: cargo builds components of `wasm32-wasip2` by itself.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{BuildError, io_error, tool};
use crate::Language;

const TARGET: &str = "wasm32-wasip2";

pub(super) fn build(folder: &Path, component: &Path) -> Result<(), BuildError> {
    let missing = |tool, install: &str| BuildError::Missing {
        tool,
        language: Language::Rust,
        install: install.to_owned(),
    };
    let cargo = tool::find(&[], &["cargo"])
        .ok_or_else(|| missing("cargo", "https://rustup.rs brings it"))?;
    // Whoever builds the standard library as well has no need of it.
    if env::var_os("CARGO_UNSTABLE_BUILD_STD").is_none() && !has_target(folder) {
        let install = "rustup target add wasm32-wasip2";
        return Err(missing("the Rust target wasm32-wasip2", install));
    }
    let output = Command::new(&cargo)
        .current_dir(folder)
        .args([
            "build",
            "--release",
            "--target",
            TARGET,
            "--message-format=json-render-diagnostics",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| io_error(&cargo, error))?;
    if !output.status.success() {
        return Err(BuildError::Failed { tool: "cargo".into(), status: output.status });
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().rev().find_map(artifact).ok_or_else(|| {
        BuildError::Contract(
            "cargo built no component; `[lib] crate-type` in Cargo.toml has to hold \"cdylib\""
                .into(),
        )
    })?;
    fs::copy(&built, component).map_err(|error| io_error(Path::new(&built), error))?;
    Ok(())
}

/// Whether the compiler in use has the target's standard library.
fn has_target(folder: &Path) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .current_dir(folder)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    output.is_ok_and(|output| {
        let libraries = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        fs::read_dir(libraries).is_ok_and(|mut entries| entries.next().is_some())
    })
}

/// The component that a message of cargo names.
fn artifact(line: &str) -> Option<String> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let files = message.get("filenames")?.as_array()?;
    files
        .iter()
        .filter_map(|file| file.as_str())
        .find(|file| file.ends_with(".wasm"))
        .map(Into::into)
}
