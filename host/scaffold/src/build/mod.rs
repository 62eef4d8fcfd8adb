//! From a project to a component, by the usual tool of its language.

mod c;
mod javascript;
mod python;
mod rust;
mod tool;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Language;

/// A component that was built.
#[derive(Debug)]
pub struct Built {
    /// The project's language.
    pub language: Language,
    /// `NAME.wasm` in the project's folder.
    pub component: PathBuf,
}

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// It is no project.
    #[error(
        "{} is no plugin's project: none of Cargo.toml, app.py, package.json and plugin.c is \
         there; `rehearsal plugin new` makes one", .0.display()
    )]
    NoProject(PathBuf),
    /// A tool is not on this machine.
    #[error("{tool} is missing, which builds plugins in {language}; install it with\n  {install}")]
    Missing {
        /// The tool.
        tool: &'static str,
        /// Of which language.
        language: Language,
        /// The commands that bring it.
        install: String,
    },
    /// A tool failed and has said why.
    #[error("{tool} failed ({status}); what it says is above")]
    Failed {
        /// The tool.
        tool: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The contract in `wit/` cannot be used, or the code does not fit it.
    #[error("{0}")]
    Contract(String),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Builds the project in `folder`.
///
/// # Errors
/// If it is no project, a tool is missing, or the tool fails, which then has said why.
pub fn build(folder: &Path) -> Result<Built, BuildError> {
    let folder = fs::canonicalize(folder).map_err(|error| io_error(folder, error))?;
    let language = Language::of(&folder).ok_or_else(|| BuildError::NoProject(folder.clone()))?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let component = folder.join(format!("{name}.wasm"));
    match language {
        Language::Rust => rust::build(&folder, &component),
        Language::Python => python::build(&folder, &component),
        Language::JavaScript => javascript::build(&folder, &component),
        Language::C => c::build(&folder, &component),
    }?;
    Ok(Built { language, component })
}

fn io_error(path: &Path, error: io::Error) -> BuildError {
    BuildError::Io { path: path.to_owned(), error }
}
