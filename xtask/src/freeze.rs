//! `cargo xtask freeze`: the contract as it stands becomes a released one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::build;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// One plugin a world: every later host runs them as they are now.
const KEPT: [&str; 4] = ["salesbot", "tone-pacing", "roleplay-partner", "example-quality"];

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("freeze", arguments)?;
    let wit = workspace.root.join("wit");
    let version = version(&wit)?;
    let frozen = wit.join("released").join(&version);
    if frozen.exists() {
        bail!(
            "version {version} of the contract is released; what is released is never edited. \
             Give the package in wit/*.wit its next version first (docs/writing/versions.md)"
        );
    }
    build::everything(workspace, steps)?;
    steps.step("freeze", || {
        copy(&wit, &frozen, "wit")?;
        let kept = workspace.root.join("tests").join("released").join(&version);
        fs::create_dir_all(&kept)?;
        for name in KEPT {
            let file = format!("{name}.wasm");
            let from = workspace.components().join(&file);
            fs::copy(&from, kept.join(&file))
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
        println!("    now add the digest that `cargo test --test released` asks for");
        Ok(())
    })
}

/// The version that all files of the contract are in.
fn version(wit: &Path) -> Result<String> {
    let types = wit.join("types.wit");
    let text =
        fs::read_to_string(&types).with_context(|| format!("cannot read {}", types.display()))?;
    let first = text.lines().next().unwrap_or_default();
    let version = first.strip_prefix("package rehearsal:plugin@").and_then(|v| v.strip_suffix(';'));
    let version = version.with_context(|| format!("{} names no package", types.display()))?;
    ensure!(!version.contains(['/', '\\']), "{version} is no version");
    Ok(version.to_owned())
}

fn copy(from: &Path, to: &Path, extension: &str) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            let name = path.file_name().context("a file without a name")?;
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
