//! What ends a run.

use rehearsal_config::Report;
use rehearsal_dataset::DatasetError;
use rehearsal_repository::RepositoryError;
use rehearsal_sandbox::{CallError, LoadError, SandboxError};

use crate::attack::NoKit;
use crate::lock::LockError;

/// Why a pipeline could not be resolved or run to its end. Failed items are no such
/// error: they are counted and kept as dead letters.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// pipeline.toml does not fit the plugins.
    #[error("{0}")]
    Config(Report),
    /// A plugin's file is not usable.
    #[error(transparent)]
    Plugin(#[from] LoadError),
    /// A plugin failed where no item is to blame.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The sandbox does not start.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The evil kit is not there.
    #[error(transparent)]
    NoKit(#[from] NoKit),
    /// The lock file is unusable, or does not accept what would run.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The repository refused.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Personal data cannot be replaced: there is no key.
    #[error(transparent)]
    Privacy(#[from] crate::PrivacyError),
    /// Experts' verdicts cannot be read or kept.
    #[error(transparent)]
    Verdicts(#[from] crate::verdicts::VerdictsError),
    /// A data set could not be written.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A thread of the host itself died: a bug here, not in a plugin.
    #[error("a worker of the host stopped unexpectedly: {0}")]
    Worker(String),
}
