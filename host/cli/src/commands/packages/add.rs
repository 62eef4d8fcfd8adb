//! `rehearsal plugin add`.
//!
//! Order of events: fetch, compile, ask who it is, show it, then refuse whatever is not
//! right (grants that it asks for and was not given, settings that its schema refuses),
//! and only then write: the component, pipeline.toml, pipeline.lock. It gets to see
//! something in a run, never here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rehearsal_config::{Config, Interface, NewStage, add_stage, is_identifier};
use rehearsal_packages::{Fetched, Reference};
use rehearsal_pipeline::Lock;
use serde_json::json;

use super::{Arrived, FOLDER, home, lock, names, replace, settings, write_lock};
use crate::args::Add;
use crate::exit::{Exit, WrongUsage};
use crate::{places, print};

pub(super) fn run(what: &Add, json: bool) -> Result<Exit> {
    let path = &what.file.pipeline;
    let config = Config::load(path)?;
    let reference: Reference = what.reference.parse()?;
    let fetched = rehearsal_packages::fetch(&reference, &settings(what.line.ca.as_ref()))?;
    let arrived = Arrived::meet(&places::sandbox()?, &reference.to_string(), &fetched.bytes)?;
    if !json {
        arrived.show();
    }
    let id = id(what, &arrived, &config)?;
    let grants = grants(what, &arrived)?;
    let place = Place::of(&fetched, &reference, &id, home(path))?;
    let stage = NewStage {
        kind: arrived.kind(),
        id: id.clone(),
        plugin: place.written.clone(),
        comment: format!("{}: {}", arrived.title(), arrived.about.identity.summary),
        config: what.config.clone(),
        grants,
    };
    let text = add_stage(config.document().text(), &stage)
        .map_err(|error| WrongUsage(format!("{}: {error}", path.display())))?;
    if !what.dry_run {
        place.keep(&fetched.bytes)?;
        if let Err(error) = take(&text, &id, &arrived, &fetched, path) {
            place.undo();
            return Err(error);
        }
    }
    let section = stage.kind.section();
    if json {
        print::json(&json!({
            "id": id,
            "section": section,
            "plugin": arrived.title(),
            "world": arrived.component.world().name(),
            "contract": arrived.component.contract(),
            "digest": arrived.component.digest().to_string(),
            "imports": arrived.component.imports(),
            "asks": arrived.asks().iter().map(|one| one.name()).collect::<Vec<_>>(),
            "source": fetched.source.as_ref().map(ToString::to_string),
            "component": place.written,
            "written": !what.dry_run,
        }));
        return Ok(Exit::Done);
    }
    let stanza = add_stage("", &stage).unwrap_or_default();
    let verb = if what.dry_run { "would be added to" } else { "added to" };
    print::out(&format!("\n{verb} {}:\n{}", path.display(), stanza.trim_matches('\n')));
    if !what.dry_run {
        print::out("\n`rehearsal check` shows the pipeline, `rehearsal run` runs it");
    }
    Ok(Exit::Done)
}

fn id(what: &Add, arrived: &Arrived, config: &Config) -> Result<String> {
    let id = what.id.clone().unwrap_or_else(|| arrived.about.identity.name.clone());
    if !is_identifier(&id) {
        let problem = format!(
            "`{id}` cannot be a stage's id: lowercase letters, digits, `-` and `_`; give it \
             another with --id"
        );
        return Err(WrongUsage(problem).into());
    }
    if config.pipeline.stages().any(|stage| stage.id == id) {
        let problem = format!(
            "{} has a stage `{id}`: `rehearsal plugin update {id}` looks for a newer plugin, \
             --id gives this one another name",
            config.document().path().display()
        );
        return Err(WrongUsage(problem).into());
    }
    Ok(id)
}

/// What the user grants: all that the plugin asks for, and nothing that it does not.
fn grants(what: &Add, arrived: &Arrived) -> Result<Vec<(Interface, String)>> {
    let asks = arrived.asks();
    let may: Vec<Interface> = asks.iter().copied().chain(arrived.uses()).collect();
    let mut grants: Vec<(Interface, String)> = Vec::new();
    for written in &what.grants {
        let (name, value) = match written.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (written.trim(), None),
        };
        let Some(interface) = may.iter().copied().find(|one| one.name() == name) else {
            let problem = format!("{} asks for {}, not for `{name}`", arrived.title(), names(&may));
            return Err(WrongUsage(problem).into());
        };
        if grants.iter().any(|(granted, _)| *granted == interface) {
            let problem = format!("`{name}` is granted twice; write all of it as one TOML value");
            return Err(WrongUsage(problem).into());
        }
        grants.push((interface, value_of(interface, value)?));
    }
    let missing: Vec<Interface> =
        asks.into_iter().filter(|one| !grants.iter().any(|(granted, _)| granted == one)).collect();
    if missing.is_empty() {
        return Ok(grants);
    }
    let flags: Vec<String> = missing.iter().map(|one| example(*one).to_owned()).collect();
    Err(WrongUsage(format!(
        "{} asks for {}, which is yours to grant; if it may, say what exactly:\n  {}",
        arrived.title(),
        names(&missing),
        flags.join(" ")
    ))
    .into())
}

fn example(interface: Interface) -> &'static str {
    match interface {
        Interface::Files => "--grant files=FOLDER",
        Interface::Http => "--grant 'http=https://api.example.com/v1/*'",
        Interface::Audio => "--grant audio",
        Interface::Semantics => "--grant semantics",
    }
}

/// The TOML of a grant: as it was given if it is a table or a list, else as its interface
/// writes a single one.
fn value_of(interface: Interface, given: Option<&str>) -> Result<String> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    Ok(match (interface, given) {
        (Interface::Audio | Interface::Semantics, None | Some("true")) => "true".to_owned(),
        (_, Some(toml)) if toml.starts_with(['{', '[', '"']) => toml.to_owned(),
        (Interface::Files, Some(folder)) if !folder.is_empty() => quoted(folder),
        (Interface::Http, Some(url)) if !url.is_empty() => format!("[{{ url = {} }}]", quoted(url)),
        _ => {
            let problem = format!("a grant of `{interface}` is written {}", example(interface));
            return Err(WrongUsage(problem).into());
        }
    })
}

/// Where the component is, and how pipeline.toml says so.
struct Place {
    written: String,
    /// Where what was fetched has to be put; none for a file of the user's own.
    target: Option<PathBuf>,
}

impl Place {
    fn of(fetched: &Fetched, reference: &Reference, id: &str, home: &Path) -> Result<Self> {
        let Reference::File(file) = reference else {
            let name = format!("{FOLDER}/{id}.wasm");
            let target = home.join(&name);
            if target.exists() && fs::read(&target).ok().as_ref() != Some(&fetched.bytes) {
                let problem = format!(
                    "{} is there and is another file: remove it, or name this stage with --id",
                    target.display()
                );
                return Err(WrongUsage(problem).into());
            }
            return Ok(Self { written: format!("./{name}"), target: Some(target) });
        };
        let failed = || format!("cannot tell where {} is", file.display());
        let file = file.canonicalize().with_context(failed)?;
        let home = if home.as_os_str().is_empty() { Path::new(".") } else { home };
        let home = home.canonicalize().with_context(failed)?;
        let written = match file.strip_prefix(&home) {
            Ok(below) => format!("./{}", below.display()),
            Err(_) => file.display().to_string(),
        };
        Ok(Self { written, target: None })
    }

    fn keep(&self, bytes: &[u8]) -> Result<()> {
        let Some(target) = &self.target else { return Ok(()) };
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        replace(target, bytes)
    }

    /// Takes back what [`keep`](Self::keep) did.
    fn undo(&self) {
        if let Some(target) = &self.target {
            // What stays is in nobody's pipeline.
            let _ = fs::remove_file(target);
        }
    }
}

/// Checks the changed file as a run would, and makes it and its lock the new ones.
fn take(text: &str, id: &str, arrived: &Arrived, fetched: &Fetched, path: &Path) -> Result<()> {
    let config = Config::parse(path, text.to_owned()).map_err(rehearsal_config::Error::from)?;
    let stage = config.pipeline.stages().find(|stage| stage.id == id);
    let stage = stage.context("the new stage is not in the pipeline")?;
    let findings = config.check_schema(stage, &arrived.about.identity.config_schema);
    if findings.iter().any(rehearsal_config::Diagnostic::is_error) {
        return Err(rehearsal_config::Error::from(config.report(findings)).into());
    }
    // A lock that cannot be read is told before anything is written.
    let mut lock = lock(path)?.unwrap_or_else(Lock::empty);
    let source = fetched.source.as_ref().map(ToString::to_string);
    lock.accept(&config, stage, &arrived.title(), &arrived.component, source);
    replace(path, text.as_bytes())?;
    write_lock(&lock, path)
}
