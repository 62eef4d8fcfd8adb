//! `cargo xtask train-privacy` and `eval-privacy`: the tagger of names.

use anyhow::Result;

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

const CORPUS: &str = "examples/corpus";
const WEIGHTS: &str = "host/privacy/data/names.weights";

/// The same corpus gives the same weights.
pub(crate) fn train(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("train-privacy", arguments)?;
    steps.step("train", || lab(workspace, &["train", CORPUS, WEIGHTS]))
}

pub(crate) fn evaluate(
    workspace: &Workspace,
    steps: &mut Steps,
    arguments: &[String],
) -> Result<()> {
    let verbose = arguments == ["-v"];
    crate::no_arguments("eval-privacy", if verbose { &[] } else { arguments })?;
    let arguments = ["eval", CORPUS, "-v"];
    steps.step("evaluate", || lab(workspace, &arguments[..2 + usize::from(verbose)]))
}

fn lab(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let mut command = command::cargo(&workspace.root);
    command.args(["run", "-q", "-p", "rehearsal-privacy", "--bin", "privacy-lab", "--"]);
    command::run(command.args(arguments))
}
