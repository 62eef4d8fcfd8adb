//! What ends a training or a turn of the loop.

use std::io;
use std::path::{Path, PathBuf};

use rehearsal_classify::ClassifyError;
use rehearsal_dataset::DatasetError;
use rehearsal_repository::RepositoryError;

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum ImproveError {
    /// A file.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read`, `write`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The repository refused.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A data set cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Nothing can be learned from what there is.
    #[error("`{trainer}`: {source}")]
    Classify {
        /// The trainer's id.
        trainer: String,
        /// Why.
        source: ClassifyError,
    },
    /// There is no data set yet.
    #[error(
        "`{trainer}` learns from the data set `{dataset}`, which is not there: `rehearsal run` makes it"
    )]
    NoDataset {
        /// The trainer's id.
        trainer: String,
        /// The data set.
        dataset: String,
    },
    /// Rows are in a format that trainers here do not read.
    #[error(
        "the data set `{0}` has no JSON lines: add \"jsonl\" to `formats` of [dataset] and run again"
    )]
    NoJsonl(String),
    /// Nothing of the task.
    #[error("`{trainer}` found no row of the task `{task}` and no expert's label{}", there_are(.known))]
    NoRows {
        /// The trainer's id.
        trainer: String,
        /// What it looked for.
        task: String,
        /// Tasks that there are.
        known: Vec<String>,
    },
    /// A trainer wants to know what texts mean, and nobody can tell.
    #[error("`{trainer}` has to know what texts mean: {reason}")]
    NoEmbeddings {
        /// The trainer's id.
        trainer: String,
        /// Why not.
        reason: String,
    },
    /// No head finds what a task is about.
    #[error("`{trainer}`: no extractor's head finds `{task}`; there are heads for {}", .known.join(", "))]
    NoHead {
        /// The trainer's id.
        trainer: String,
        /// What it should learn.
        task: String,
        /// Tasks that have one.
        known: Vec<&'static str>,
    },
    /// A head cannot be tuned, read or written.
    #[error("`{trainer}`: {reason}")]
    Head {
        /// The trainer's id.
        trainer: String,
        /// Why.
        reason: String,
    },
    /// A command did not end well.
    #[error("the command of `{trainer}` {ending}; its log is {}{}", log.display(), tail(.last))]
    Command {
        /// The trainer's id.
        trainer: String,
        /// How it ended.
        ending: String,
        /// Everything it wrote.
        log: PathBuf,
        /// The last lines of it.
        last: String,
    },
    /// A command made nothing that counts as a result.
    #[error("the command of `{trainer}` ended well and left no file that `results` matches in {}", folder.display())]
    NoResults {
        /// The trainer's id.
        trainer: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The data set was written anew meanwhile.
    #[error("the data set `{0}` changed while it was learned from; train again")]
    Moved(String),
    /// The registry has no such model.
    #[error("{0}")]
    NoModel(String),
}

impl ImproveError {
    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn classify(trainer: &str) -> impl FnOnce(ClassifyError) -> Self {
        let trainer = trainer.to_owned();
        move |source| Self::Classify { trainer, source }
    }

    pub(crate) fn head(trainer: &str, reason: impl std::fmt::Display) -> Self {
        Self::Head { trainer: trainer.to_owned(), reason: reason.to_string() }
    }
}

fn there_are(tasks: &[String]) -> String {
    if tasks.is_empty() {
        return "; the path that makes labelled texts is `feedback`".to_owned();
    }
    format!("; there are {}", tasks.join(", "))
}

fn tail(last: &str) -> String {
    if last.is_empty() { String::new() } else { format!(" and ends with:\n{last}") }
}
