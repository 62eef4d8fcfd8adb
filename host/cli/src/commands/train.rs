//! `rehearsal train`, `models`, `promote` and `rollback`.

use std::sync::Arc;

use anyhow::Result;
use rehearsal_config::{Config, Learner, Trainer};
use rehearsal_improve::{Registry, Trained, Version, Workshop, train};
use rehearsal_pipeline::CallSemantics;
use rehearsal_pipeline::verdicts::all_verdicts;
use rehearsal_repository::Repository;
use rehearsal_review::Journal;
use serde_json::{Value, json};

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::{print, progress};

/// Trains one trainer, or all; one that fails does not keep the others from their turn.
pub(crate) fn run(name: Option<&str>, file: &PipelineFile, as_json: bool) -> Result<Exit> {
    let config = Config::load(&file.pipeline)?;
    let chosen = chosen(&config, name)?;
    let repository = Arc::new(super::repository(file)?);
    let journal = Journal::new(&config.pipeline.review.verdicts);
    let verdicts = all_verdicts(&repository, &journal)?.standing();
    let semantics = semantics(&config, &chosen, &repository, as_json);
    let workshop = Workshop {
        pipeline: &config.pipeline,
        repository: &repository,
        verdicts: &verdicts,
        semantics: semantics.as_ref(),
        dry_run: false,
    };
    let (mut made, mut failed, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for trainer in chosen {
        match train(workshop, trainer) {
            Ok(trained) => {
                if !as_json {
                    print::out(&in_words(&trained));
                }
                refused.extend(trained.refused.clone());
                made.push(json!({ "model": trained.version, "unchanged": trained.unchanged }));
            }
            Err(error) => failed.push(error.to_string()),
        }
    }
    repository.checkpoint()?;
    if as_json {
        print::json(&json!({ "trained": made, "failed": failed, "refused": refused }));
    }
    for line in failed.iter().chain(&refused) {
        eprintln!("error: {}", rehearsal_sandbox::clean(line));
    }
    Ok(match (made.is_empty() && !failed.is_empty(), failed.is_empty() && refused.is_empty()) {
        (true, _) => Exit::Failure,
        (false, false) => Exit::FailedItems,
        (false, true) => Exit::Done,
    })
}

/// The embedding model where a trainer wants it, fetched if it is not here.
pub(super) fn semantics(
    config: &Config,
    trainers: &[&Trainer],
    repository: &Arc<Repository>,
    json: bool,
) -> Option<CallSemantics> {
    let wants = |trainer: &&Trainer| match &trainer.learner {
        Learner::Classifier { features, extractor, .. } => {
            features.embeddings || extractor.is_some()
        }
        Learner::Command { .. } => false,
    };
    let reporter = progress::reporter(json);
    let wanted = trainers.iter().any(wants);
    wanted.then(|| {
        let semantics = CallSemantics::fetch(&config.pipeline.semantics, &*reporter);
        // What a run embedded is there already.
        semantics.attach(Arc::clone(repository));
        semantics
    })
}

fn chosen<'a>(config: &'a Config, name: Option<&str>) -> Result<Vec<&'a Trainer>> {
    let all = &config.pipeline.trainers;
    if all.is_empty() {
        let message = format!(
            "{} has no [[trainer]]; docs/training.md shows what one looks like",
            config.document().path().display()
        );
        return Err(WrongUsage(message).into());
    }
    let Some(name) = name else { return Ok(all.iter().collect()) };
    let found = all.iter().find(|trainer| trainer.id == name);
    let known: Vec<&str> = all.iter().map(|trainer| trainer.id.as_str()).collect();
    found.map(|trainer| vec![trainer]).ok_or_else(|| {
        WrongUsage(format!("there is no trainer `{name}`; there are {}", known.join(", "))).into()
    })
}

pub(crate) fn list(file: &PipelineFile, as_json: bool) -> Result<Exit> {
    let config = Config::load(&file.pipeline)?;
    let repository = super::repository(file)?;
    let registry = Registry::open(&repository, &config.pipeline.workspace)?;
    if as_json {
        let all: Vec<Value> = registry.versions().map(|version| json!(version)).collect();
        print::json(&json!(all));
        return Ok(Exit::Done);
    }
    let mut any = false;
    for version in registry.versions() {
        any = true;
        let gone = if registry.stands(version) { "" } else { "  (files are gone)" };
        print::out(&format!("{}{gone}", line(version)));
    }
    if !any {
        print::out("no models yet; `rehearsal train` makes them");
    }
    Ok(Exit::Done)
}

pub(crate) fn promote(model: &str, file: &PipelineFile, json: bool) -> Result<Exit> {
    let Some((trainer, Ok(version))) =
        model.rsplit_once('@').map(|(trainer, version)| (trainer, version.parse::<u32>()))
    else {
        let message = format!("`{model}` names no version; write NAME@VERSION, such as `nepq@2`");
        return Err(WrongUsage(message).into());
    };
    change(file, json, |registry| Ok(registry.promote(trainer, version)?))
}

pub(crate) fn rollback(trainer: &str, file: &PipelineFile, json: bool) -> Result<Exit> {
    let config = Config::load(&file.pipeline)?;
    let ships = config.pipeline.trainers.iter().any(|one| {
        one.id == trainer && matches!(&one.learner, Learner::Classifier { extractor: Some(_), .. })
    });
    change(file, json, |registry| Ok(registry.rollback(trainer, ships)?))
}

fn change(
    file: &PipelineFile,
    as_json: bool,
    action: impl FnOnce(&mut Registry<'_>) -> Result<Version>,
) -> Result<Exit> {
    let config = Config::load(&file.pipeline)?;
    let repository = super::repository(file)?;
    let champion = action(&mut Registry::open(&repository, &config.pipeline.workspace)?)?;
    if as_json {
        print::json(&json!(champion));
    } else {
        print::out(&line(&champion));
    }
    Ok(Exit::Done)
}

fn in_words(trained: &Trained) -> String {
    let state = if trained.unchanged { "unchanged" } else { "made" };
    format!("{state}: {}", line(&trained.version))
}

/// `nepq@2  candidate  macro-F1 0.61 [0.55, 0.66] on 240 texts of 31 calls`.
pub(super) fn line(version: &Version) -> String {
    let mut line = format!("{}@{}  {:9}", version.trainer, version.version, version.stage.name());
    match &version.measures {
        Some(measures) => {
            if let Some((estimate, low, high)) = measures.macro_f1 {
                line.push_str(&format!(
                    "  macro-F1 {estimate:.2} [{low:.2}, {high:.2}] on {} texts of {} calls",
                    measures.examples, measures.calls
                ));
            }
        }
        None => line.push_str(&format!("  {} files, not judged", version.files.len())),
    }
    if !version.lessons.is_empty() {
        let of: Vec<String> =
            version.lessons.iter().map(|(rater, count)| format!("{count} {rater}")).collect();
        line.push_str(&format!("; labels: {}", of.join(", ")));
    }
    line
}
