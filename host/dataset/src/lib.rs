//! Data sets on disk: splits that do not leak, rows that trainers read, manifests
//! that can be checked.
//!
//! ```text
//! groups of calls ──► splits ─┐
//! examples ──► rows ──────────┴─► files ──► manifest (sha256, Merkle root)
//! ```
//!
//! A data set is a function of its examples: the same ones give the same bytes,
//! in whatever order and on however many workers they were made.

mod error;
mod files;
mod manifest;
mod merkle;
mod row;
mod split;
mod writer;

pub use error::DatasetError;
pub use manifest::{Counts, FileRecord, MANIFEST, Manifest};
pub use merkle::merkle_root;
pub use row::Origin;
pub use split::{Groups, Shares, Split};
pub use writer::DatasetWriter;
