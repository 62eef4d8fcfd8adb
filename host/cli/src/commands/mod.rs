//! The commands, a module each.

mod agreement;
mod attack;
mod author;
mod check;
mod dead_letters;
mod explain;
mod export_audio;
mod forget;
mod improve;
mod lines;
mod lock;
mod minimal;
mod model;
mod packages;
mod plugin;
mod purge;
mod report;
mod report_loop;
mod report_models;
mod report_tiers;
mod review;
mod roleplay;
mod run;
mod show;
mod status;
mod tools;
mod train;
mod transcribe;
mod upkeep;
mod watch;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rehearsal_config::Config;
use rehearsal_gate::{Gate, Mode, Settings};
use rehearsal_model::ConversationId;
use rehearsal_pipeline::{
    CallAudio, CallSemantics, FileDigests, Plan, Reporter, Surroundings, query,
};
use rehearsal_repository::Repository;
use rehearsal_sandbox::{Fingerprints, Sandbox};

use crate::args::{Arguments, Check, Command, PipelineFile};
use crate::exit::{Exit, WrongUsage};
use crate::places;

/// Runs the command of the arguments.
pub(crate) fn run(arguments: Arguments) -> Result<Exit> {
    let Arguments { json, plugins, verbose_plugin, command } = arguments;
    if verbose_plugin {
        places::show_plugins();
    }
    let plugins = plugins.as_deref();
    match command {
        Command::Run(what) => run::run(&what, plugins, json),
        Command::Check(Check { attack: true, file, .. }) => attack::run(&file, plugins, json),
        Command::Check(Check { minimal: true, file, .. }) => minimal::run(&file, plugins, json),
        Command::Check(Check { file, .. }) => check::run(&file, plugins, json),
        Command::Lock(file) => lock::run(&file, plugins, json),
        Command::DeadLetters { id, file } => dead_letters::list(id.as_deref(), &file, json),
        Command::Replay { id, file } => dead_letters::replay(&id, &file, plugins, json),
        Command::Retry { id, plugin, run } => {
            dead_letters::retry(id.as_deref(), plugin.as_deref(), &run, plugins, json)
        }
        Command::Repair(file) => upkeep::repair(&file, json),
        Command::Backup { to, file } => upkeep::backup(&to, &file, json),
        Command::Status { why: true, file } => status::why(&file, json),
        Command::Status { why: false, file } => status::run(&file, json),
        Command::Show { id: Some(id), html: Some(page), file, .. } => {
            show::page(&id, &page, &file, json)
        }
        Command::Show { id: Some(id), file, .. } => show::call(&id, &file, json),
        Command::Show { id: None, limit, after, file, .. } => {
            show::list(limit, after.as_deref(), &file, json)
        }
        Command::Report { out, file } => report::run(&out, &file, json),
        Command::ExportAudio { id, out, file } => export_audio::run(&id, &out, &file, json),
        Command::Explain { example, file } => explain::run(&example, &file, json),
        Command::Lines(what) => lines::run(&what, json),
        Command::Purge { dry_run, file, .. } => purge::run(&file, dry_run, json),
        Command::Forget(what) => forget::run(&what, plugins, json),
        Command::Transcribe(what) => transcribe::run(&what, json),
        Command::Model { action } => model::run(&action, json),
        Command::Review { action } => review::run(&action, plugins, json),
        Command::Train { name, file } => train::run(name.as_deref(), &file, json),
        Command::Improve { dry_run, file } => improve::run(&file, dry_run, json),
        Command::Models(file) => train::list(&file, json),
        Command::Promote { model, file } => train::promote(&model, &file, json),
        Command::Rollback { name, file } => train::rollback(&name, &file, json),
        Command::Agreement(what) => agreement::run(&what, json),
        Command::RoleplayMetrics(what) => roleplay::run(&what, json),
        Command::Plugin { action } => plugin::run(&action, plugins, json),
        Command::Tool(tool) => tools::run(&tool),
    }
}

/// A pipeline with its plugins found and checked.
struct Resolved {
    config: Config,
    plan: Plan,
    audio: Arc<CallAudio>,
    semantics: Arc<CallSemantics>,
    files: Arc<FileDigests>,
    warnings: Option<String>,
}

/// With a reporter, an embedding model that is wanted is fetched if it is not here.
fn resolve(
    file: &PipelineFile,
    plugins: Option<&Path>,
    sandbox: &Sandbox,
    runtime: &tokio::runtime::Runtime,
    traffic: Mode,
    fetch: Option<&dyn Reporter>,
) -> Result<Resolved> {
    let config = Config::load(&file.pipeline)?;
    let wanted = config.pipeline.stages().any(|stage| stage.grants.semantics);
    let semantics = Arc::new(match fetch.filter(|_| wanted) {
        Some(reporter) => CallSemantics::fetch(&config.pipeline.semantics, reporter),
        None => CallSemantics::locate(&config.pipeline.semantics),
    });
    let plugins = places::plugins(plugins)?;
    let audio = Arc::new(CallAudio::default());
    let files = Arc::new(FileDigests::default());
    let gate = Gate::new(Settings {
        budgets: Some(config.pipeline.workspace.join("http-rates.json")),
        mode: traffic,
        lookup: None,
    })?;
    let surroundings = Surroundings {
        sandbox,
        plugins: &plugins,
        audio: Arc::clone(&audio) as _,
        semantics: Arc::clone(&semantics),
        fingerprints: Arc::new(Fingerprints::with_store(Arc::clone(&files) as _)),
        gate,
        heads: rehearsal_improve::reigning(&config.pipeline)?,
    };
    let plan = runtime.block_on(rehearsal_pipeline::resolve(&config, &surroundings))?;
    let mut warnings: Vec<_> = config.warnings().diagnostics().to_vec();
    warnings.extend(plan.warnings.iter().cloned());
    let warnings = (!warnings.is_empty()).then(|| config.report(warnings).render(false));
    Ok(Resolved { config, plan, audio, semantics, files, warnings })
}

fn runtime(workers: Option<usize>) -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers.max(1));
    }
    builder.enable_time().build().context("cannot start worker threads")
}

/// The one call that an argument names.
fn find_call(repository: &Repository, text: &str) -> Result<ConversationId> {
    let found = query::find_calls(repository, text, None, 2)?;
    match found.as_slice() {
        [line] => Ok(line.id.parse()?),
        found => {
            let problem = if found.is_empty() { "no call" } else { "more than one call" };
            let message = format!("{problem} begins with `{text}`; `rehearsal show` lists them");
            Err(WrongUsage(message).into())
        }
    }
}

/// The repository of a pipeline that ran before.
fn repository(file: &PipelineFile) -> Result<Repository> {
    let config = Config::load(&file.pipeline)?;
    let path = config.pipeline.workspace.join("repository");
    if !path.is_dir() {
        let message = format!(
            "there is no repository at {}: nothing ran yet; `rehearsal run` makes it",
            path.display()
        );
        return Err(WrongUsage(message).into());
    }
    Ok(Repository::open(&path)?)
}
