//! What the host offers, with in-memory stand-ins where plugins run natively.

pub(crate) mod audio;
pub(crate) mod blobs;
pub(crate) mod files;
pub(crate) mod http;
pub mod log;
pub(crate) mod semantics;
