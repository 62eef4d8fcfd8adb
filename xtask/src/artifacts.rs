//! The folder of finished components, kept equal to what cargo built last.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies `built/LIB_NAME.wasm` of each plugin to `published/NAME.wasm`.
///
/// A file is written only if its bytes changed, so that nothing downstream
/// takes an untouched plugin for a new one. Components of plugins that no
/// longer exist are removed.
pub(crate) fn publish(built: &Path, published: &Path, plugins: &[String]) -> Result<()> {
    fs::create_dir_all(published)
        .with_context(|| format!("cannot create {}", published.display()))?;
    for plugin in plugins {
        let source = built.join(plugin.replace('-', "_")).with_extension("wasm");
        let bytes = fs::read(&source).with_context(|| {
            format!(
                "plugin `{plugin}` left no {}; its Cargo.toml wants \
                 `[lib] crate-type` with \"cdylib\" and a `name` with underscores for dashes",
                source.display()
            )
        })?;
        if write_if_changed(&published.join(plugin).with_extension("wasm"), &bytes)? {
            eprintln!("    {plugin}.wasm  {} kB", bytes.len().div_ceil(1000));
        }
    }
    remove_others(published, plugins)
}

/// Replaces `path` in one step, so that a running host never reads half a
/// component. Returns whether anything was written.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    let partial = path.with_extension("wasm.partial");
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

fn remove_others(published: &Path, plugins: &[String]) -> Result<()> {
    for entry in fs::read_dir(published)? {
        let path = entry?.path();
        let of_a_plugin = path
            .file_stem()
            .and_then(OsStr::to_str)
            .is_some_and(|stem| plugins.iter().any(|plugin| plugin == stem));
        if path.extension() == Some(OsStr::new("wasm")) && !of_a_plugin {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}
