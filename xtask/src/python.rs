//! Proof by other people's programs: what the demo writes is read by the libraries that
//! users read it with. They come from the Python package index, at pinned versions, into
//! an environment under the target folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::build;
use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// `cargo xtask load-datasets`: `datasets` reads what the demo writes.
pub(crate) fn load(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("load-datasets", arguments)?;
    build::everything(workspace, steps)?;
    steps.step("data sets load", || load_datasets(workspace))
}

/// Loads every configuration of the demo's output. Without Python or the index it is
/// left out, and says so.
pub(crate) fn load_datasets(workspace: &Workspace) -> Result<()> {
    match environment(workspace, "datasets") {
        Ok(python) => {
            run_demo(workspace)?;
            run(workspace, &python, "load_datasets.py")
        }
        Err(error) => {
            println!("    LEFT OUT: the demo's data sets were not loaded by `datasets`: {error:#}");
            Ok(())
        }
    }
}

/// `cargo xtask trainers`: every configuration takes one training step in its trainer.
pub(crate) fn trainers(
    workspace: &Workspace,
    steps: &mut Steps,
    arguments: &[String],
) -> Result<()> {
    crate::no_arguments("trainers", arguments)?;
    build::everything(workspace, steps)?;
    steps.step("demo", || run_demo(workspace))?;
    let python = steps.step("install trainers", || environment(workspace, "trainers"))?;
    steps.step("one step each", || run(workspace, &python, "train_once.py"))
}

fn run_demo(workspace: &Workspace) -> Result<()> {
    // Whoever builds the plugins from this checkout accepts them.
    for action in ["lock", "run"] {
        command::run(command::program_in(&workspace.root, workspace.rehearsal()).arg(action))?;
    }
    Ok(())
}

fn run(workspace: &Workspace, python: &Path, script: &str) -> Result<()> {
    let script = scripts(workspace).join(script);
    let datasets = workspace.root.join(".rehearsal").join("datasets");
    command::run(command::program_in(&workspace.root, python).arg(script).arg(datasets))
}

fn scripts(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask").join("python")
}

/// The Python of an environment with what `NAME.txt` pins, made where it is not there.
pub(crate) fn environment(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let folder = workspace.target.join("python").join(name);
    let python = folder.join("bin").join("python");
    let wanted = scripts(workspace).join(name).with_extension("txt");
    let wanted_text = fs::read_to_string(&wanted).context("cannot read the pinned versions")?;
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted_text) {
        return Ok(python);
    }
    let system = ["python3", "python"].into_iter().find(|program| command::on_path(program));
    let system = system.context("there is no Python on this machine")?;
    command::run_quietly(
        command::program_in(&workspace.root, system).args(["-m", "venv"]).arg(&folder),
    )?;
    command::run_quietly(
        command::program_in(&workspace.root, &python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&wanted),
    )?;
    fs::write(&installed, wanted_text).context("cannot note what was installed")?;
    Ok(python)
}
