//! Training and measuring the heads of the learned tier: `host/training` does the work,
//! so that tasks without it need not compile it.

use anyhow::Result;

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// `cargo xtask train-extractors`; heads share a net, so all are trained.
pub(crate) fn train(workspace: &Workspace, steps: &mut Steps, names: &[String]) -> Result<()> {
    steps.step("train", || heads(workspace, "train", names))
}

/// `cargo xtask eval [HEAD...]`
pub(crate) fn eval(workspace: &Workspace, steps: &mut Steps, names: &[String]) -> Result<()> {
    steps.step("eval", || heads(workspace, "eval", names))
}

fn heads(workspace: &Workspace, action: &str, names: &[String]) -> Result<()> {
    let mut cargo = command::cargo(&workspace.root);
    cargo.args(["run", "--quiet", "-p", "rehearsal-training", "--bin", "heads", "--", action]);
    command::run(cargo.args(names))
}
