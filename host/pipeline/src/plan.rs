//! A pipeline whose plugins are found, checked and ready: what `check` shows and `run`
//! runs.

mod grants;
mod heads;
mod names;
mod resolve;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal_config::Diagnostic;
use rehearsal_dataset::{Format, Learns};
use rehearsal_gate::Gate;
use rehearsal_model::{Annotation, Digest, Hasher};
use rehearsal_sandbox::{
    AnnotationKind, AudioSource, Component, Extractor, Fingerprints, Grants, Limits, Loader,
    PathBuilder, Sandbox, Validator,
};

use crate::outside::Outside;
use crate::records::Analysis;
use crate::{CallSemantics, Subjects, tiers};
pub use heads::TunedHead;
pub use resolve::resolve;

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
