//! `rehearsal plugin new`, `build`, `test`: for those who write plugins.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rehearsal_conformance::{Cost, Options, Outcome, Report};
use rehearsal_sandbox::{Component, World};
use rehearsal_scaffold::{CreateError, Language};
use serde_json::json;

use crate::args::{AuthorAction, New, Test};
use crate::exit::{Exit, WrongUsage};
use crate::{places, print};

pub(crate) fn run(action: &AuthorAction, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    match action {
        AuthorAction::New(new) => create(new, json),
        AuthorAction::Build { folder } => build(folder, json),
        AuthorAction::Test(what) => test(what, plugins, json),
    }
}

fn create(new: &New, json: bool) -> Result<Exit> {
    let (world, language) = (World::from(new.world), Language::from(new.lang));
    let folder = new.to.clone().unwrap_or_else(|| PathBuf::from(&new.name));
    let files = rehearsal_scaffold::create(&folder, &new.name, world, language);
    let files = files.map_err(|error| match error {
        CreateError::Name(_) | CreateError::Exists(_) => WrongUsage(error.to_string()).into(),
        CreateError::Write { .. } => anyhow::Error::new(error),
    })?;
    if json {
        print::json(&json!({ "folder": folder, "files": files }));
    } else {
        let place = folder.display();
        print::out(&format!(
            "{place}: {world} in {language}, for version {} of the contract\n\
             next:\n  cd {place}\n  cat README.md\n  rehearsal plugin build",
            rehearsal_scaffold::VERSION,
        ));
    }
    Ok(Exit::Done)
}

fn build(folder: &Path, json: bool) -> Result<Exit> {
    let built = rehearsal_scaffold::build(folder)?;
    let size = std::fs::metadata(&built.component)?.len();
    if json {
        print::json(&json!({ "component": built.component, "bytes": size }));
    } else {
        let name = built.component.display();
        print::out(&format!("{name}: {} kB, built from {}", size.div_ceil(1000), built.language));
    }
    Ok(Exit::Done)
}

/// How often it is loaded from its compiled code.
const LOADS: usize = 5;

/// A plugin, and what loading it takes.
struct Loading {
    component: Component,
    /// To compile it; none where an earlier run did.
    compiling: Option<Duration>,
    /// From its compiled code: the shortest of a few times, which the machine's other work
    /// disturbed least.
    again: Duration,
}

fn test(what: &Test, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let path = super::plugin::find(&what.plugin, plugins)?;
    let config = what.config.as_deref().map(std::fs::read_to_string).transpose();
    let options = Options {
        config: config.context("cannot read the configuration")?.unwrap_or_else(|| "{}".into()),
        files: what.files.clone(),
        replay: what.replay.clone(),
        http: what.http.clone(),
        fixtures: what.fixtures.clone(),
        bless: what.bless,
    };
    let Loading { component, compiling, again } = load(&path)?;
    let runtime = super::runtime(Some(1))?;
    let report = runtime.block_on(rehearsal_conformance::examine(&component, &options))?;
    let mut costs = vec![(what.plugin.clone(), report.cost)];
    costs.extend(built_in(&component, plugins, &runtime));
    if json {
        let costs: Vec<_> =
            costs.iter().map(|(name, cost)| json!({ "plugin": name, "cost": cost })).collect();
        print::json(&json!({
            "holds": report.holds(),
            "report": report,
            "load_ms": { "compiling": compiling.map(milliseconds), "again": milliseconds(again) },
            "costs": costs,
        }));
    } else {
        print::out(&in_words(&report));
        print::out(&format!(
            "\nloading: {:.1} ms{}\n{}",
            milliseconds(again),
            compiling.map(once).unwrap_or_default(),
            table(&costs),
        ));
    }
    Ok(if report.holds() { Exit::Done } else { Exit::Failure })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn once(compiling: Duration) -> String {
    format!(" (and this time {:.1} s to compile it)", compiling.as_secs_f64())
}

/// Loads it as each run does, with an engine of its own.
fn load(path: &Path) -> Result<Loading> {
    let timed = || -> Result<(Component, Duration)> {
        let sandbox = places::sandbox()?;
        let start = Instant::now();
        let component = sandbox.load(path)?;
        Ok((component, start.elapsed()))
    };
    let (component, first) = timed()?;
    let compiling = component.is_compiled_anew().then_some(first);
    let mut times = Vec::new();
    for _ in 0..LOADS {
        times.push(timed()?.1);
    }
    let again = times.into_iter().min().unwrap_or(first);
    Ok(Loading { component, compiling, again })
}

/// The costs of the built-in plugins of the same world, for comparison. Loaders have theirs
/// from their sources.
fn built_in(
    like: &Component,
    plugins: Option<&Path>,
    runtime: &tokio::runtime::Runtime,
) -> Vec<(String, Option<Cost>)> {
    let (Ok(folder), Ok(sandbox)) = (places::plugins(plugins), places::sandbox()) else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = files.map(|file| file.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let component = sandbox.load(&path).ok()?;
            let fits = component.world() == like.world()
                && component.digest() != like.digest()
                && component.world() != World::Loader;
            let name = path.file_stem()?.to_string_lossy().into_owned();
            fits.then(|| (name, runtime.block_on(rehearsal_conformance::cost_of(&component))))
        })
        .collect()
}

fn in_words(report: &Report) -> String {
    let mut lines = Vec::new();
    for check in &report.checks {
        let (mark, text) = match &check.outcome {
            Outcome::Holds(seen) => ("holds", seen.clone()),
            Outcome::Broken(why) => {
                ("BROKEN", format!("{}\n    {}", check.promise, why.replace('\n', "\n    ")))
            }
            Outcome::LeftOut(why) => ("left out", why.clone()),
        };
        lines.push(format!("{mark:8}  {:14} {text}", check.name));
    }
    let broken = report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Broken(_)));
    lines.push(match broken.count() {
        0 => format!("{} promises held", report.checks.len()),
        broken => format!("{broken} of {} promises broken", report.checks.len()),
    });
    lines.join("\n")
}

fn table(costs: &[(String, Option<Cost>)]) -> String {
    let mut lines = vec![format!(
        "{:24} {:>10} {:>10} {:>10} {:>10}",
        "", "µs/call", "B/call", "kB", "start ms"
    )];
    for (name, cost) in costs {
        let name = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        lines.push(match cost {
            None => format!("{name:24} not measured"),
            Some(cost) => format!(
                "{name:24} {:>10.1} {:>10.0} {:>10} {:>10.2}",
                cost.conversation_us,
                cost.conversation_bytes,
                cost.memory / 1000,
                cost.start_ms
            ),
        });
    }
    lines.join("\n")
}
