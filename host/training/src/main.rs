//! `heads train` writes the weights that extractors ship; `heads eval` measures them by
//! cross-validation over calls. Run by `cargo xtask train-extractors` and `cargo xtask
//! eval`.
//!
//! ```text
//! corpus + prototypes ─► readings ─► embeddings ─► rows ─► linear fits ─► decisions
//!                                                    │     (L-BFGS)       (tuned on calls
//!                                                    │        │            left out)
//!                                                    └─► net over the call
//!                                                        (AdamW)
//! ```
//!
//! What is random, the assignment of calls to folds and how the net learns, follows from
//! fixed seeds: the same corpus and model give the same heads.

mod corpus;
mod crossval;
mod cues;
mod data;
mod descent;
mod embeddings;
mod fit;
mod net;
mod score;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rehearsal_heads::{Model, Sequence};

use rehearsal_training::{lbfgs, loss, parts, tasks, tune};

use crate::crossval::Measured;
use crate::data::Data;
use crate::tasks::{TASKS, Task};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (train, names) = match arguments.split_first() {
        Some((action, names)) if action == "train" => (true, names),
        Some((action, names)) if action == "eval" => (false, names),
        _ => bail!("usage: heads train|eval [HEAD...]"),
    };
    if train && !names.is_empty() {
        bail!("heads share a net and are trained together: `train` takes no names");
    }
    let tasks = chosen(names)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = Data::load(&root)?;
    let contexts = crossval::contexts(&data)?;
    let mark = if train { Some(ship_sequence(&data, &root)?) } else { None };
    for task in tasks {
        let measured = crossval::measure(&data, task, &contexts)?;
        print!("{}", measured.report());
        if let Some(mark) = mark {
            ship(&data, task, measured, mark, &root)?;
        } else {
            print!("{}", cues::report(&root, task)?);
        }
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Task>> {
    if names.is_empty() {
        return Ok(TASKS.iter().collect());
    }
    let find = |name: &String| {
        let known: Vec<&str> = TASKS.iter().map(|task| task.name).collect();
        let found = TASKS.iter().find(|task| task.name == name);
        found.with_context(|| format!("there is no head `{name}`; they are {}", known.join(", ")))
    };
    names.iter().map(find).collect()
}

/// Trains a head on all calls, decided as its cross-validation says, and writes it.
fn ship(data: &Data, task: &Task, measured: Measured, mark: u32, root: &Path) -> Result<()> {
    let all: Vec<usize> = (0..data.examples.len()).collect();
    let mut head = fit::head(data, task, &all)?;
    head.decision = measured.decision;
    head.calibration = measured.calibration;
    let model = Model {
        embeddings: data.model.clone(),
        width: u32::try_from(data.width)?,
        spread: data.spread.clone(),
        sequence: mark,
        heads: vec![head],
    };
    write(root, task.name, &model.to_bytes()?)
}

/// Trains the net on all calls and writes it; gives its mark.
fn ship_sequence(data: &Data, root: &Path) -> Result<u32> {
    let bytes = descent::sequence(data, |_| false)?.to_bytes()?;
    write(root, "sequence", &bytes)?;
    Ok(Sequence::mark(&bytes))
}

fn write(root: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path: PathBuf = root.join("plugins/heads/weights").join(format!("{name}.bin"));
    fs::create_dir_all(path.parent().unwrap_or(root))?;
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    println!("  written: plugins/heads/weights/{name}.bin, {} kB\n", bytes.len() / 1000);
    Ok(())
}
