//! `cargo xtask`: everything a contributor or a fresh machine does with this
//! repository, from one door.
//!
//! A task is a row of [`TASKS`] and a module of its own. Tasks run the same
//! `cargo` commands that a person would type, each printed with what it took,
//! and stop at the first that fails.

mod artifacts;
mod audit;
mod build;
mod command;
mod demo;
mod endure;
mod freeze;
mod fuzz;
mod guests;
mod heads;
mod privacy;
mod python;
mod setup;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::steps::Steps;
use crate::workspace::Workspace;

/// One subcommand of `cargo xtask`.
struct Task {
    name: &'static str,
    summary: &'static str,
    run: fn(&Workspace, &mut Steps, &[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "demo",
        summary: "set up, build, and run the demo pipeline over examples/",
        run: demo::run,
    },
    Task {
        name: "test",
        summary: "set up, then every check: format, lints, build, all tests",
        run: test::run,
    },
    Task {
        name: "trainers",
        summary: "one training step on every data set of the demo (installs torch)",
        run: python::trainers,
    },
    Task {
        name: "build",
        summary: "set up and build the plugins and the `rehearsal` binary",
        run: build::run,
    },
    Task {
        name: "plugins",
        summary: "build only the plugins, to target/plugins/NAME.wasm",
        run: build::run_plugins,
    },
    Task {
        name: "audit",
        summary: "check licences, sources and bans of all crates against deny.toml",
        run: audit::run,
    },
    Task {
        name: "freeze",
        summary: "make the contract in wit/ a released version, with plugins that later hosts run",
        run: freeze::run,
    },
    Task {
        name: "fuzz",
        summary: "torture every parser for a while each [--seconds 60]",
        run: fuzz::run,
    },
    Task {
        name: "endure",
        summary: "kill runs over a growing repository again and again [--kills 500]",
        run: endure::run,
    },
    Task {
        name: "load-datasets",
        summary: "read the demo's data sets by the library that users read them with",
        run: python::load,
    },
    Task {
        name: "train-privacy",
        summary: "train the tagger of names on examples/corpus",
        run: privacy::train,
    },
    Task {
        name: "eval-privacy",
        summary: "precision and recall of personal data, cross-validated by call",
        run: privacy::evaluate,
    },
    Task {
        name: "train-extractors",
        summary: "train the heads of the learned tier and write plugins/heads/weights",
        run: heads::train,
    },
    Task {
        name: "eval",
        summary: "what the heads reach on calls that they have not seen; names choose heads",
        run: heads::eval,
    },
    Task {
        name: "setup",
        summary: "install what a build needs and this machine lacks",
        run: setup::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", usage());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", usage());
        return Ok(());
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        bail!("there is no task `{name}`\n\n{}", usage());
    };
    let workspace = Workspace::discover()?;
    let mut steps = Steps::start();
    (task.run)(&workspace, &mut steps, rest)?;
    steps.finish(task.name);
    Ok(())
}

fn usage() -> String {
    let mut text = String::from("Usage: cargo xtask TASK\n\nTasks:\n");
    for task in TASKS {
        text.push_str(&format!("  {:<18}{}\n", task.name, task.summary));
    }
    text
}

/// Refuses arguments for a task that takes none, so that a mistyped flag is
/// not taken for granted.
fn no_arguments(task: &str, arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => bail!("`cargo xtask {task}` takes no arguments, found `{argument}`"),
    }
}

/// The value of a task's only flag.
fn number(task: &str, flag: &str, default: u64, arguments: &[String]) -> Result<u64> {
    match arguments {
        [] => Ok(default),
        [name, value] if name == flag => match value.parse() {
            Ok(number) => Ok(number),
            Err(_) => bail!("`{flag}` wants a number, found `{value}`"),
        },
        _ => bail!("`cargo xtask {task}` takes `{flag} NUMBER` and nothing else"),
    }
}
