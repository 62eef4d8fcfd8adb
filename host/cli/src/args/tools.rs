//! What editors, shells and `man` want of the program.

use std::path::PathBuf;

use clap::Subcommand;
use clap_complete::Shell;

#[derive(Debug, Subcommand)]
pub(crate) enum Tool {
    /// JSON Schema of pipeline.toml, for editors.
    ///
    /// An editor with a TOML language server completes and checks pipeline.toml by it:
    /// `rehearsal schema > pipeline.schema.json`, and as the first line of pipeline.toml
    /// `#:schema ./pipeline.schema.json`.
    Schema,
    /// Completions for a shell.
    ///
    /// For bash: `rehearsal completions bash > ~/.local/share/bash-completion/completions/rehearsal`.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// The manual page; with a folder, one for every command too.
    ///
    /// `rehearsal man | man -l -` shows it.
    Man {
        /// Where to write them.
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}
