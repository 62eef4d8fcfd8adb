//! A pipeline whose plugins are found, checked and ready: what `check` shows and `run`
//! runs.

mod grants;
mod heads;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal_config::{
    Config, DatasetFormat, Diagnostic, Interface, Plugin, SpeechModel, Stage, StageKind,
};
use rehearsal_dataset::{CONVERSATIONS, Format, Learns};
use rehearsal_gate::Gate;
use rehearsal_model::{Annotation, Digest, Hasher};
use rehearsal_sandbox::{
    AnnotationKind, AudioSource, Component, Details, Extractor, Fingerprints, Grants, Identity,
    Limits, LoadError, Loader, PathBuilder, Sandbox, SubjectKind, Validator, World,
};
use rehearsal_speech::models::{self, Store};

use crate::outside::Outside;
use crate::records::Analysis;
use crate::{CallSemantics, PipelineError, Subjects, keys, tiers};
use grants::limits;
pub use heads::TunedHead;

/// A stage, ready to be called.
pub struct Ready<T> {
    /// Its id in pipeline.toml.
    pub id: String,
    /// The plugin's name as the plugin says it.
    pub plugin: String,
    /// The component.
    pub component: Component,
    /// What its results depend on besides their input.
    pub key: Digest,
    /// Its configuration, as the plugin sees it, with digests in the place of trained
    /// heads.
    pub config: String,
    /// What was granted, by name.
    pub grants: Vec<String>,
    /// What was granted.
    pub(crate) granted: Grants,
    /// What it may use up.
    pub(crate) limits: Limits,
    /// Of an extractor that was granted the network.
    pub(crate) outside: Option<Outside>,
    /// What an extractor finds.
    pub(crate) emits: Vec<AnnotationKind>,
    pub(crate) handle: T,
}

/// A source, ready to be listed.
pub struct ReadySource {
    /// The loader.
    pub stage: Ready<Loader>,
    /// For items that name none.
    pub licence: Option<String>,
}

/// A path, ready to build.
pub struct ReadyPath {
    /// The path builder.
    pub stage: Ready<PathBuilder>,
    /// Annotation names that it reads.
    pub reads: HashSet<String>,
    /// How its calls are divided; none for the way of all data sets.
    pub split: Option<rehearsal_config::Split>,
    /// Whose turns its chats may train.
    pub learns: Learns,
}

impl ReadyPath {
    /// What it reads of all that was found in a call.
    pub(crate) fn read(
        &self,
        extractors: &[Ready<Extractor>],
        analysis: &Analysis,
    ) -> Vec<Annotation> {
        let emits = |id: &str| {
            let stage = extractors.iter().find(|stage| stage.id == id);
            stage.map_or(&[][..], |stage| stage.emits.as_slice())
        };
        let standing = tiers::standing(analysis, emits).into_iter();
        standing.filter(|found| self.reads.contains(&found.name)).cloned().collect()
    }
}

/// What all data sets have in common.
pub struct DatasetPlan {
    /// File formats.
    pub formats: Vec<Format>,
    /// Whether the calls themselves become a data set.
    pub conversations: bool,
    /// Licences whose calls stay out.
    pub refuse_licences: Vec<String>,
    /// For the calls themselves, and for paths that have none.
    pub split: Option<rehearsal_config::Split>,
}

/// A validator, ready to inspect.
pub struct ReadyValidator {
    /// The validator.
    pub stage: Ready<Validator>,
    /// What it looks at.
    pub inspects: Subjects,
}

/// A whole pipeline, ready to run.
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Folder of repository and data sets.
    pub workspace: PathBuf,
    /// Calls worked on at the same time are `workers` batches.
    pub workers: usize,
    /// Calls in a batch.
    pub batch: usize,
    /// For splits.
    pub seed: u64,
    /// What all data sets have in common.
    pub datasets: DatasetPlan,
    /// Speech settings.
    pub speech: rehearsal_config::Speech,
    /// What becomes of personal data.
    pub privacy: rehearsal_config::Privacy,
    /// What experts judge by, and where their verdicts are.
    pub review: rehearsal_config::Review,
    /// In the order of the file, as all that follow.
    pub sources: Vec<ReadySource>,
    /// Extractors.
    pub extractors: Vec<Ready<Extractor>>,
    /// Paths.
    pub paths: Vec<ReadyPath>,
    /// Validators.
    pub validators: Vec<ReadyValidator>,
    /// What is worth a look in the pipeline's file.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// What everything made of a call depends on, besides the call.
    pub(crate) fn stages_key(&self) -> Digest {
        let mut hasher = Hasher::new("stages");
        for (id, key) in self
            .extractors
            .iter()
            .map(|stage| (&stage.id, &stage.key))
            .chain(self.paths.iter().map(|path| (&path.stage.id, &path.stage.key)))
            .chain(self.validators.iter().map(|v| (&v.stage.id, &v.stage.key)))
        {
            hasher.part(id.as_bytes()).part(key.as_bytes());
        }
        hasher.finish()
    }

    /// The repository's folder.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.workspace.join("repository")
    }

    /// The folder of the data sets.
    #[must_use]
    pub fn datasets_folder(&self) -> PathBuf {
        self.workspace.join("datasets")
    }
}

/// Where things are that a plan is made from.
pub struct Surroundings<'a> {
    /// The sandbox.
    pub sandbox: &'a Sandbox,
    /// Folder of the built-in plugins, `NAME.wasm`.
    pub plugins: &'a Path,
    /// Sound behind calls, for stages that were granted it.
    pub audio: Arc<dyn AudioSource>,
    /// Embeddings, for stages that were granted them.
    pub semantics: Arc<CallSemantics>,
    /// Contents of granted files, remembered between runs.
    pub fingerprints: Arc<Fingerprints>,
    /// The way to the network, for stages that were granted a part of it.
    pub gate: Gate,
    /// Trained heads for extractors, in the place of those that ship.
    pub heads: Vec<TunedHead>,
}

/// Finds and checks every plugin of a pipeline. Nothing runs but their `describe`.
///
/// # Errors
/// Everything that does not fit, as diagnostics on the pipeline's file.
pub async fn resolve(
    config: &Config,
    surroundings: &Surroundings<'_>,
) -> Result<Plan, PipelineError> {
    let mut resolver = Resolver { config, surroundings, findings: Vec::new() };
    let pipeline = &config.pipeline;
    let mut sources = Vec::new();
    for source in &pipeline.sources {
        if let Some(stage) = resolver.loader(&source.stage).await? {
            sources.push(ReadySource { stage, licence: source.licence.clone() });
        }
    }
    let mut extractors = Vec::new();
    for stage in &pipeline.extractors {
        extractors.extend(resolver.extractor_with_heads(stage).await?);
    }
    let mut paths = Vec::new();
    for path in &pipeline.paths {
        paths.extend(resolver.path(path).await?);
    }
    let mut validators = Vec::new();
    for stage in &pipeline.validators {
        validators.extend(resolver.validator(stage).await?);
    }
    resolver.model();
    resolver.dataset_names();
    resolver.embedding_model();
    let warnings = resolver.findings;
    if warnings.iter().any(Diagnostic::is_error) {
        return Err(PipelineError::Config(config.report(warnings)));
    }
    Ok(Plan {
        name: pipeline.name.clone(),
        workspace: pipeline.workspace.clone(),
        workers: pipeline.workers,
        batch: pipeline.batch,
        seed: pipeline.seed,
        datasets: datasets(&pipeline.datasets),
        speech: pipeline.speech.clone(),
        privacy: pipeline.privacy.clone(),
        review: pipeline.review.clone(),
        sources,
        extractors,
        paths,
        validators,
        warnings,
    })
}

fn datasets(config: &rehearsal_config::Datasets) -> DatasetPlan {
    let format = |format: &DatasetFormat| match format {
        DatasetFormat::Parquet => Format::Parquet,
        DatasetFormat::Jsonl => Format::Jsonl,
        DatasetFormat::Sharegpt => Format::Sharegpt,
    };
    DatasetPlan {
        formats: config.formats.iter().map(format).collect(),
        conversations: config.conversations,
        refuse_licences: config.refuse_licences.clone(),
        split: config.split.clone(),
    }
}

struct Resolver<'a> {
    config: &'a Config,
    surroundings: &'a Surroundings<'a>,
    findings: Vec<Diagnostic>,
}

impl Resolver<'_> {
    async fn loader(&mut self, stage: &Stage) -> Result<Option<Ready<Loader>>, PipelineError> {
        let Some((component, grants)) = self.prepare(stage, World::Loader) else { return Ok(None) };
        let Some(handle) = self
            .accept(stage, Loader::prepare(&stage.id, &component, grants.clone(), limits(stage)))
        else {
            return Ok(None);
        };
        let about = handle.describe().await?.value;
        Ok(self.ready(stage, component, grants, handle, about.identity))
    }

    async fn extractor(
        &mut self,
        stage: &Stage,
    ) -> Result<Option<Ready<Extractor>>, PipelineError> {
        let Some((component, grants)) = self.prepare(stage, World::Extractor) else {
            return Ok(None);
        };
        let Some(handle) = self.accept(
            stage,
            Extractor::prepare(&stage.id, &component, grants.clone(), limits(stage)),
        ) else {
            return Ok(None);
        };
        let about = handle.describe().await?.value;
        // A door that opens for nothing leads nowhere.
        let door = grants.http.clone().filter(|_| !stage.grants.http.is_empty());
        let outside = door.map(|door| Outside::new(door, &stage.grants.http));
        let emits = match about.details {
            Details::Extractor { emits, .. } => emits,
            _ => Vec::new(),
        };
        let ready = self.ready(stage, component, grants, handle, about.identity);
        Ok(ready.map(|ready| Ready { outside, emits, ..ready }))
    }

    async fn path(
        &mut self,
        path: &rehearsal_config::TrainingPath,
    ) -> Result<Option<ReadyPath>, PipelineError> {
        let stage = &path.stage;
        let Some((component, grants)) = self.prepare(stage, World::PathBuilder) else {
            return Ok(None);
        };
        let Some(handle) = self.accept(
            stage,
            PathBuilder::prepare(&stage.id, &component, grants.clone(), limits(stage)),
        ) else {
            return Ok(None);
        };
        let about = handle.describe().await?.value;
        let reads = match about.details {
            Details::PathBuilder { reads, .. } => reads.into_iter().collect(),
            _ => HashSet::new(),
        };
        let stage = self.ready(stage, component, grants, handle, about.identity);
        let learns = match path.learns {
            rehearsal_config::Learns::Prospect => Learns::Prospect,
            rehearsal_config::Learns::Seller => Learns::Seller,
            rehearsal_config::Learns::Any => Learns::Any,
        };
        let split = path.split.clone();
        Ok(stage.map(|stage| ReadyPath { stage, reads, split, learns }))
    }

    async fn validator(&mut self, stage: &Stage) -> Result<Option<ReadyValidator>, PipelineError> {
        let Some((component, grants)) = self.prepare(stage, World::Validator) else {
            return Ok(None);
        };
        let Some(handle) = self.accept(
            stage,
            Validator::prepare(&stage.id, &component, grants.clone(), limits(stage)),
        ) else {
            return Ok(None);
        };
        let about = handle.describe().await?.value;
        let inspects = match about.details {
            Details::Validator { inspects: SubjectKind::Conversations, .. } => {
                Subjects::Conversations
            }
            _ => Subjects::Examples,
        };
        let stage = self.ready(stage, component, grants, handle, about.identity);
        Ok(stage.map(|stage| ReadyValidator { stage, inspects }))
    }

    /// The component of a stage and what it is granted; findings where it has no usable
    /// one.
    fn prepare(&mut self, stage: &Stage, world: World) -> Option<(Component, Grants)> {
        let path = match &stage.plugin {
            Plugin::File(path) => path.clone(),
            Plugin::BuiltIn(name) => {
                let path = self.surroundings.plugins.join(format!("{name}.wasm"));
                if !path.is_file() {
                    let known = self.built_in(stage.kind);
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    self.findings.push(self.config.unknown_plugin(stage, name, &known));
                    return None;
                }
                path
            }
        };
        let loaded = self.surroundings.sandbox.load(&path);
        let component = self.accept(stage, loaded)?;
        if component.world() != world {
            self.findings.push(self.config.wrong_world(stage, component.world().name()));
            return None;
        }
        let grants = self.grants(stage, &component)?;
        Some((component, grants))
    }

    fn ready<T>(
        &mut self,
        stage: &Stage,
        component: Component,
        grants: Grants,
        handle: T,
        identity: Identity,
    ) -> Option<Ready<T>> {
        let schema = self.config.check_schema(stage, &identity.config_schema);
        let broken = schema.iter().any(Diagnostic::is_error);
        self.findings.extend(schema);
        let named = [
            ("files", grants.files.is_some()),
            ("audio", grants.audio.is_some()),
            // A door that opens for nothing is no grant.
            ("http", stage.grants.allows(Interface::Http)),
            ("semantics", grants.semantics.is_some()),
        ];
        let semantics = match &grants.semantics {
            Some(_) => self.surroundings.semantics.identity(),
            None => None,
        };
        (!broken).then(|| Ready {
            id: stage.id.clone(),
            plugin: format!("{} {}", identity.name, identity.version),
            key: keys::stage(
                &component,
                &grants.config_json,
                grants.audio.is_some(),
                semantics.as_deref(),
            ),
            config: heads::in_short(stage, &self.surroundings.heads, &grants.config_json),
            grants: named.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).into()).collect(),
            limits: limits(stage),
            granted: grants,
            outside: None,
            emits: Vec::new(),
            component,
            handle,
        })
    }

    fn accept<T>(&mut self, stage: &Stage, loaded: Result<T, LoadError>) -> Option<T> {
        match loaded {
            Ok(value) => Some(value),
            Err(error) => {
                let finding = Diagnostic::error(error.to_string())
                    .label(stage.spans.plugin.clone(), "this plugin");
                self.findings.push(finding);
                None
            }
        }
    }

    /// Names of the built-in plugins of a kind's world.
    fn built_in(&self, kind: StageKind) -> Vec<String> {
        let folder = self.surroundings.plugins;
        let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut names: Vec<String> = files
            .filter_map(|file| {
                let path = file.ok()?.path();
                let name = path.file_name()?.to_str()?.strip_suffix(".wasm")?.to_owned();
                let component = self.surroundings.sandbox.load(&path).ok()?;
                (component.world().name() == kind.world()).then_some(name)
            })
            .collect();
        names.sort();
        names
    }

    /// A path's id is its data set's name, and one name is the host's own.
    fn dataset_names(&mut self) {
        let pipeline = &self.config.pipeline;
        let taken = |path: &&rehearsal_config::TrainingPath| path.stage.id == CONVERSATIONS;
        if let Some(path) =
            pipeline.paths.iter().find(taken).filter(|_| pipeline.datasets.conversations)
        {
            let finding = Diagnostic::error(format!("a path cannot be called `{CONVERSATIONS}`"))
                .label(
                    path.stage.spans.id.clone(),
                    "the data set of the calls themselves has this name",
                )
                .help("choose another `id`, or set `conversations = false` in `[dataset]`");
            self.findings.push(finding);
        }
    }

    fn embedding_model(&mut self) {
        let name = &self.config.pipeline.semantics.model;
        let embeds = |model: &&models::Model| model.kind == models::Kind::Embedding;
        if models::find(name).as_ref().is_some_and(embeds) {
            return;
        }
        let known: Vec<&str> =
            models::CATALOGUE.iter().filter(embeds).map(|model| model.name).collect();
        self.findings.push(self.config.unknown_embedding_model(name, &known));
    }

    fn model(&mut self) {
        let SpeechModel::Catalogue(name) = &self.config.pipeline.speech.model else { return };
        let store = Store::open_default().ok();
        let unknown = match store.map(|store| store.locate(name)) {
            Some(Err(_)) => true,
            Some(Ok(_)) => false,
            None => models::find(name).is_none(),
        };
        if unknown {
            let known: Vec<&str> = models::CATALOGUE
                .iter()
                .filter(|model| model.kind == models::Kind::Speech)
                .map(|model| model.name)
                .collect();
            self.findings.push(self.config.unknown_model(name, &known));
        }
    }
}
