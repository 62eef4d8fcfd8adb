//! The laws of each world.

mod batches;
mod loader;
mod merging;

pub(crate) use batches::{batches, difference};
pub(crate) use loader::{Listed, loader, walk};
pub(crate) use merging::merging;
