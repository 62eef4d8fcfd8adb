//! The tools that build plugins in Python and JavaScript, at pinned versions, in the target
//! folder. They are a need of the book's tests only: without an interpreter or a package
//! index a machine builds and passes everything else, and those tests say that they skip.
//! Plugins in C are tested where clang and wasi-libc are.

use std::env;
use std::fs;

use anyhow::{Context, Result, bail};

use super::debian::{self, Packages};
use crate::command;
use crate::python;
use crate::workspace::Workspace;

/// As in the scaffold's `package.json`, and in docs/writing/web-services.md.
const TOOLS: [&str; 2] = ["componentize-qjs@0.4.5", "@bytecodealliance/componentize-js@0.23.0"];

/// Finds them or fetches them.
pub(super) fn ensure(packages: &mut Packages, workspace: &Workspace) {
    said("componentize-py", python::environment(workspace, "languages").map(drop));
    said("componentize-qjs, componentize-js", javascript(packages, workspace));
}

fn said(tool: &str, outcome: Result<()>) {
    match outcome {
        Ok(()) => eprintln!("    {tool}: present"),
        Err(error) => eprintln!("    {tool}: not to be had ({error:#}); its test skips"),
    }
}

fn javascript(packages: &mut Packages, workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("tools").join("javascript");
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == TOOLS.join(" ")) {
        return Ok(());
    }
    if !command::on_path("npm") {
        // As for the browser: a CI's machine is its own to change.
        if env::var_os("CI").is_none() || !debian::is_root() {
            bail!("there is no npm on this machine");
        }
        packages.install("npm", &["npm"])?;
    }
    // ComponentizeJS finds a package that it does not ask for where npm lays all of them
    // anew, and not beside what lay there before.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    // Without a file of its own, npm would install into a folder around this one.
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    command::run_quietly(
        command::program_in(&folder, "npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund"])
            .args(TOOLS),
    )?;
    fs::write(installed, TOOLS.join(" ")).context("cannot note what was installed")
}
