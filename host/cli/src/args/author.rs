//! What plugins' authors do.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use rehearsal_sandbox::World;
use rehearsal_scaffold::Language;

#[derive(Debug, Subcommand)]
pub(crate) enum AuthorAction {
    /// Begin a plugin: a small project that builds as it is.
    New(New),
    /// Build a plugin's project to NAME.wasm, by the usual tool of its language.
    Build {
        /// The project's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Hold a plugin to the contract: its laws, hostile calls, its costs.
    Test(Test),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The plugin's name, and its folder's: lowercase letters, digits, `-`.
    pub(crate) name: String,
    /// What kind of plugin.
    #[arg(long, value_enum)]
    pub(crate) world: WorldName,
    /// The language to write it in.
    #[arg(long, value_enum)]
    pub(crate) lang: LanguageName,
    /// Folder to make [default: the plugin's name].
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// A .wasm file, or a built-in's name.
    pub(crate) plugin: String,
    /// Its `config` table, as JSON in a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder to grant to a loader.
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,
    /// Answers recorded by `rehearsal run --record`; the network is never touched.
    #[arg(long, value_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// Address to grant, as in `grant.http`; may be given several times.
    #[arg(long, value_name = "URL", requires = "replay")]
    pub(crate) http: Vec<String>,
    /// Calls NAME.json with NAME.expected.json; of a loader files/ and expected.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) fixtures: Option<PathBuf>,
    /// Write what comes out of the fixtures now as what has to.
    #[arg(long, requires = "fixtures")]
    pub(crate) bless: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorldName {
    /// Reads a source.
    Loader,
    /// Finds things in calls.
    Extractor,
    /// Makes training examples of annotated calls.
    PathBuilder,
    /// Judges calls or examples.
    Validator,
}

impl From<WorldName> for World {
    fn from(name: WorldName) -> Self {
        match name {
            WorldName::Loader => Self::Loader,
            WorldName::Extractor => Self::Extractor,
            WorldName::PathBuilder => Self::PathBuilder,
            WorldName::Validator => Self::Validator,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageName {
    /// cargo.
    Rust,
    /// componentize-py.
    Python,
    /// componentize-qjs (QuickJS), or componentize-js (with `fetch`).
    Javascript,
    /// clang with wasi-libc.
    C,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Rust => Self::Rust,
            LanguageName::Python => Self::Python,
            LanguageName::Javascript => Self::JavaScript,
            LanguageName::C => Self::C,
        }
    }
}
