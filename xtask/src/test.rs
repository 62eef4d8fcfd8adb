//! `cargo xtask test`: all that must hold before a change is taken.

use anyhow::Result;

use crate::audit;
use crate::build;
use crate::command;
use crate::guests;
use crate::python;
use crate::setup;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Runs every check, cheapest first, and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("test", arguments)?;
    let cargo = |arguments: &[&str]| command::run(command::cargo(&workspace.root).args(arguments));
    setup::ensure(steps)?;
    setup::for_tests(workspace, steps)?;
    steps.step("format", || cargo(&["fmt", "--all", "--check"]))?;
    steps.step("audit", || audit::check(workspace))?;
    steps.step("plugins", || guests::build(workspace))?;
    steps.step("lints", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
    })?;
    // The end-to-end tests run the built binary.
    steps.step("build", || build::host(workspace))?;
    // The tests of speech and of embeddings need a model each; pulling one that is there
    // already costs a look.
    for model in [&[][..], &["all-minilm-l6-v2"]] {
        steps.step("model", || {
            let mut pull = command::program_in(&workspace.root, workspace.rehearsal());
            command::run(pull.args(["model", "pull"]).args(model))
        })?;
    }
    steps.step("data sets load", || python::load_datasets(workspace))?;
    steps.step("tests", || cargo(&["test", "--workspace"]))
}
