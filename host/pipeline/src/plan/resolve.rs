//! From a pipeline's file to stages that can be called.

use std::collections::HashSet;

use rehearsal_config::{Config, DatasetFormat, Diagnostic, Interface, Plugin, Stage, StageKind};
use rehearsal_dataset::{Format, Learns};
use rehearsal_sandbox::{
    Component, Details, Extractor, Grants, Identity, LoadError, Loader, PathBuilder, SubjectKind,
    Validator, World,
};

use super::grants::limits;
use super::{
    DatasetPlan, Plan, Ready, ReadyPath, ReadySource, ReadyValidator, Surroundings, heads,
};
use crate::outside::Outside;
use crate::{PipelineError, Subjects, keys};

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

pub(super) struct Resolver<'a> {
    pub(super) config: &'a Config,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// What does not fit.
    pub(super) findings: Vec<Diagnostic>,
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

    pub(super) async fn extractor(
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
}
