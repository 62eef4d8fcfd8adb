//! A pipeline as its file describes it, checked as far as the file alone allows.

use std::num::NonZeroU32;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::Grants;
use crate::json::{self, Places};

/// Everything that a pipeline file says. Paths are absolute or start from the working
/// directory, as the path of the file did.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its name, which data set cards carry.
    pub name: String,
    /// Folder of the repository, the data sets and the caches.
    pub workspace: PathBuf,
    /// Threads that run plugins; at least 1.
    pub workers: usize,
    /// Conversations a plugin call; at least 1.
    pub batch: usize,
    /// Bytes that recordings fetched from services may take in the workspace.
    pub max_media: u64,
    /// What every random choice follows from.
    pub seed: u64,
    /// How recordings become text.
    pub speech: Speech,
    /// What all data sets have in common.
    pub datasets: Datasets,
    /// What experts judge by.
    pub review: Review,
    /// What becomes of personal data.
    pub privacy: Privacy,
    /// What texts are embedded with.
    pub semantics: Semantics,
    /// Where calls come from; at least one.
    pub sources: Vec<Source>,
    /// What is found in them.
    pub extractors: Vec<Stage>,
    /// What is made of them.
    pub paths: Vec<TrainingPath>,
    /// What checks the examples.
    pub validators: Vec<Stage>,
    /// What is learned from the data sets.
    pub trainers: Vec<Trainer>,
}

impl Pipeline {
    /// Every stage in the order of the data: sources, extractors, paths, validators.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.sources
            .iter()
            .map(|source| &source.stage)
            .chain(&self.extractors)
            .chain(self.paths.iter().map(|path| &path.stage))
            .chain(&self.validators)
    }
}

/// `[speech]`: how recordings become text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// Which recogniser.
    pub model: SpeechModel,
    /// Where the file names the model; its start where it does not.
    pub model_span: Range<usize>,
    /// Language code as Whisper knows it (`en`); none to detect it.
    pub language: Option<String>,
    /// Text that the recogniser takes for what was said before; may be empty.
    pub prompt: String,
    /// Names and products that it should expect.
    pub vocabulary: Vec<String>,
}

/// `[review]`: what experts judge by, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The rubric's file, which exists.
    pub rubric: Option<PathBuf>,
    /// The journal of verdicts; it need not exist yet.
    pub verdicts: PathBuf,
}

/// `[semantics]`: what texts are embedded with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semantics {
    /// A name of the catalogue.
    pub model: String,
    /// Where the file names the model; its start where it does not.
    pub model_span: Range<usize>,
}

/// A speech recognition model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeechModel {
    /// A name of the catalogue: `base`.
    Catalogue(String),
    /// A ggml file of the user's own, which exists.
    File(PathBuf),
}

/// `[privacy]`: what becomes of personal data before any plugin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy {
    /// What is done.
    pub mode: PrivacyMode,
    /// Where the key is.
    pub key: KeyPlace,
    /// How long a person keeps a pseudonym.
    pub scope: PseudonymScope,
    /// Another release gives everybody other pseudonyms; may be empty.
    pub release: String,
}

/// What is done about personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivacyMode {
    /// Nothing; nobody looks.
    Off,
    /// It is found and counted; plugins see it.
    Report,
    /// It is replaced by pseudonyms.
    Redact,
}

/// Where the key of the pseudonyms is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the user's configuration folder; made at the first run.
    Default,
    /// In this file; made at the first run.
    File(PathBuf),
    /// In this environment variable.
    Environment(String),
}

/// How long a person keeps a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PseudonymScope {
    /// Within a call.
    Call,
    /// Within all calls of an account.
    Account,
}

/// `[[source]]`: a loader and what it may see.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The loader.
    pub stage: Stage,
    /// SPDX identifier, or the owner's own words, for items that name none.
    pub licence: Option<String>,
}

/// `[[path]]`: a path builder and how its examples are divided.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingPath {
    /// The path builder.
    pub stage: Stage,
    /// Shares of the splits; none for those of `[dataset]`.
    pub split: Option<Split>,
    /// Whose turns its chats may train.
    pub learns: Learns,
}

/// Whose turns the chats of a path may train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Learns {
    /// The prospect's.
    #[default]
    Prospect,
    /// The seller's.
    Seller,
    /// Whoever's.
    Any,
}

/// `[dataset]`: what all data sets have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Datasets {
    /// File formats; at least one.
    pub formats: Vec<DatasetFormat>,
    /// Whether the calls themselves become a data set.
    pub conversations: bool,
    /// Licences whose calls stay out: SPDX identifiers, `*` at the end for any ending.
    pub refuse_licences: Vec<String>,
    /// For the calls themselves, and for paths that have none.
    pub split: Option<Split>,
}

impl Default for Datasets {
    fn default() -> Self {
        Self {
            formats: vec![DatasetFormat::Parquet, DatasetFormat::Jsonl, DatasetFormat::Sharegpt],
            conversations: true,
            refuse_licences: Vec::new(),
            split: None,
        }
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatasetFormat {
    /// Columns, compressed by zstd.
    Parquet,
    /// One JSON object a line.
    Jsonl,
    /// One JSON object a line, as LLaMA-Factory reads dialogues.
    Sharegpt,
}

/// Shares of the splits, each from 0 to 1, together 1, and what is held out beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// To learn from.
    pub train: f64,
    /// To choose by.
    pub validation: f64,
    /// To judge by.
    pub test: f64,
    /// Facets that every split has its share of: `source`, `language`, …
    pub stratify: Vec<String>,
    /// Share of the sellers whose calls are a test set of their own, 0 to 1.
    pub test_sellers: f64,
    /// Calls from this day on (`2026-03-01`) are a test set of their own.
    pub test_since: Option<String>,
}

/// `[[trainer]]`: what makes models of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Trainer {
    /// Unique among trainers; what its models are called.
    pub id: String,
    /// The data set that it learns from.
    pub dataset: Option<String>,
    /// Who learns.
    pub learner: Learner,
    /// Where the file names it.
    pub span: Range<usize>,
}

/// Who learns.
#[derive(Debug, Clone, PartialEq)]
pub enum Learner {
    /// The built-in classifier of texts, or of turns where it is an extractor's head.
    Classifier {
        /// The `task` of its rows.
        task: String,
        /// The extractor whose head it tunes; none for a classifier of its own.
        extractor: Option<String>,
        /// The annotation that its classes are of; none for the task's own.
        annotation: Option<String>,
        /// Files of labelled texts, which exist.
        labels: Vec<PathBuf>,
        /// What it sees beside words.
        features: Features,
        /// What a label counts by who gave it.
        trust: Trust,
        /// Whether the release gate can hold its models back.
        gate: bool,
    },
    /// A program of the user's.
    Command {
        /// The program and its arguments; at least the program.
        command: Vec<String>,
        /// Variables of the environment that it sees.
        env: Vec<String>,
        /// Patterns of the files that are the model; empty for all.
        results: Vec<String>,
    },
}

/// What a classifier sees of a text beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// What extractors other than the task's own said of its turns.
    pub annotations: bool,
    /// The embedding of what was said.
    pub embeddings: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self { annotations: true, embeddings: false }
    }
}

/// What a label counts by who gave it, 0 to 1; at 0 it is not learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trust {
    /// People.
    pub expert: f64,
    /// Language models.
    pub llm: f64,
    /// Trained heads.
    pub learned: f64,
    /// Phrases and rules.
    pub cue: f64,
}

impl Default for Trust {
    fn default() -> Self {
        Self { expert: 1.0, llm: 0.7, learned: 0.4, cue: 0.3 }
    }
}

/// A step of the data's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageKind {
    /// `[[source]]`, world `loader`.
    Source,
    /// `[[extractor]]`, world `extractor`.
    Extractor,
    /// `[[path]]`, world `path-builder`.
    Path,
    /// `[[validator]]`, world `validator`.
    Validator,
}

impl StageKind {
    /// The section's name in the file: `source`.
    pub fn section(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Extractor => "extractor",
            Self::Path => "path",
            Self::Validator => "validator",
        }
    }

    /// The world of the contract that its plugins export: `loader`.
    pub fn world(self) -> &'static str {
        match self {
            Self::Source => "loader",
            Self::Extractor => "extractor",
            Self::Path => "path-builder",
            Self::Validator => "validator",
        }
    }
}

/// A plugin with its settings, limits and grants.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Which section it stands in.
    pub kind: StageKind,
    /// Unique in the pipeline; fit for the name of a folder.
    pub id: String,
    /// Whose code runs.
    pub plugin: Plugin,
    /// The plugin's own table as a JSON object; `{}` where the file has none.
    pub config: Value,
    /// What it may see; nothing where the file has none.
    pub grants: Grants,
    /// What it may use up.
    pub limits: Limits,
    /// Where all of this stands in the file.
    pub spans: StageSpans,
}

impl Stage {
    /// `config` as text with sorted keys: equal for equal settings, so fit for keys of
    /// the cache.
    pub fn canonical_config(&self) -> String {
        json::canonical(&self.config)
    }

    /// Where the value of `config` at a JSON Pointer stands; where the file has no such
    /// value, the table around it, and the stage's header where it has no `config`.
    pub fn config_span(&self, pointer: &str) -> Range<usize> {
        self.spans
            .config
            .nearest(pointer)
            .map_or_else(|| self.spans.header.clone(), |place| place.value.clone())
    }

    /// Where its grants stand; its header where it has none.
    pub fn grant_span(&self) -> Range<usize> {
        self.spans.grant.clone().unwrap_or_else(|| self.spans.header.clone())
    }
}

/// Whose code a stage runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plugin {
    /// One that ships with the project, by name.
    BuiltIn(String),
    /// A component's file, which exists.
    File(PathBuf),
}

/// What a plugin may use up in one call; none for the sandbox's own limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all its memories together.
    pub memory: Option<u64>,
    /// Time of a call.
    pub time: Option<Duration>,
}

/// At most so many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

/// Where a stage stands in the file: byte ranges into its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSpans {
    /// `[[source]]`.
    pub header: Range<usize>,
    /// The value of `id`.
    pub id: Range<usize>,
    /// The value of `plugin`.
    pub plugin: Range<usize>,
    /// The table of grants, however it is written.
    pub grant: Option<Range<usize>>,
    pub(crate) config: Places,
}
