//! What can go wrong before a plugin is called.

use std::io;
use std::path::PathBuf;

use crate::{Capability, World};

/// The sandbox cannot be set up on this machine.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine will not start.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// The folder for compiled code cannot be used.
    #[error(
        "the folder for compiled plugins, {}, cannot be used: {error}; name another one, \
         or remove it", folder.display()
    )]
    Cache {
        /// As given.
        folder: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Why a file is no plugin that this host can run. `file` is the path, or the name
/// that the bytes were loaded under.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read the plugin {file}: {error}")]
    Read {
        /// Which file.
        file: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// It is something else.
    #[error("{file} is not WebAssembly; a plugin is a component, built for `wasm32-wasip2`")]
    NotWasm {
        /// Which file.
        file: String,
    },
    /// It is text.
    #[error("{file} is WebAssembly as text; convert it with `wasm-tools parse` first")]
    Text {
        /// Which file.
        file: String,
    },
    /// It was compiled to machine code already.
    #[error("{file} is compiled machine code, which cannot be checked; give the .wasm")]
    Native {
        /// Which file.
        file: String,
    },
    /// It is a core module.
    #[error(
        "{file} is a core WebAssembly module, not a component; build it for `wasm32-wasip2`, \
         or wrap it with `wasm-tools component new`"
    )]
    CoreModule {
        /// Which file.
        file: String,
    },
    /// It is broken, or uses WebAssembly features that are off.
    #[error("{file} is not a valid component: {problem}")]
    Invalid {
        /// Which file.
        file: String,
        /// Where and what.
        problem: String,
    },
    /// It exports none of the contract's worlds.
    #[error(
        "{file} is a component, but no plugin: it exports {}; a plugin exports one of \
         loader-api, extractor-api, path-builder-api and validator-api of rehearsal:plugin",
        listed(exports)
    )]
    NoWorld {
        /// Which file.
        file: String,
        /// What it exports.
        exports: Vec<String>,
    },
    /// It exports several of the contract's worlds.
    #[error("{file} is of the worlds `{first}` and `{second}` at once; make two plugins of it")]
    SeveralWorlds {
        /// Which file.
        file: String,
        /// One.
        first: World,
        /// Another.
        second: World,
    },
    /// It exports what the contract does not know.
    #[error("{file} exports `{export}`, which the contract does not know")]
    UnknownWorld {
        /// Which file.
        file: String,
        /// What it exports.
        export: String,
    },
    /// It speaks another version of the contract.
    #[error(
        "{file} is built for version {found} of the contract, and this host speaks {}; build \
         it against one of these, or update Rehearsal",
        listed(known)
    )]
    Version {
        /// Which file.
        file: String,
        /// Its version.
        found: String,
        /// This host's versions.
        known: Vec<String>,
    },
    /// It imports what does not exist here.
    #[error("{file} needs `{interface}`: {hint}")]
    UnknownImport {
        /// Which file.
        file: String,
        /// What it imports.
        interface: String,
        /// What to do instead.
        hint: String,
    },
    /// It is of another world than is wanted here.
    #[error("{file} is of the world `{found}`, and a plugin of `{wanted}` is needed here")]
    WrongWorld {
        /// Which file.
        file: String,
        /// Its world.
        found: World,
        /// What is needed.
        wanted: World,
    },
    /// It imports what was not granted.
    #[error("plugin `{plugin}` needs `{interface}`, which is not granted to it")]
    MissingGrant {
        /// The plugin's id.
        plugin: String,
        /// What it imports.
        interface: Capability,
    },
    /// Its imports or exports have other types than the contract's.
    #[error("{file} does not fit the contract: {problem}")]
    Mismatch {
        /// Which file.
        file: String,
        /// What does not fit.
        problem: String,
    },
    /// The engine cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
