//! `cargo xtask endure --kills 500`: the repository, alone and under whole runs, killed
//! at any moment.

use anyhow::Result;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{build, command};

/// Kills of each of the two tests unless the command line says otherwise.
const KILLS: u64 = 500;

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    let kills = crate::number("endure", "--kills", KILLS, arguments)?.to_string();
    build::everything(workspace, steps)?;
    for (step, package, test) in
        [("repository", "rehearsal-repository", "kill"), ("runs", "rehearsal-tests", "endure")]
    {
        steps.step(step, || {
            command::run(
                command::cargo(&workspace.root)
                    .args([
                        "test",
                        "--package",
                        package,
                        "--test",
                        test,
                        "--",
                        "--nocapture",
                        "killed",
                    ])
                    .env("REHEARSAL_KILLS", &kills),
            )
        })?;
    }
    Ok(())
}
