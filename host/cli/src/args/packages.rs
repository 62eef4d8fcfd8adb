//! `rehearsal plugin add|list|remove|update|publish`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PipelineFile;

const REF: &str = "\
A plugin is named by
  ./mine.wasm                      a file: it stays where it is
  https://example.com/mine.wasm    an address
  oci://ghcr.io/acme/mine:1.2.0    a place in a registry; without a version, the newest
  acme:mine@1.2.0                  a package, in the registry that `wkg` is set up for

What is fetched lies in plugins/ beside pipeline.toml, and is pinned by its digest in
pipeline.lock: every run checks it.";

#[derive(Debug, Subcommand)]
pub(crate) enum PackageAction {
    /// Fetch a plugin, show what it asks for, and write its stage into pipeline.toml.
    #[command(after_help = REF)]
    Add(Add),
    /// The plugins of the pipeline: whose they are, and whether they are as accepted.
    List(List),
    /// Take a stage out of pipeline.toml, with its plugin if it was fetched.
    Remove(Remove),
    /// Look for newer plugins and show what they would import and see; nothing is taken
    /// without --accept.
    Update(Update),
    /// Put a plugin into a registry.
    Publish(Publish),
}

/// The way to servers.
#[derive(Debug, Args)]
pub(crate) struct Line {
    /// Certificates (PEM) of a server that public authorities do not vouch for.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// A file, an https:// address, an oci:// place or a package.
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// What the stage is called [default: the plugin's name].
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// What it may see of what it asks for: `audio`, `semantics`, `files=FOLDER`,
    /// `http=https://api.example.com/v1/*`, or the value as TOML after the `=`.
    #[arg(long = "grant", value_name = "WHAT[=VALUE]")]
    pub(crate) grants: Vec<String>,
    /// Its settings, as the keys of `config` in TOML: 'languages = ["en"]'.
    #[arg(long, value_name = "TOML")]
    pub(crate) config: Option<String>,
    /// Show it and the stage that would be written; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) line: Line,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The plugins that come with the program instead.
    #[arg(long)]
    pub(crate) built_in: bool,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The stage's id in pipeline.toml.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Ids of stages [default: every plugin that is not built in].
    pub(crate) ids: Vec<String>,
    /// Take what is shown: fetch it, and accept it in pipeline.lock.
    #[arg(long)]
    pub(crate) accept: bool,
    /// This version and not the newest; earlier ones may be named too.
    #[arg(long, value_name = "VERSION", requires = "ids")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) line: Line,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The component.
    #[arg(value_name = "FILE")]
    pub(crate) component: PathBuf,
    /// Where to: oci://HOST/NAMESPACE/NAME. Its version is the one that it says itself.
    #[arg(value_name = "REF")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) line: Line,
}
