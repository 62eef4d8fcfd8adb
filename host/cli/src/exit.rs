//! Exit codes: a script can tell what happened without reading.

use std::process::ExitCode;

use rehearsal_pipeline::PipelineError;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything went well.
    Done,
    /// The work could not be done.
    Failure,
    /// The command line or pipeline.toml is wrong.
    Usage,
    /// The work was done, and some items of it failed or wait for a server.
    FailedItems,
    /// Stopped on request, as shells report Ctrl-C.
    Stopped,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::FailedItems => 3,
            Exit::Stopped => 130,
        })
    }
}

/// The code of an error that ended the program.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    let of_config = error.downcast_ref::<rehearsal_config::Error>().is_some()
        || matches!(
            error.downcast_ref::<PipelineError>(),
            Some(PipelineError::Config(_) | PipelineError::Lock(_))
        )
        || error.downcast_ref::<WrongUsage>().is_some()
        || matches!(
            error.downcast_ref::<rehearsal_packages::Error>(),
            Some(rehearsal_packages::Error::Reference { .. })
        );
    if of_config { Exit::Usage } else { Exit::Failure }
}

/// An argument that names nothing.
#[derive(Debug)]
pub(crate) struct WrongUsage(pub(crate) String);

impl std::fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}
