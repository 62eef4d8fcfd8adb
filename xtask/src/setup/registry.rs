//! A container registry for the tests of `rehearsal plugin`: Debian's, unpacked into the
//! target folder, so that nothing is installed and no service starts.

use std::fs;

use anyhow::Result;

use super::debian::Packages;
use crate::command;
use crate::workspace::Workspace;

const PROGRAM: &str = "docker-registry";

/// Finds it or fetches it. Without it the tests that want it say so and skip.
pub(super) fn ensure(packages: &mut Packages, workspace: &Workspace) -> Result<()> {
    let tools = workspace.target.join("tools");
    if command::on_path(PROGRAM) || tools.join("usr/bin").join(PROGRAM).is_file() {
        eprintln!("    {PROGRAM}: present");
        return Ok(());
    }
    fs::create_dir_all(&tools)?;
    if let Err(error) = packages.unpack(PROGRAM, &tools) {
        eprintln!("    {PROGRAM}: not to be had ({error:#}); the tests that want it skip");
    }
    Ok(())
}
