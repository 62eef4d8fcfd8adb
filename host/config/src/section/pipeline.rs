//! `[pipeline]`: what the pipeline is called and how it runs.

use std::ops::Range;
use std::path::PathBuf;
use std::thread;

use crate::decode::{
    Context, Form, Key, Node, Section, bytes, identifier, natural, positive, text,
};

pub(super) const KEYS: &[Key] = &[
    Key::required("name", Form::Identifier, "what the pipeline is called", "name = \"demo\""),
    Key::optional(
        "workspace",
        Form::Text,
        "folder of the repository and the data sets, from the file's folder (default `.rehearsal`)",
        "workspace = \".rehearsal\"",
    ),
    Key::optional(
        "workers",
        Form::Positive,
        "threads that run plugins (default: as many as cores)",
        "workers = 2",
    ),
    Key::optional(
        "batch",
        Form::Positive,
        "conversations a plugin call (default 64)",
        "batch = 64",
    ),
    Key::optional(
        "max_media",
        Form::Size,
        "the most that recordings fetched from services may take in the workspace (default 50 GiB)",
        "max_media = \"50 GiB\"",
    ),
    Key::optional("seed", Form::Natural, "what random choices follow from (default 0)", "seed = 7"),
];

const WORKSPACE: &str = ".rehearsal";
/// Large enough to hide what a call costs, small enough to show progress.
const BATCH: usize = 64;
/// Bytes: a thousand hours of speech, or a hundred of video.
const MAX_MEDIA: u64 = 50 << 30;

/// The section's settings.
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) workspace: PathBuf,
    pub(super) workers: usize,
    pub(super) batch: usize,
    pub(super) max_media: u64,
    pub(super) seed: u64,
    pub(super) span: Range<usize>,
}

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Settings> {
    let section = Section::open(context, "`[pipeline]`", KEYS, node)?;
    let name = section.get(context, "name", identifier);
    let workspace = section.get(context, "workspace", text);
    let workers = section.get(context, "workers", positive);
    let batch = section.get(context, "batch", positive);
    let max_media = section.get(context, "max_media", bytes);
    let seed = section.get(context, "seed", natural);
    Some(Settings {
        name: name?,
        workspace: context.resolve(workspace.as_deref().unwrap_or(WORKSPACE)),
        workers: workers.unwrap_or_else(cores),
        batch: batch.unwrap_or(BATCH),
        max_media: max_media.unwrap_or(MAX_MEDIA),
        seed: seed.unwrap_or_default(),
        span: section.span(),
    })
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
