//! `cargo xtask build` and `cargo xtask plugins`.

use anyhow::Result;

use crate::command;
use crate::guests;
use crate::setup;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// `cargo xtask build`: set-up, plugins, host.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("build", arguments)?;
    everything(workspace, steps)
}

/// `cargo xtask plugins`: only the components.
pub(crate) fn run_plugins(
    workspace: &Workspace,
    steps: &mut Steps,
    arguments: &[String],
) -> Result<()> {
    crate::no_arguments("plugins", arguments)?;
    setup::ensure(steps)?;
    steps.step("plugins", || guests::build(workspace))
}

/// All that a run of the pipeline needs.
pub(crate) fn everything(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    setup::ensure(steps)?;
    steps.step("plugins", || guests::build(workspace))?;
    steps.step("build", || host(workspace))
}

/// Builds the `rehearsal` binary, and the tests with it: built alone, it would get other
/// features of shared dependencies, and the world would be compiled twice.
pub(crate) fn host(workspace: &Workspace) -> Result<()> {
    command::run(command::cargo(&workspace.root).args([
        "build",
        "--workspace",
        "--bins",
        "--tests",
    ]))
}
