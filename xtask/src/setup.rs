//! What a build needs and a fresh machine may lack.
//!
//! Every need is first checked without side effects, so that a second call
//! costs some process starts and nothing else.

mod browser;
mod debian;
mod languages;
mod native;
mod registry;
pub(crate) mod wasm;

use anyhow::Result;

use crate::steps::Steps;
use crate::workspace::Workspace;

/// `cargo xtask setup`.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("setup", arguments)?;
    ensure(steps)?;
    for_tests(workspace, steps)
}

/// Fetches what only tests want.
pub(crate) fn for_tests(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.step("setup for tests", || {
        let mut packages = debian::Packages::default();
        languages::ensure(&mut packages, workspace);
        registry::ensure(&mut packages, workspace)
    })
}

/// Installs what is missing, as one step of a task.
pub(crate) fn ensure(steps: &mut Steps) -> Result<()> {
    steps.step("setup", || {
        let mut packages = debian::Packages::default();
        native::ensure(&mut packages)?;
        browser::ensure(&mut packages);
        wasm::ensure(&mut packages)
    })
}
