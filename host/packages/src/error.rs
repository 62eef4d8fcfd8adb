//! Why a component could not be had or given.

use std::path::PathBuf;

/// What went wrong between here and there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text that names nothing.
    #[error(
        "`{text}` names no plugin: {problem}\n\
         a plugin is named by a file (./mine.wasm), an address (https://…/mine.wasm), a place \
         in a registry (oci://ghcr.io/acme/mine:1.2.0) or a package (acme:mine@1.2.0)"
    )]
    Reference {
        /// As it was given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of this machine.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is larger than anything that is taken.
    #[error("{reference} is larger than {} MiB, which is the most that is taken", limit >> 20)]
    TooLarge {
        /// What was asked for.
        reference: String,
        /// In bytes.
        limit: u64,
    },
    /// There is no such package or version.
    #[error("{reference} is not there{}", other(known))]
    Missing {
        /// What was asked for.
        reference: String,
        /// Versions that are there.
        known: Vec<String>,
    },
    /// The version is taken.
    #[error(
        "{reference} is published already, and what is published never changes: raise the \
         plugin's version"
    )]
    Taken {
        /// What was to be published.
        reference: String,
    },
    /// The server, or the way to it.
    #[error("cannot {action} {reference}: {problem}")]
    Network {
        /// `fetch` or `publish`.
        action: &'static str,
        /// What was asked for.
        reference: String,
        /// What the other side said.
        problem: String,
    },
}

fn other(known: &[String]) -> String {
    match known {
        [] => String::new(),
        known => format!("; there is {}", known.join(", ")),
    }
}
