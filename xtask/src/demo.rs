//! `cargo xtask demo`: from a clean checkout to training data.

use anyhow::Result;

use crate::build;
use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The demo pipeline, in the root of the checkout.
const PIPELINE: &str = "pipeline.toml";

/// Builds everything, runs the demo pipeline and says what to look at.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("demo", arguments)?;
    build::everything(workspace, steps)?;
    // Whoever builds the plugins from this checkout accepts them.
    steps.step("lock", || {
        command::run(command::program_in(&workspace.root, workspace.rehearsal()).args([
            "lock",
            "--pipeline",
            PIPELINE,
        ]))
    })?;
    steps.step("demo", || {
        command::run(command::program_in(&workspace.root, workspace.rehearsal()).args([
            "run",
            "--pipeline",
            PIPELINE,
        ]))
    })?;
    let rehearsal = workspace.rehearsal();
    println!(
        "\nThe demo ran over examples/ as {PIPELINE} says; its summary above names the data sets.\n\
         Next:\n\
         \x20 {program} status            what the repository holds now\n\
         \x20 {program} show ID           one conversation with its annotations\n\
         \x20 {program} explain EXAMPLE   where a line of a data set comes from\n\
         \x20 cargo xtask demo            again: nothing is transcribed or computed twice",
        program = rehearsal.display()
    );
    Ok(())
}
