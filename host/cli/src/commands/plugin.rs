//! `rehearsal plugin`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rehearsal_sandbox::{Component, Description, Details};
use serde_json::{Value, json};

use crate::args::PluginAction;
use crate::exit::Exit;
use crate::{places, print};

use super::packages;

pub(crate) fn run(action: &PluginAction, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    match action {
        PluginAction::Inspect { plugin } => inspect(plugin, plugins, json)?,
        PluginAction::Package(action) => return packages::run(action, plugins, json),
        PluginAction::Author(action) => return super::author::run(action, plugins, json),
    }
    Ok(Exit::Done)
}

fn describe(path: &Path) -> Result<(Component, Description)> {
    let component = places::sandbox()?.load(path)?;
    let runtime = super::runtime(Some(1))?;
    let description = runtime.block_on(component.describe())??.value;
    Ok((component, description))
}

/// A file, or a built-in by its name.
pub(super) fn find(plugin: &str, plugins: Option<&Path>) -> Result<PathBuf> {
    if plugin.contains(std::path::MAIN_SEPARATOR) || plugin.ends_with(".wasm") {
        return Ok(PathBuf::from(plugin));
    }
    Ok(places::plugins(plugins)?.join(format!("{plugin}.wasm")))
}

fn inspect(plugin: &str, plugins: Option<&Path>, json: bool) -> Result<()> {
    let (component, description) = describe(&find(plugin, plugins)?)?;
    if json {
        print::json(&as_json(&component, &description));
        return Ok(());
    }
    let identity = &description.identity;
    print::out(&format!("{} {}: {}", identity.name, identity.version, identity.summary));
    print::out(&format!("  world    {} (contract {})", component.world(), component.contract()));
    print::out(&format!("  digest   {}", component.digest()));
    let needs: Vec<_> = component.needs().iter().map(ToString::to_string).collect();
    let needs = if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") };
    print::out(&format!("  grants   {needs}"));
    print::out(&format!("  imports  {}", component.imports().join("\n           ")));
    print::out(&format!("  config   {}", identity.config_schema));
    for (what, text) in details(&description.details) {
        print::out(&format!("  {what:8} {text}"));
    }
    Ok(())
}

fn details(details: &Details) -> Vec<(&'static str, String)> {
    match details {
        Details::Loader => Vec::new(),
        Details::Extractor { emits, .. } => emits
            .iter()
            .map(|kind| ("emits", format!("{} ({}): {}", kind.name, kind.definition, kind.meaning)))
            .collect(),
        Details::PathBuilder { reads, families } => {
            vec![("reads", reads.join(", ")), ("writes", families.join(", "))]
        }
        Details::Validator { checks, .. } => {
            checks.iter().map(|(name, text)| ("check", format!("{name}: {text}"))).collect()
        }
    }
}

fn as_json(component: &Component, description: &Description) -> Value {
    let identity = &description.identity;
    json!({
        "name": identity.name,
        "version": identity.version,
        "summary": identity.summary,
        "world": component.world().name(),
        "contract": component.contract(),
        "digest": component.digest().to_string(),
        "imports": component.imports(),
        "grants": component.needs().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "config_schema": serde_json::from_str::<Value>(&identity.config_schema).ok(),
        "details": details(&description.details),
        "needs": needs(&description.details),
        "emits": emits(&description.details),
    })
}

/// What a call must have for an extractor to say all that it can.
fn needs(details: &Details) -> Vec<&'static str> {
    let Details::Extractor { needs, .. } = details else { return Vec::new() };
    let all = [
        ("starts of turns", needs.starts),
        ("ends of turns", needs.ends),
        ("times of words", needs.words),
        ("roles", needs.roles),
        ("a recording", needs.audio),
    ];
    all.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| name).collect()
}

fn emits(details: &Details) -> Vec<Value> {
    let Details::Extractor { emits, .. } = details else { return Vec::new() };
    let kind = |kind: &rehearsal_sandbox::AnnotationKind| {
        json!({
            "name": kind.name,
            "definition": kind.definition,
            "meaning": kind.meaning,
            "labels": kind.labels,
        })
    };
    emits.iter().map(kind).collect()
}

pub(super) fn built_in(plugins: Option<&Path>, json: bool) -> Result<()> {
    let folder = places::plugins(plugins)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        found.push(describe(&file)?);
    }
    if json {
        let all = found.iter().map(|(component, about)| as_json(component, about)).collect();
        print::json(&Value::Array(all));
        return Ok(());
    }
    for (component, about) in &found {
        let identity = &about.identity;
        print::out(&format!(
            "{:13} {:18} {:8} {}",
            component.world(),
            identity.name,
            identity.version,
            identity.summary
        ));
    }
    Ok(())
}
