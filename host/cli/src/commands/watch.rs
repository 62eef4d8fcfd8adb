//! `rehearsal run --watch`: whoever works on a plugin sees what each new build of it
//! changes, on some calls of the repository. Nothing is built here and nothing is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use rehearsal_config::{Config, Plugin};
use rehearsal_gate::Mode;
use rehearsal_pipeline::{Trial, trials};
use rehearsal_repository::Repository;
use rehearsal_sandbox::Sandbox;
use tokio::runtime::Runtime;

use crate::args::Run;
use crate::exit::Exit;
use crate::{places, print};

/// How often files are looked at; a file counts once it was the same twice.
const LOOK: Duration = Duration::from_millis(300);
/// Lines of a difference that are shown, of each kind.
const SHOWN: usize = 10;

/// Size and time of each file that matters; none where it is not there.
type Stamps = BTreeMap<PathBuf, Option<(u64, SystemTime)>>;

/// Watches until `stop`, after a run of the pipeline as it is.
pub(super) fn watch(
    what: &Run,
    plugins: Option<&Path>,
    traffic: Mode,
    stop: &AtomicBool,
) -> Result<Exit> {
    let runtime = super::runtime(None)?;
    let mut watch = Watch {
        what,
        plugins,
        traffic,
        sandbox: places::sandbox()?,
        runtime,
        former: BTreeMap::new(),
    };
    // Before anything is read: what changes meanwhile is seen.
    let mut seen = watch.stamps();
    if let Err(error) = watch.first() {
        eprintln!("{error:#}");
    }
    print::out("watching pipeline.toml and its plugins; Ctrl-C ends it");
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(LOOK);
        let now = watch.stamps();
        if now == seen {
            continue;
        }
        thread::sleep(LOOK);
        if watch.stamps() != now {
            continue;
        }
        seen = now;
        // Half an edit is no reason to end.
        if let Err(error) = watch.again() {
            eprintln!("{error:#}");
        }
    }
    Ok(Exit::Stopped)
}

struct Watch<'a> {
    what: &'a Run,
    plugins: Option<&'a Path>,
    traffic: Mode,
    sandbox: Sandbox,
    runtime: Runtime,
    /// What each stage made of the sample when it was tried last.
    former: BTreeMap<String, Trial>,
}

impl Watch<'_> {
    /// What the stages make of the sample as they are.
    fn first(&mut self) -> Result<()> {
        for trial in self.tried()? {
            self.keep(trial);
        }
        Ok(())
    }

    /// Tries what changed, and tells.
    fn again(&mut self) -> Result<()> {
        let trials = self.tried()?;
        if trials.is_empty() {
            print::out("no stage behind the sources changed; a source's changes want a run");
        }
        for trial in trials {
            print::out(&told(&trial, self.former.get(&trial.stage)));
            self.keep(trial);
        }
        Ok(())
    }

    fn keep(&mut self, trial: Trial) {
        self.former.insert(trial.stage.clone(), trial);
    }

    fn tried(&self) -> Result<Vec<Trial>> {
        let traffic = self.traffic.clone();
        let resolved = super::resolve(
            &self.what.file,
            self.plugins,
            &self.sandbox,
            &self.runtime,
            traffic,
            None,
        )?;
        let repository = Arc::new(Repository::open(resolved.plan.repository())?);
        resolved.audio.attach(Arc::clone(&repository));
        resolved.semantics.attach(Arc::clone(&repository));
        let work = trials(&resolved.plan, &repository, &self.former);
        Ok(self.runtime.block_on(work)?)
    }

    fn stamps(&self) -> Stamps {
        let file = self.what.file.pipeline.clone();
        let components = Config::load(&file).map(|config| self.components(&config));
        let mut files = components.unwrap_or_default();
        files.push(file);
        let stamp = |path: &PathBuf| {
            let meta = path.metadata().ok()?;
            Some((meta.len(), meta.modified().ok()?))
        };
        files.into_iter().map(|path| (path.clone(), stamp(&path))).collect()
    }

    fn components(&self, config: &Config) -> Vec<PathBuf> {
        let built_in = places::plugins(self.plugins).unwrap_or_default();
        let path = |plugin: &Plugin| match plugin {
            Plugin::File(path) => path.clone(),
            Plugin::BuiltIn(name) => built_in.join(format!("{name}.wasm")),
        };
        config.pipeline.stages().map(|stage| path(&stage.plugin)).collect()
    }
}

/// A trial beside the former one.
fn told(now: &Trial, former: Option<&Trial>) -> String {
    let lines = |trial: &Trial| trial.results.iter().cloned().collect::<BTreeSet<_>>();
    let (then, now_lines) = (former.map(lines).unwrap_or_default(), lines(now));
    let come: Vec<&String> = now_lines.difference(&then).collect();
    let gone: Vec<&String> = then.difference(&now_lines).collect();
    let mut text = format!(
        "{}: {} items, {} results; {} new, {} gone (a sample, kept nowhere; pipeline.lock is as \
         it was)",
        now.stage,
        now.items,
        now.results.len(),
        come.len(),
        gone.len()
    );
    for (mark, changed) in [("-", gone), ("+", come)] {
        for line in changed.iter().take(SHOWN) {
            text.push_str(&format!("\n  {mark} {}", line.replace('\n', "\n    ")));
        }
        if changed.len() > SHOWN {
            text.push_str(&format!("\n  {mark} and {} more", changed.len() - SHOWN));
        }
    }
    text
}
