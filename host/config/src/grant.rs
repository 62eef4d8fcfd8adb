//! What a plugin may see, and what to write where it asks for more.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{Diagnostic, Rate, Stage};

/// A host import that wants a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// `files`: blobs under a folder.
    Files,
    /// `http`: requests to named addresses.
    Http,
    /// `audio`: the sound behind conversations.
    Audio,
    /// `semantics`: sentence embeddings.
    Semantics,
}

impl Interface {
    /// Its name in the contract and in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Http => "http",
            Self::Audio => "audio",
            Self::Semantics => "semantics",
        }
    }

    /// A value that grants it, to be adapted.
    fn example(self) -> &'static str {
        match self {
            Self::Files => "\"examples/calls\"",
            Self::Http => {
                "[{ url = \"https://api.example.com/v1/*\", methods = [\"GET\"], secret = \
                 { header = \"X-Api-Key\", env = \"EXAMPLE_API_KEY\" } }]"
            }
            Self::Audio | Self::Semantics => "true",
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Everything that a stage was granted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants {
    /// Files that it may read.
    pub files: Option<FilesGrant>,
    /// Requests that it may send; empty for none.
    pub http: Vec<HttpGrant>,
    /// Whether it may hear recordings.
    pub audio: bool,
    /// Whether it may ask for embeddings.
    pub semantics: bool,
}

impl Grants {
    /// Whether anything of an interface was granted.
    pub fn allows(&self, interface: Interface) -> bool {
        match interface {
            Interface::Files => self.files.is_some(),
            Interface::Http => !self.http.is_empty(),
            Interface::Audio => self.audio,
            Interface::Semantics => self.semantics,
        }
    }
}

/// Files under a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesGrant {
    /// The folder, which exists.
    pub root: PathBuf,
    /// Glob patterns of names relative to `root`, checked; empty for every file. One
    /// without a slash matches in every folder below, as in `.gitignore`.
    pub include: Vec<String>,
}

impl FilesGrant {
    /// Tells granted names (relative to `root`, `/` between parts) from others.
    ///
    /// # Errors
    /// A pattern is no glob; those of a parsed file all are.
    pub fn matcher(&self) -> Result<GlobSet, globset::Error> {
        let mut set = GlobSetBuilder::new();
        if self.include.is_empty() {
            set.add(glob("**")?);
        }
        for pattern in &self.include {
            set.add(glob(pattern)?);
        }
        set.build()
    }
}

/// A pattern as grants understand it: `*` stays within a folder.
pub(crate) fn glob(pattern: &str) -> Result<globset::Glob, globset::Error> {
    let anywhere = if pattern.contains('/') { String::new() } else { "**/".to_owned() };
    GlobBuilder::new(&(anywhere + pattern.trim_start_matches("./"))).literal_separator(true).build()
}

/// Requests to one address pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpGrant {
    /// `https://host[:port]/path`, where the path may end in `*`.
    pub url: String,
    /// Methods in capitals; at least one.
    pub methods: Vec<String>,
    /// What the host adds to each request and the plugin never sees.
    pub secret: Option<Secret>,
    /// Whether private and loopback addresses may answer.
    pub allow_private: bool,
    /// At most so many requests; all of them hold.
    pub rates: Vec<Rate>,
    /// A PEM file of the only certificates that vouch for the server, which exists; none
    /// for the public authorities.
    pub ca: Option<PathBuf>,
    /// Largest answer in bytes; none for the default.
    pub max_body: Option<u64>,
    /// Whether good answers are recordings, kept as files in the workspace.
    pub media: bool,
    /// The most that one run may spend on it.
    pub budget: Budget,
    /// What a million tokens cost; none where nobody said.
    pub price: Option<Price>,
    /// Calls of an extractor that may be under way at the same time; none for the
    /// default.
    pub parallel: Option<usize>,
    /// Where the grant stands in the file.
    pub span: Range<usize>,
}

/// What a run may spend on a grant; none of what is not bounded.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// Requests.
    pub requests: Option<u64>,
    /// Tokens, in and out together.
    pub tokens: Option<u64>,
    /// In the currency of [`Price`].
    pub money: Option<f64>,
}

/// What a million tokens cost, in any currency.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// Sent.
    pub input: f64,
    /// Received.
    pub output: f64,
}

/// A header that only the host knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Name of the header.
    pub header: String,
    /// Where its value comes from.
    pub origin: SecretOrigin,
    /// What stands before the value: `Bearer `.
    pub prefix: String,
    /// Whether the value is written in base64, as `Basic` authentication wants it.
    pub base64: bool,
}

/// Where a secret comes from. The file holds the way to it, never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOrigin {
    /// An environment variable.
    Env(String),
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a command prints: program and arguments.
    Command(Vec<String>),
}

/// The finding that a plugin imports what its stage does not grant, with the TOML that
/// would. `text` is the file's.
pub(crate) fn missing(text: &str, stage: &Stage, interface: Interface) -> Diagnostic {
    let section = stage.kind.section();
    let example = interface.example();
    // How the table is written decides what may be added to it.
    let remedy = match &stage.spans.grant {
        Some(span) if text[span.clone()].starts_with('[') => {
            format!("add under `[{section}.grant]` of `{}`:\n{interface} = {example}", stage.id)
        }
        Some(span) if text[span.clone()].starts_with('{') => {
            format!("add to the braces of `grant` of `{}`:\n{interface} = {example}", stage.id)
        }
        _ => format!("add under `[[{section}]]` of `{}`:\ngrant.{interface} = {example}", stage.id),
    };
    Diagnostic::error(format!("`{}` asks for `{interface}`, which it was not granted", stage.id))
        .label(stage.grant_span(), format!("no grant of `{interface}` here"))
        .label(stage.spans.plugin.clone(), format!("imports `{interface}`"))
        .help(format!("to allow it, {remedy}"))
}
