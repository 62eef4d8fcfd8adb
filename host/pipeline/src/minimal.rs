//! The smallest grants that would do: every plugin is run on a sample with nothing
//! granted, and gets of what the operator grants only what it reaches for.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rehearsal_config::{Config, HttpGrant, Stage};
use rehearsal_model::{Conversation, ConversationId};
use rehearsal_repository::Repository;
use rehearsal_sandbox::{
    CallError, Called, Capability, EmbedError, Embeddings, Extractor, Failure, Grants, ItemBody,
    Loader, PathBuilder, SemanticsSource, Subject, Validator,
};

use crate::plan::{Plan, Ready};
use crate::records::{Analysis, Subjects};
use crate::sample::{SAMPLE, Sample, of_repository};
use crate::{PipelineError, text};

/// What a stage needed for the sample.
#[derive(Debug, Clone)]
pub struct Minimal {
    /// Its id.
    pub stage: String,
    /// Its section in the pipeline's file: `source`.
    pub section: &'static str,
    /// Items that it was tried on.
    pub tried: usize,
    /// TOML of the grants that it needed; empty for none.
    pub needed: Vec<String>,
    /// Names of interfaces that it was granted and did not reach for.
    pub unused: Vec<String>,
    /// Why the sample says little, if so: the plugin failed.
    pub doubt: Option<String>,
}

/// Tries every stage of a pipeline. Calls come from the repository, if there is one, and
/// from the sources.
///
/// # Errors
/// When the repository or the machine fails.
pub async fn minimal(
    config: &Config,
    plan: &Plan,
    repository: Option<&Repository>,
) -> Result<Vec<Minimal>, PipelineError> {
    let pipeline = &config.pipeline;
    let folder = config.document().path().parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let mut sample = repository.map_or_else(|| Ok(Vec::new()), of_repository)?;
    for (stage, ready) in pipeline.sources.iter().zip(&plan.sources) {
        let ready = &ready.stage;
        let mut trial = Trial::new(ready);
        let calls = trial.run(Loader::rehearse, async |handle| list_and_load(handle).await).await?;
        let Loaded { files, calls, entries } = calls.unwrap_or_default();
        trial.tried = entries;
        let loaded = calls.into_iter().enumerate().map(|(number, call)| Sample {
            id: ConversationId::new(&ready.id, "sample", &number.to_string()),
            call,
            analysis: Analysis::default(),
            examples: Vec::new(),
            // As its loader gave it: nobody replaced anything.
            leaves: false,
        });
        if repository.is_none() {
            sample.extend(loaded.take(SAMPLE));
        }
        found.push(trial.finish(&stage.stage, folder, &files));
    }
    for (stage, ready) in pipeline.extractors.iter().zip(&plan.extractors) {
        let mut trial = Trial::new(ready);
        let asks = ready.outside.is_some();
        let batch: Vec<_> = sample
            .iter()
            .filter(|one| one.leaves || !asks)
            .map(|one| (one.id, &one.call))
            .collect();
        trial.tried = batch.len();
        trial.run(Extractor::rehearse, async |handle| handle.extract(&batch).await).await?;
        found.push(trial.finish(stage, folder, &BTreeSet::new()));
    }
    let annotations: Vec<_> = sample.iter().map(Sample::annotations).collect();
    for (path, ready) in pipeline.paths.iter().zip(&plan.paths) {
        let mut trial = Trial::new(&ready.stage);
        trial.tried = sample.len();
        let batch: Vec<_> = sample
            .iter()
            .zip(&annotations)
            .map(|(one, annotations)| (one.id, &one.call, annotations.as_slice()))
            .collect();
        trial.run(PathBuilder::rehearse, async |handle| handle.build(&batch).await).await?;
        found.push(trial.finish(&path.stage, folder, &BTreeSet::new()));
    }
    for (stage, ready) in pipeline.validators.iter().zip(&plan.validators) {
        let mut trial = Trial::new(&ready.stage);
        let subjects: Vec<Subject<'_>> = match ready.inspects {
            Subjects::Conversations => sample
                .iter()
                .zip(&annotations)
                .map(|(one, annotations)| Subject::Conversation(one.id, &one.call, annotations))
                .collect(),
            Subjects::Examples => {
                sample.iter().flat_map(|one| &one.examples).map(Subject::Example).collect()
            }
        };
        trial.tried = subjects.len();
        trial.run(Validator::rehearse, async |handle| handle.inspect(&subjects).await).await?;
        found.push(trial.finish(stage, folder, &BTreeSet::new()));
    }
    Ok(found)
}

#[derive(Default)]
struct Loaded {
    files: BTreeSet<String>,
    calls: Vec<Conversation>,
    entries: usize,
}

async fn list_and_load(loader: &Loader) -> Result<Called<Loaded>, CallError> {
    let page = loader.list(None).await?;
    let mut loaded = Loaded::default();
    let mut opened = page.files;
    for entry in page.value.entries.iter().take(SAMPLE) {
        let chunk = loader.load(&entry.key, 0).await?;
        opened.extend(chunk.files);
        loaded.entries += 1;
        for item in chunk.value.items.into_iter().flatten() {
            if let ItemBody::Conversation(call) = item.body {
                let call = text::normalise(call);
                loaded.calls.extend((!call.turns.is_empty()).then_some(call));
            }
        }
    }
    loaded.files = opened.into_iter().map(|file| file.name).collect();
    Ok(Called { value: loaded, output: page.output, files: Vec::new(), memory: page.memory })
}

/// Embeddings that tell whether they were asked for.
struct Watched {
    source: Arc<dyn SemanticsSource>,
    asked: Arc<AtomicBool>,
}

impl SemanticsSource for Watched {
    fn embed(&self, texts: &[String]) -> Result<Embeddings, EmbedError> {
        self.asked.store(true, Ordering::Relaxed);
        self.source.embed(texts)
    }
}

/// One stage's way from nothing to what it needs.
struct Trial<'a, T> {
    ready: &'a Ready<T>,
    grants: Grants,
    reached: Vec<Capability>,
    /// Whether it asked for embeddings.
    asked: Arc<AtomicBool>,
    tried: usize,
    doubt: Option<String>,
}

impl<'a, T> Trial<'a, T> {
    fn new(ready: &'a Ready<T>) -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        // A plugin without embeddings is told so and goes on, so what it does with them is
        // seen only if it has them.
        let semantics = ready.granted.semantics.clone().map(|source| {
            Arc::new(Watched { source, asked: Arc::clone(&asked) }) as Arc<dyn SemanticsSource>
        });
        let config_json = ready.granted.config_json.clone();
        let grants = Grants { config_json, semantics, ..Grants::default() };
        Self { ready, grants, reached: Vec::new(), asked, tried: 0, doubt: None }
    }

    /// Calls until nothing more is reached for.
    async fn run<V>(
        &mut self,
        rehearse: impl Fn(
            &str,
            &rehearsal_sandbox::Component,
            Grants,
            rehearsal_sandbox::Limits,
        ) -> Result<T, rehearsal_sandbox::LoadError>,
        call: impl AsyncFn(&T) -> Result<Called<V>, CallError>,
    ) -> Result<Option<V>, PipelineError> {
        let ready = self.ready;
        loop {
            let handle = rehearse(&ready.id, &ready.component, self.grants.clone(), ready.limits)?;
            let error = match call(&handle).await {
                Ok(called) => return Ok(Some(called.value)),
                Err(error) => error,
            };
            match &*error.failure {
                Failure::NotGranted(what) if !self.reached.contains(what) => {
                    self.reached.push(*what);
                    grant(&mut self.grants, &ready.granted, *what);
                }
                Failure::Host(_) => return Err(error.into()),
                _ => {
                    self.doubt = Some(error.to_string());
                    return Ok(None);
                }
            }
        }
    }

    fn finish(mut self, stage: &Stage, folder: &Path, files: &BTreeSet<String>) -> Minimal {
        if self.asked.load(Ordering::Relaxed) {
            self.reached.push(Capability::Semantics);
        }
        let needed = self.reached.iter().map(|what| toml(stage, *what, folder, files)).collect();
        let granted = &self.ready.grants;
        let used = |name: &String| self.reached.iter().any(|what| what.name() == name);
        Minimal {
            stage: stage.id.clone(),
            section: stage.kind.section(),
            tried: self.tried,
            needed,
            unused: granted.iter().filter(|name| !used(name)).cloned().collect(),
            doubt: self.doubt,
        }
    }
}

/// Passes on one of the operator's grants.
fn grant(to: &mut Grants, from: &Grants, what: Capability) {
    match what {
        Capability::Files => to.files.clone_from(&from.files),
        Capability::Audio => to.audio.clone_from(&from.audio),
        Capability::Http => to.http.clone_from(&from.http),
        // It is there from the start.
        Capability::Semantics => {}
    }
}

/// The grant as it would stand in the pipeline's file.
fn toml(stage: &Stage, what: Capability, folder: &Path, files: &BTreeSet<String>) -> String {
    match (what, &stage.grants.files) {
        (Capability::Files, Some(grant)) => {
            let root = grant.root.strip_prefix(folder).unwrap_or(&grant.root);
            let root = serde_json::json!(root.to_string_lossy());
            let kinds: BTreeSet<String> = files.iter().map(|name| kind(name)).collect();
            let kinds = serde_json::json!(kinds);
            format!("grant.files = {{ root = {root}, include = {kinds} }}")
        }
        (Capability::Http, _) => {
            let ways: Vec<String> = stage.grants.http.iter().map(way).collect();
            format!("grant.http = [{}]", ways.join(", "))
        }
        _ => format!("grant.{what} = true"),
    }
}

/// A way to the network; its secret and bounds stay as they stand in the file.
fn way(grant: &HttpGrant) -> String {
    let (url, methods) = (serde_json::json!(grant.url), serde_json::json!(grant.methods));
    format!("{{ url = {url}, methods = {methods}, … }}")
}

/// A pattern for files like this one.
fn kind(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').map_or_else(|| file.to_owned(), |(_, ending)| format!("*.{ending}"))
}
