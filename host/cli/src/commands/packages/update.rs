//! `rehearsal plugin update`: what newer plugins would change, before it is taken.

use anyhow::{Context, Result};
use rehearsal_config::{Config, Diagnostic, Interface, Plugin, Stage};
use rehearsal_packages::{Reference, Version};
use rehearsal_pipeline::{Change, Difference, Lock};
use rehearsal_sandbox::Sandbox;
use serde_json::json;

use super::{Arrived, lock, names, replace, settings, write_lock};
use crate::args::Update;
use crate::exit::{Exit, WrongUsage};
use crate::{places, print};

/// A plugin that is not as accepted.
struct News<'c> {
    stage: &'c Stage,
    arrived: Arrived,
    bytes: Vec<u8>,
    source: Option<String>,
    differences: Vec<Difference>,
    /// What has to be mended in pipeline.toml first.
    problems: Vec<String>,
}

pub(super) fn run(what: &Update, json: bool) -> Result<Exit> {
    let path = &what.file.pipeline;
    let config = Config::load(path)?;
    let sandbox = places::sandbox()?;
    let mut lock = lock(path)?.unwrap_or_else(Lock::empty);
    let mut all = Vec::new();
    for stage in stages(what, &config)? {
        all.push(look(what, &config, stage, &lock, &sandbox)?);
    }
    let blocked = all.iter().any(|news| !news.problems.is_empty());
    let changed = all.iter().any(|news| !news.differences.is_empty());
    if what.accept && !blocked {
        for news in all.iter().filter(|news| !news.differences.is_empty()) {
            if let (Plugin::File(file), Some(_)) = (&news.stage.plugin, &news.source) {
                replace(file, &news.bytes)?;
            }
            let (title, component) = (news.arrived.title(), &news.arrived.component);
            lock.accept(&config, news.stage, &title, component, news.source.clone());
        }
        if changed {
            write_lock(&lock, path)?;
        }
    }
    let taken = what.accept && !blocked;
    if json {
        print::json(
            &json!({ "stages": all.iter().map(as_json).collect::<Vec<_>>(), "taken": taken }),
        );
    } else {
        tell(&all, taken);
        if changed && !what.accept {
            print::out("nothing is taken yet; `rehearsal plugin update --accept` takes it");
        }
    }
    Ok(if what.accept && blocked { Exit::Usage } else { Exit::Done })
}

/// The stages that are meant: those named, or all whose plugin is not built in.
fn stages<'c>(what: &Update, config: &'c Config) -> Result<Vec<&'c Stage>> {
    let own = |stage: &&Stage| matches!(stage.plugin, Plugin::File(_));
    if what.ids.is_empty() {
        return Ok(config.pipeline.stages().filter(own).collect());
    }
    let mut found = Vec::new();
    for id in &what.ids {
        let stage = config.pipeline.stages().find(|stage| stage.id == *id);
        let problem = match stage {
            Some(stage) if own(&stage) => {
                found.push(stage);
                continue;
            }
            Some(_) => format!("`{id}` runs a built-in plugin, which comes with the program"),
            None => format!("{} has no stage `{id}`", config.document().path().display()),
        };
        return Err(WrongUsage(problem).into());
    }
    Ok(found)
}

fn look<'c>(
    what: &Update,
    config: &Config,
    stage: &'c Stage,
    lock: &Lock,
    sandbox: &Sandbox,
) -> Result<News<'c>> {
    let Plugin::File(file) = &stage.plugin else { unreachable!("only files are looked at") };
    let reference = match lock.source(&stage.id) {
        Some(source) => source.parse()?,
        None => Reference::File(file.clone()),
    };
    let reference = at_version(what, stage, reference)?;
    let fetched = rehearsal_packages::fetch(&reference, &settings(what.line.ca.as_ref()))
        .with_context(|| format!("`{}` was not updated", stage.id))?;
    let arrived = Arrived::meet(sandbox, &reference.to_string(), &fetched.bytes)?;
    let source = fetched.source.as_ref().map(ToString::to_string);

    let accepted = lock.only(&stage.id);
    let mut now = accepted.clone();
    now.accept(config, stage, &arrived.title(), &arrived.component, source.clone());
    let differences = accepted.compare(&now);

    let mut problems = Vec::new();
    if arrived.kind() != stage.kind {
        let (world, section) = (arrived.component.world(), stage.kind.section());
        problems.push(format!("it is a {world} now, and stands in `[[{section}]]`"));
    }
    let missing: Vec<Interface> =
        arrived.asks().into_iter().filter(|one| !stage.grants.allows(*one)).collect();
    if !missing.is_empty() {
        let names = names(&missing);
        problems.push(format!("it asks for {names}, which pipeline.toml does not grant it"));
    }
    let schema = config.check_schema(stage, &arrived.about.identity.config_schema);
    if schema.iter().any(Diagnostic::is_error) {
        problems.push(format!("its settings do not fit:\n{}", config.report(schema).render(false)));
    }
    Ok(News { stage, arrived, bytes: fetched.bytes, source, differences, problems })
}

/// Of a package the version that is asked for, or the newest.
fn at_version(what: &Update, stage: &Stage, reference: Reference) -> Result<Reference> {
    let wanted: Option<Version> = match &what.to {
        Some(text) => Some(text.parse().map_err(|error| {
            WrongUsage(format!("`{text}` is no version such as 1.2.0: {error}"))
        })?),
        None => None,
    };
    match (reference, &wanted) {
        (Reference::Package(package), _) => Ok(Reference::Package(package.at(wanted))),
        (other, None) => Ok(other),
        (_, Some(_)) => Err(WrongUsage(format!(
            "`{}` does not come from a registry, so it has no versions to choose from",
            stage.id
        ))
        .into()),
    }
}

fn tell(all: &[News<'_>], taken: bool) {
    if all.is_empty() {
        print::out("every plugin of this pipeline is built in");
    }
    for news in all {
        let title = news.arrived.title();
        if news.differences.is_empty() {
            print::out(&format!("{}: {title} is as accepted", news.stage.id));
        }
        for difference in &news.differences {
            let mark = match (&difference.change, taken) {
                (_, true) => "accepted: ",
                (change, false) if change.wants_consent() => "would be accepted: ",
                (Change::NewStage { .. }, false) => "would be accepted: ",
                _ => "",
            };
            print::out(&format!("{mark}{difference}"));
        }
        for problem in &news.problems {
            print::out(&format!("{}: cannot be taken: {problem}", news.stage.id));
        }
    }
}

fn as_json(news: &News<'_>) -> serde_json::Value {
    json!({
        "id": news.stage.id,
        "plugin": news.arrived.title(),
        "digest": news.arrived.component.digest().to_string(),
        "source": news.source,
        "differences": news.differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "problems": news.problems,
    })
}
