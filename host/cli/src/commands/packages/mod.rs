//! `rehearsal plugin add|list|remove|update|publish`: other people's plugins, from where
//! they are to a stage of pipeline.toml.

mod add;
mod list;
mod publish;
mod remove;
mod update;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rehearsal_config::{Interface, StageKind};
use rehearsal_packages::Settings;
use rehearsal_pipeline::{Lock, PipelineError, lock_path};
use rehearsal_sandbox::{Capability, Component, Description, Sandbox, World};

use crate::args::PackageAction;
use crate::exit::Exit;
use crate::print;

pub(super) fn run(action: &PackageAction, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    match action {
        PackageAction::Add(what) => add::run(what, json),
        PackageAction::List(what) if what.built_in => {
            super::plugin::built_in(plugins, json).map(|()| Exit::Done)
        }
        PackageAction::List(what) => list::run(what, plugins, json),
        PackageAction::Remove(what) => remove::run(what, json),
        PackageAction::Update(what) => update::run(what, json),
        PackageAction::Publish(what) => publish::run(what, json),
    }
}

/// Folder of fetched plugins, beside the pipeline's file.
const FOLDER: &str = "plugins";

/// A component with what it says of itself.
struct Arrived {
    component: Component,
    about: Description,
}

impl Arrived {
    /// Compiles it and asks it who it is; it is granted nothing for that.
    fn meet(sandbox: &Sandbox, name: &str, bytes: &[u8]) -> Result<Self> {
        let component = sandbox.load_bytes(name, bytes)?;
        let runtime = super::runtime(Some(1))?;
        let about = runtime.block_on(component.describe())??.value;
        Ok(Self { component, about })
    }

    /// Name and version, as it says them.
    fn title(&self) -> String {
        format!("{} {}", self.about.identity.name, self.about.identity.version)
    }

    /// What has to be granted to it.
    fn asks(&self) -> Vec<Interface> {
        interfaces(self.component.needs())
    }

    /// What it is better with, and can do without.
    fn uses(&self) -> Vec<Interface> {
        interfaces(self.component.uses())
    }

    fn kind(&self) -> StageKind {
        match self.component.world() {
            World::Loader => StageKind::Source,
            World::Extractor => StageKind::Extractor,
            World::PathBuilder => StageKind::Path,
            World::Validator => StageKind::Validator,
        }
    }

    /// Who it is and what it would be allowed to do, before anything is decided.
    fn show(&self) {
        let component = &self.component;
        print::out(&format!("{}: {}", self.title(), self.about.identity.summary));
        print::out(&format!(
            "  world    {} (contract {})",
            component.world(),
            component.contract()
        ));
        print::out(&format!("  digest   {}", component.digest()));
        print::out(&format!("  imports  {}", component.imports().join("\n           ")));
        print::out(&format!("  asks for {}", names(&self.asks())));
        if !self.uses().is_empty() {
            print::out(&format!("  can use  {}", names(&self.uses())));
        }
    }
}

fn interfaces(capabilities: &[Capability]) -> Vec<Interface> {
    const ALL: [Interface; 4] =
        [Interface::Files, Interface::Http, Interface::Audio, Interface::Semantics];
    let named = |one: &Interface| capabilities.iter().any(|this| this.name() == one.name());
    ALL.into_iter().filter(named).collect()
}

fn names(interfaces: &[Interface]) -> String {
    let all: Vec<&str> = interfaces.iter().map(|one| one.name()).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

fn settings(ca: Option<&PathBuf>) -> Settings {
    Settings { ca: ca.cloned(), ..Settings::default() }
}

/// The folder of a pipeline's file.
fn home(pipeline: &Path) -> &Path {
    pipeline.parent().unwrap_or(Path::new(""))
}

fn lock(pipeline: &Path) -> Result<Option<Lock>> {
    Ok(Lock::read(&lock_path(pipeline)).map_err(PipelineError::from)?)
}

fn write_lock(lock: &Lock, pipeline: &Path) -> Result<()> {
    Ok(lock.write(&lock_path(pipeline)).map_err(PipelineError::from)?)
}

/// Replaces a file in one step, its permissions kept; a link is followed.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let write = || -> io::Result<()> {
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        let mut partial = target.clone().into_os_string();
        partial.push(".partial");
        fs::write(&partial, content)?;
        if let Ok(before) = target.metadata() {
            fs::set_permissions(&partial, before.permissions())?;
        }
        fs::rename(&partial, &target)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
