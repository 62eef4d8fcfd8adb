//! `cargo xtask audit`: licences, sources and banned crates of everything in Cargo.lock,
//! held to `deny.toml`.
//!
//! A subset of what `cargo deny` checks, because that takes minutes to install on a
//! machine that has only cargo. It reads the same file, so whoever has it gets the same
//! answer.

use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The part of `deny.toml` that is read here.
#[derive(Deserialize)]
struct Rules {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    /// `NAME`, or `NAME@>=VERSION`.
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// The part of `cargo metadata` that is read here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// None for the workspace's own.
    source: Option<String>,
}

/// `cargo xtask audit`.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    crate::no_arguments("audit", arguments)?;
    steps.step("audit", || check(workspace))
}

/// Checks all crates; names every one that breaks a rule.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join("deny.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let rules: Rules = toml::from_str(&text).context("deny.toml cannot be understood")?;
    let output = command::cargo(&workspace.root)
        .args(["metadata", "--format-version", "1", "--quiet"])
        .output()
        .context("cannot run `cargo metadata`")?;
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("`cargo metadata` gave no JSON")?;
    let faults: Vec<String> =
        metadata.packages.iter().flat_map(|package| faults(&rules, package)).collect();
    if !faults.is_empty() {
        bail!("these crates break deny.toml:\n  {}", faults.join("\n  "));
    }
    eprintln!("    {} crates: licences, sources and bans hold", metadata.packages.len());
    Ok(())
}

fn faults(rules: &Rules, package: &Package) -> Vec<String> {
    let Some(source) = &package.source else { return Vec::new() };
    let mut faults = Vec::new();
    let mut fault = |what: String| {
        faults.push(format!("{} {}: {what}", package.name, package.version));
    };
    let registries = &rules.sources.allow_registry;
    if !registries.iter().any(|known| source.ends_with(known.as_str())) {
        fault(format!("it comes from {source}"));
    }
    match &package.license {
        None => fault("it names no licence".to_owned()),
        Some(licence) if !allowed(licence, &rules.licenses.allow) => {
            fault(format!("its licence is {licence}"));
        }
        Some(_) => {}
    }
    if rules.bans.deny.iter().any(|banned| is(banned, package)) {
        fault("it is banned".to_owned());
    }
    faults
}

fn is(banned: &Banned, package: &Package) -> bool {
    let (name, from) = banned.name.split_once("@>=").unwrap_or((&banned.name, "0"));
    let major = |version: &str| {
        version.split(['.', '-']).next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    package.name == name && major(&package.version) >= major(from)
}

/// Whether an SPDX expression can be met with allowed licences only: one side of each
/// `OR` (`/` in old manifests), both of each `AND`, `AND` before `OR`.
fn allowed(expression: &str, allow: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut place = 0;
    any(&words, &mut place, allow) && place == words.len()
}

fn any(words: &[&str], place: &mut usize, allow: &[String]) -> bool {
    let mut met = all(words, place, allow);
    while words.get(*place) == Some(&"OR") {
        *place += 1;
        met |= all(words, place, allow);
    }
    met
}

fn all(words: &[&str], place: &mut usize, allow: &[String]) -> bool {
    let mut met = one(words, place, allow);
    while words.get(*place) == Some(&"AND") {
        *place += 1;
        met &= one(words, place, allow);
    }
    met
}

fn one(words: &[&str], place: &mut usize, allow: &[String]) -> bool {
    let Some(word) = words.get(*place) else { return false };
    *place += 1;
    if *word == "(" {
        let met = any(words, place, allow);
        let closed = words.get(*place) == Some(&")");
        *place += 1;
        return met && closed;
    }
    let mut name = (*word).to_owned();
    if let [Some(&"WITH"), Some(exception)] = [words.get(*place), words.get(*place + 1)] {
        name = format!("{name} WITH {exception}");
        *place += 2;
    }
    allow.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_or_not() {
        let allow = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "MIT AND ISC",
            "(GPL-3.0 OR MIT) AND ISC",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(allowed(good, &allow), "{good}");
        }
        for bad in
            ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "", "MIT ISC", "(MIT", "ISC AND (GPL-3.0)"]
        {
            assert!(!allowed(bad, &allow), "{bad}");
        }
    }

    #[test]
    fn strange_crates_are_named_with_every_fault() {
        let rules: Rules = toml::from_str(
            "[licenses]\nallow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"sled@>=1.0.0-alpha\" }]\n\
             [sources]\nallow-registry = [\"https://example.com/index\"]\n",
        )
        .expect("rules");
        let package = |version: &str, license: Option<&str>, source: &str| Package {
            name: "sled".to_owned(),
            version: version.to_owned(),
            license: license.map(str::to_owned),
            source: Some(source.to_owned()),
        };
        let registry = "registry+https://example.com/index";
        assert_eq!(faults(&rules, &package("0.34.7", Some("MIT"), registry)), [""; 0]);
        let found = faults(&rules, &package("1.0.0-alpha.124", None, "git+https://example.org/x"));
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
