//! `cargo xtask fuzz --seconds 60`: every property test (what stands in `proptest!`),
//! again and again with other random numbers, for a while each.
//!
//! The engine is proptest, which a fresh machine can build (cargo-fuzz wants a nightly
//! compiler). The same tests run for seconds in `cargo xtask test`. What proptest finds
//! it shrinks and writes to `proptest-regressions/` beside the test, to be committed: the
//! corpus that every later run starts with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{build, command};

/// Time of each target unless the command line says otherwise.
const SECONDS: u64 = 60;
/// Cases of one round: enough that starting the process costs little.
const CASES: &str = "2000";
/// What such tests stand in.
const BLOCK: &str = "proptest! {";
/// Folders with sources that have tests.
const SOURCES: [&str; 3] = ["host", "plugins", "tests"];

/// What cargo says of a built test program.
#[derive(Deserialize)]
struct Built {
    executable: Option<PathBuf>,
    target: Option<Named>,
    manifest_path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    let seconds = crate::number("fuzz", "--seconds", SECONDS, arguments)?;
    build::everything(workspace, steps)?;
    let mut random = BTreeSet::new();
    for folder in SOURCES {
        collect(&workspace.root.join(folder), &mut random)?;
    }
    let mut found = 0;
    for (program, target, folder) in programs(workspace)? {
        for test in tests(&program, &random) {
            found += 1;
            steps.step(&format!("{target} {test}"), || {
                torture(&program, &folder, &test, Duration::from_secs(seconds))
            })?;
        }
    }
    // Recordings have a torturer of their own, which knows their formats.
    steps.step("audio", || {
        let mut audio = command::cargo(&workspace.root);
        audio.args(["test", "--package", "rehearsal-speech", "--test", "fuzz_decode"]);
        command::run(audio.env("REHEARSAL_FUZZ_SECONDS", seconds.to_string()))
    })?;
    if found == 0 {
        bail!("no test stands in `{BLOCK}`");
    }
    Ok(())
}

/// Every test program of the workspace with its target's name and package's folder.
fn programs(workspace: &Workspace) -> Result<Vec<(PathBuf, String, PathBuf)>> {
    let output = command::cargo(&workspace.root)
        .args(["test", "--workspace", "--no-run", "--message-format=json", "--quiet"])
        .output()
        .context("cannot run cargo")?;
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let built = lines.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok());
    let mut programs: Vec<_> = built
        .filter_map(|built| {
            let folder = built.manifest_path?.parent()?.to_owned();
            Some((built.executable?, built.target?.name, folder))
        })
        .collect();
    programs.sort();
    programs.dedup();
    Ok(programs)
}

/// Names of the tests in a program that take random input.
fn tests(program: &PathBuf, random: &BTreeSet<String>) -> Vec<String> {
    let listed = command::ask(program, &["--list", "--format", "terse"]).unwrap_or_default();
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let is_random = |name: &&str| name.rsplit("::").next().is_some_and(|own| random.contains(own));
    names.filter(is_random).map(str::to_owned).collect()
}

/// Names of all functions in `proptest!` blocks of the sources below a folder.
fn collect(folder: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, names)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(functions(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// Functions in the `proptest!` blocks of a formatted source: a block ends at a brace as
/// far from the margin as it began.
fn functions(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut end: Option<String> = None;
    for line in source.lines() {
        let margin = &line[..line.len() - line.trim_start().len()];
        match &end {
            None if line.trim_start() == BLOCK => end = Some(format!("{margin}}}")),
            Some(last) if line == last => end = None,
            Some(_) => {
                let name = line.trim_start().strip_prefix("fn ").and_then(|f| f.split('(').next());
                names.extend(name.map(str::to_owned));
            }
            None => {}
        }
    }
    names
}

fn torture(program: &Path, folder: &Path, test: &str, time: Duration) -> Result<()> {
    let started = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || started.elapsed() < time {
        rounds += 1;
        let mut round = command::program_in(folder, program);
        round.args(["--exact", test, "--quiet"]).env("PROPTEST_CASES", CASES);
        let output = round.env("REHEARSAL_CASES", CASES).output().context("it does not start")?;
        if !output.status.success() {
            eprintln!("{}", String::from_utf8_lossy(&output.stdout));
            bail!("round {rounds} of {test} found something");
        }
    }
    eprintln!("    {rounds} rounds of {CASES} cases");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_blocks_are_found() {
        let source = "fn plain() {}\n    proptest! {\n        #[test]\n        fn one(\n        ) {}\n    }\n\
                      fn between() {}\nproptest! {\n    fn two() {}\n}\nfn after() {}\n";
        assert_eq!(functions(source), ["one", "two"]);
    }
}
