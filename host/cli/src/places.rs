//! Where things are on this machine.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use rehearsal_sandbox::{Heard, Listener, Sandbox, Settings};

/// Folder of the built-in plugins: as given, beside the program (an installation), or
/// `target/plugins` (a checkout).
pub(crate) fn plugins(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    let beside = program.ancestors().skip(1).take(3).map(|folder| folder.join("plugins"));
    beside.into_iter().find(|folder| folder.is_dir()).with_context(|| {
        format!(
            "no folder `plugins` beside {}; build the plugins with `cargo xtask plugins`, or \
             name their folder with --plugins",
            program.display()
        )
    })
}

/// Folder for what can be made again: compiled plugins.
pub(crate) fn cache() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    Some(base.join("rehearsal").join("compiled"))
}

/// Whether people want to see all that plugins write: one answer a process.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// From here on, all that plugins write is shown.
pub(crate) fn show_plugins() {
    VERBOSE.store(true, Ordering::Relaxed);
}

fn tell(heard: Heard<'_>) {
    match heard {
        Heard::Said { plugin, export, output } => {
            eprintln!("plugin `{plugin}` in `{export}`{output:#}");
        }
        Heard::Failed(error) => eprintln!("{error:#}"),
    }
}

/// The sandbox, with compiled code kept between runs where there is a place for it.
pub(crate) fn sandbox() -> Result<Sandbox> {
    let listener = VERBOSE.load(Ordering::Relaxed).then(|| Listener::new(tell));
    let settings = Settings { cache: cache(), listener, ..Settings::default() };
    match Sandbox::new(&settings) {
        Ok(sandbox) => Ok(sandbox),
        // A read-only home costs time, not the run.
        Err(rehearsal_sandbox::SandboxError::Cache { .. }) => {
            Ok(Sandbox::new(&Settings { cache: None, ..settings })?)
        }
        Err(error) => Err(error.into()),
    }
}
