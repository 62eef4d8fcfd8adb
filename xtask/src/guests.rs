//! Compiles all plugins to components and puts them at `target/plugins/`.
//!
//! A component's digest is part of cache keys and lock files, so the same
//! sources and compiler must give the same bytes in any folder, for any user:
//! every path that could reach a panic message is replaced by a fixed one.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::artifacts;
use crate::command;
use crate::setup::wasm::{TARGET, Toolchain};
use crate::workspace::Workspace;

/// Cargo profile of the plugins, defined in the workspace's `Cargo.toml`.
const PROFILE: &str = "plugin";

/// Builds every plugin of the checkout in one cargo call, which decides itself
/// what is stale, and refreshes the components whose bytes changed.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let plugins = workspace.plugins()?;
    if plugins.is_empty() {
        bail!("no plugin found under {}/plugins", workspace.root.display());
    }
    let toolchain = Toolchain::find().context(
        "there is no toolchain for WebAssembly components; `cargo xtask setup` installs one",
    )?;
    let target = workspace.guest_target();

    // Sources must lie in cargo's home before their folder can be renamed.
    command::run(command::cargo(&workspace.root).args(["fetch", "--quiet"]))?;

    let mut cargo = command::cargo(&workspace.root);
    // A plugin's features are those that plugins ask for, not the host's: one that wants
    // C code there would not compile here.
    cargo.env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION");
    cargo
        .args(["build", "--profile", PROFILE, "--target", TARGET])
        .arg("--target-dir")
        .arg(&target);
    let kit = workspace.kit()?;
    for plugin in plugins.iter().chain(&kit) {
        cargo.args(["-p", &format!("plugin-{plugin}")]);
    }
    toolchain.configure(&mut cargo)?;
    let mut flags = remapped_paths(workspace)?;
    flags.extend(toolchain.flags());
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\x1f")));
    command::run(&mut cargo)?;

    let built = target.join(TARGET).join(PROFILE);
    artifacts::publish(&built, &workspace.components(), &plugins)?;
    artifacts::publish(&built, &workspace.kit_components(), &kit)
}

/// Compiler flags that replace this machine's paths by fixed ones. Where two
/// match, the compiler takes the later.
fn remapped_paths(workspace: &Workspace) -> Result<Vec<OsString>> {
    let mut flags =
        vec![remap(&workspace.root, "/rehearsal"), remap(&workspace.target, "/rehearsal/target")];
    // Cargo names each folder of `registry/src` after the registry's address,
    // which differs from mirror to mirror.
    let sources = cargo_home()?.join("registry").join("src");
    if let Ok(registries) = fs::read_dir(&sources) {
        let mut folders: Vec<PathBuf> =
            registries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        folders.sort();
        flags.extend(folders.iter().map(|folder| remap(folder, "/crates")));
    }
    // With the `rust-src` component installed the compiler may write its real
    // place instead of the one that it was built with.
    let sysroot = command::ask("rustc", &["--print", "sysroot"]).context("cannot run rustc")?;
    let version = command::ask("rustc", &["-vV"]).unwrap_or_default();
    let commit =
        version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    flags.push(remap(
        &PathBuf::from(sysroot).join("lib/rustlib/src/rust"),
        &format!("/rustc/{commit}"),
    ));
    Ok(flags)
}

fn remap(folder: &PathBuf, name: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(folder);
    flag.push("=");
    flag.push(name);
    flag
}

/// Cargo's home as cargo finds it itself.
fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(env::current_dir()?.join(home));
    }
    let home = env::home_dir().context("neither CARGO_HOME nor a home folder is known")?;
    Ok(home.join(".cargo"))
}
