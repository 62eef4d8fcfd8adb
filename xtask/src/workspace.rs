//! Where things are in the checkout and in its build folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folders of `plugins/` that hold one plugin a subfolder, by world.
const PLUGIN_KINDS: &[&str] = &["loaders", "extractors", "paths", "validators"];

/// The misbehaving plugins that test the sandbox, one a world: apart from the
/// others, in the sources and where they are built, so that nobody takes one for an
/// example or names it by accident.
const EVIL: &str = "evil";

/// The paths that tasks work with, all absolute.
pub(crate) struct Workspace {
    /// The checkout: the folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder for the host: `CARGO_TARGET_DIR` or `target/`.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this run of `cargo xtask` belongs to.
    pub(crate) fn discover() -> Result<Self> {
        // The variable that `cargo run` sets, not the one at compile time: a
        // target folder shared between checkouts must not mix them up.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root =
            manifest.parent().context("xtask's manifest has no parent folder")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            // Relative to where cargo was called, as cargo itself reads it.
            Some(folder) => env::current_dir()?.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Target folder of the guests' build, apart from the host's so that the
    /// two sets of flags (and sometimes two compilers) don't evict each other.
    pub(crate) fn guest_target(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// Where finished components lie, one `NAME.wasm` each.
    pub(crate) fn components(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// The built `rehearsal` binary.
    pub(crate) fn rehearsal(&self) -> PathBuf {
        self.target.join("debug").join("rehearsal")
    }

    /// Names of all plugins in the checkout (their folders' names), sorted.
    pub(crate) fn plugins(&self) -> Result<Vec<String>> {
        let plugins = self.root.join("plugins");
        let mut names = Vec::new();
        for kind in PLUGIN_KINDS {
            let folder = plugins.join(kind);
            if folder.is_dir() {
                collect_packages(&folder, &mut names)?;
            }
        }
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            bail!("two plugins are named `{}`: a name belongs to one folder", pair[0]);
        }
        Ok(names)
    }

    /// Names of the components of the evil kit (`evil-` and their folders' names), sorted.
    pub(crate) fn kit(&self) -> Result<Vec<String>> {
        let mut worlds = Vec::new();
        collect_packages(&self.root.join("plugins").join(EVIL), &mut worlds)?;
        worlds.sort();
        Ok(worlds.into_iter().map(|world| format!("{EVIL}-{world}")).collect())
    }

    /// Where the evil kit lies once it is built: not among the built-in plugins.
    pub(crate) fn kit_components(&self) -> PathBuf {
        self.components().join(EVIL)
    }
}

fn collect_packages(folder: &Path, names: &mut Vec<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if !path.join("Cargo.toml").is_file() {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{} is not UTF-8", path.display()))?;
        names.push(name.to_owned());
    }
    Ok(())
}
