//! `rehearsal forget`: erases calls, and writes the data sets without them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use rehearsal_config::Config;
use rehearsal_gate::Mode;
use rehearsal_improve::{Registry, Stage, Version};
use rehearsal_model::ConversationId;
use rehearsal_pipeline::existing_key;
use rehearsal_pipeline::forget::{self, Condemned, Forgotten};
use rehearsal_pipeline::media;
use rehearsal_pipeline::verdicts::forget_verdicts;
use rehearsal_repository::Repository;
use rehearsal_review::Journal;
use serde::Serialize;
use serde_json::json;

use crate::args::Forget;
use crate::exit::{Exit, WrongUsage};
use crate::{places, print, progress};

pub(crate) fn run(what: &Forget, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let mut repository = super::repository(&what.file)?;
    let condemned = find(&repository, what)?;
    if what.dry_run {
        if json {
            print::json(&json!({ "calls": condemned, "dry_run": true }));
        } else {
            print::out(&list(&condemned));
            print::out("nothing was erased: this was a dry run");
        }
        return Ok(Exit::Done);
    }
    // The plugins are looked for before anything is erased: they conclude the reports.
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(None)?;
    let resolved = super::resolve(&what.file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let records = forget::erase(&mut repository, &condemned)?;
    media::sweep(&repository, &resolved.config.pipeline.workspace)?;
    let ids: Vec<ConversationId> = condemned.iter().map(|one| one.id).collect();
    let journal = Journal::new(&resolved.config.pipeline.review.verdicts);
    let verdicts = forget_verdicts(&journal, &ids)?;
    let batches = super::review::batches(&what.file)?;
    for id in &ids {
        batches.forget(&id.to_string())?;
    }
    let repository = Arc::new(repository);
    resolved.audio.attach(Arc::clone(&repository));
    resolved.files.attach(Arc::clone(&repository));
    let reporter = progress::reporter(json);
    let written =
        runtime.block_on(forget::rewrite(&Arc::new(resolved.plan), &repository, &*reporter))?;
    let registry = Registry::open(&repository, &resolved.config.pipeline.workspace)?;
    let erased: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    let pupils: Vec<Pupil> = registry.pupils(&erased)?.into_iter().map(Pupil::of).collect();
    let done = Forgotten { calls: condemned.len() as u64, records, ..written };
    repository.checkpoint()?;
    if json {
        print::json(
            &json!({ "calls": condemned, "dry_run": false, "done": done, "verdicts": verdicts,
                     "models": pupils }),
        );
    } else {
        print::out(&list(&condemned));
        if verdicts > 0 {
            let journal = journal.path().display();
            print::out(&format!("{verdicts} verdicts of experts erased from {journal}"));
        }
        print::out(&in_words(&done, &pupils));
    }
    Ok(Exit::Done)
}

fn find(repository: &Repository, what: &Forget) -> Result<Vec<Condemned>> {
    if let Some(person) = &what.person {
        let privacy = Config::load(&what.file.pipeline)?.pipeline.privacy;
        let key = existing_key(&privacy)?;
        let found = forget::calls_of(repository, person, key.as_ref())?;
        if found.sealed > 0 {
            let message = format!(
                "names in {} calls were replaced by a key that is not here, so nobody can tell \
                 whether they named `{person}`; nothing was erased. Name the key in `[privacy]`, \
                 or erase by `--call`",
                found.sealed
            );
            return Err(WrongUsage(message).into());
        }
        if found.calls.is_empty() {
            return Err(WrongUsage(format!("no call has or names `{person}`")).into());
        }
        return Ok(found.calls);
    }
    let text = what.call.as_deref().unwrap_or_default();
    let id = super::find_call(repository, text)?;
    let because = vec!["asked for".to_owned()];
    Ok(forget::condemned(repository, id, because)?.into_iter().collect())
}

fn list(condemned: &[Condemned]) -> String {
    let mut lines = Vec::new();
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for one in condemned {
        let because = one.because.join(", ");
        lines.push(format!("call {}  {} {}: {because}", one.id, one.source, one.entry));
        for (dataset, ids) in &one.rows {
            *rows.entry(dataset).or_default() += ids.len();
            lines.extend(ids.iter().map(|id| format!("  {dataset}: {id}")));
        }
    }
    for (dataset, count) in rows {
        lines.push(format!("{count} rows of data set {dataset}"));
    }
    lines.join("\n")
}

/// A model that learned from calls that were erased.
#[derive(Serialize)]
struct Pupil {
    /// `nepq@2`
    model: String,
    stage: Stage,
    /// How many of them; none where the version does not know what it learned from.
    calls: Option<usize>,
}

impl Pupil {
    fn of((version, calls): (&Version, Option<usize>)) -> Self {
        let model = format!("{}@{}", version.trainer, version.version);
        Self { model, stage: version.stage, calls }
    }

    fn in_words(&self) -> String {
        let Self { model, stage, calls } = self;
        let trainer = model.split('@').next().unwrap_or_default();
        let how = match calls {
            Some(calls) => format!("learned from {calls} of them"),
            None => "may have learned from them: it does not know its calls".to_owned(),
        };
        format!(
            "model {model} ({}) {how}: `rehearsal train {trainer}` makes one without, and its \
             folder is yours to delete",
            stage.name()
        )
    }
}

fn in_words(done: &Forgotten, pupils: &[Pupil]) -> String {
    let mut lines = vec![format!(
        "{} calls erased, {} records with all their versions; they are not loaded again",
        done.calls, done.records
    )];
    for (id, dataset) in &done.datasets {
        lines.push(format!("data set {id} written without them: {} rows", dataset.rows));
    }
    for name in &done.strangers {
        lines.push(format!(
            "this pipeline does not write the data set `{name}`: look yourself whether it holds \
             them"
        ));
    }
    lines.extend(pupils.iter().map(Pupil::in_words));
    lines.push(
        "the sources are yours: delete the files themselves, backups, and what was trained \
         elsewhere"
            .to_owned(),
    );
    lines.join("\n")
}
