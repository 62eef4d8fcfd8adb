//! Runs plugins: WebAssembly components that see only what was granted, cannot stop
//! the host, and answer the same to the same input.
//!
//! ```text
//! file ── Sandbox::load ─► Component ── Extractor::prepare(grants, limits) ─► Extractor
//!         (compiled once)  (digest,     (linked once)                        │ extract(batch)
//!                           world,                                           ▼
//!                           imports)                  a fresh instance each time ─► Called
//! ```
//!
//! - **Nothing is shared between calls.** Each call gets an instance of its own, made
//!   in microseconds out of a pool; no batch can leave anything to the next.
//! - **Nothing is there unless granted.** An import that was not granted is not linked
//!   (`semantics`, which plugins can do without, is, and says that it is denied); WASI
//!   is present and leads nowhere.
//! - **Nothing lasts forever or grows without end.** [`Limits`] hold for each call.
//! - **Nothing comes back unchecked.** Sizes, row counts, spans and references are
//!   checked before a result leaves this crate.
//!
//! A result is a function of [`Component::digest`], [`Component::contract`],
//! [`Grants::config_json`], the input, and the files in [`Called::files`].

mod audio;
mod bindings;
mod cache;
mod component;
mod contract;
mod deadline;
mod describe;
mod engine;
mod error;
mod exports;
mod failure;
mod files;
mod grants;
mod host;
mod lift;
mod limiter;
mod lower;
mod output;
mod plugin;
mod sandbox;
mod semantics;
mod session;
mod settings;
mod state;
mod wasi;
mod worlds;

pub use audio::{AudioSource, Prosody, Recording};
pub use component::Component;
pub use contract::{Capability, World};
pub use describe::{AnnotationKind, Description, Details, Identity, Needs, SubjectKind};
pub use error::{LoadError, SandboxError};
pub use failure::{CallError, Failure, ItemError, LimitExceeded, PluginError};
pub use files::{FileGrant, FingerprintStore, Fingerprints, GrantError, Stamp};
/// The patterns of a [`FileGrant`].
pub use globset::GlobSet;
pub use grants::Grants;
pub use output::{Level, Output, clean};
pub use sandbox::Sandbox;
pub use semantics::{EmbedError, Embeddings, SemanticsSource};
pub use session::{Called, FileRead};
#[doc(hidden)]
pub use settings::Without;
pub use settings::{Heard, Limits, Listener, Pool, Settings};
pub use worlds::{
    Chunk, Entry, Extractor, FailedItem, Inspection, Item, ItemBody, Loader, Media, Page,
    PathBuilder, RecordingItem, Rows, Subject, Validator,
};
