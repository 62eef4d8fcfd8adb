#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub mod bindings;

mod annotate;
mod call;
mod error;
mod export;
#[doc(hidden)]
pub mod extractor;
mod host;
#[doc(hidden)]
pub mod loader;
#[doc(hidden)]
pub mod path;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[doc(hidden)]
pub mod validator;

/// A plugin has one thread and lives as long as one batch: an allocator for that is faster
/// than the general one of wasi-libc, and most of what crosses the border is allocated.
#[cfg(all(feature = "allocator", target_family = "wasm", not(target_feature = "atomics")))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

pub use annotate::{Kind, Needs, Place, unavailable};
pub use call::{Call, Excerpt, Turn};
pub use error::Result;
pub use export::Packaged;
use export::{identity, read_config};
pub use extractor::Extractor;
pub use host::audio::Recording;
pub use host::blobs::Blob;
pub use host::files::{FileInfo, Files};
pub use host::http::{Http, Request, Response};
pub use host::log;
pub use host::semantics::{Embeddings, Refusal};
pub use loader::{Body, Chunk, Entry, FailedItem, Item, Loader, Media, Page};
pub use path::{PathBuilder, message};
pub use validator::{Finding, Inspection, Metric, Report, Subject, Validator, Verdict};

/// The contract's own records, as `wit/` documents them.
pub mod types {
    pub use crate::bindings::base::rehearsal::plugin::audio::Prosody;
    pub use crate::bindings::base::rehearsal::plugin::examples::{
        Body, Chat, Critique, Example, LabelledText, Message, Preference, Speaker,
    };
    pub use crate::bindings::base::rehearsal::plugin::types::{
        Annotated, Annotation, Conversation, Error, Label, Participant, Role, Scope, Span, Tier,
        Timing, Turn, Value, Word,
    };
}

/// What the export macros call.
#[doc(hidden)]
pub mod glue {
    pub use crate::{extractor, loader, path, validator};
}

/// All that most plugins need: `use rehearsal_sdk::prelude::*;`
pub mod prelude {
    pub use crate::types::{
        Annotation, Chat, Conversation, Error, Example, Label, Message, Participant, Role, Scope,
        Span, Speaker, Tier, Timing, Value,
    };
    pub use crate::{
        Blob, Body, Call, Chunk, Entry, Excerpt, Extractor, FailedItem, Files, Finding, Http,
        Inspection, Item, Kind, Loader, Media, Metric, Needs, Page, PathBuilder, Report, Request,
        Response, Result, Subject, Turn, Validator, Verdict, log, unavailable,
    };
    pub use schemars::{self, JsonSchema};
    pub use serde::Deserialize;
}
