//! The beginning of a plugin in its author's language, and its way to a component.
//!
//! ```text
//! create(folder, name, world, language) ─► sources, wit/ pinned, fixtures/, README.md
//! build(folder) ─► the language's usual tool ─► NAME.wasm
//! ```
//!
//! A project stands by itself: nothing in it leads back to this repository, and the
//! contract lies in it as files.

mod build;
mod contract;
mod create;
mod language;
mod template;

pub use build::{BuildError, Built, build};
pub use contract::VERSION;
pub use create::{CreateError, create};
pub use language::Language;
