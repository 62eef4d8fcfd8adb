//! The compiler for WebAssembly components (`wasm32-wasip2`), of two kinds.
//!
//! The usual one is a target of the rustup toolchain in use. Where rustup can
//! fetch nothing, Debian has a younger compiler with its library's sources:
//! cargo then builds the standard library too, and links with the linkers
//! that every rustup toolchain carries.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian::Packages;
use crate::command;

/// The compilation target of all plugins.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// Debian packages that bring the second kind of toolchain.
const PACKAGES: &[&str] = &["rustc-web", "rust-web-src", "wasi-libc"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/Cargo.lock";
const DEBIAN_WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

/// A compiler that can build components.
pub(crate) enum Toolchain {
    /// The toolchain in use has the target.
    Rustup,
    /// Debian's compiler, with linkers from the toolchain in use.
    Debian {
        /// The folder of the linkers.
        linkers: PathBuf,
    },
}

/// Finds or installs a toolchain.
pub(super) fn ensure(packages: &mut Packages) -> Result<()> {
    if let Some(toolchain) = Toolchain::find() {
        eprintln!("    {TARGET}: present ({})", toolchain.title());
        return Ok(());
    }
    if command::on_path("rustup") {
        eprintln!("    {TARGET}: missing, asking rustup for it");
        match rustup_target_add() {
            Ok(()) => return confirm("rustup"),
            Err(error) => eprintln!("    {error:#}; trying Debian's compiler instead"),
        }
    }
    packages.install(&format!("Rust target {TARGET}"), PACKAGES).with_context(|| {
        format!("rustup could not add it (`rustup target add {TARGET}` is the usual way)")
    })?;
    confirm("apt-get")
}

fn confirm(installer: &str) -> Result<()> {
    let Some(toolchain) = Toolchain::find() else {
        bail!(
            "{installer} installed a toolchain for {TARGET}, but it is not complete or too old \
             (Rust {} is needed); run `rustup target add {TARGET}` where rustup can download",
            env!("CARGO_PKG_RUST_VERSION")
        );
    };
    eprintln!("    {TARGET}: installed ({})", toolchain.title());
    Ok(())
}

/// Asks rustup for the target. A network that lets nothing through must cost
/// seconds, hence no retries and little patience with silence.
fn rustup_target_add() -> Result<()> {
    let mut rustup = command::program_in(Path::new("."), "rustup");
    rustup
        .args(["target", "add", TARGET])
        .env("RUSTUP_MAX_RETRIES", "0")
        .env("RUSTUP_DOWNLOAD_TIMEOUT", "15");
    command::run_quietly(&mut rustup)
}

impl Toolchain {
    /// The toolchain to use, if the machine has one.
    pub(crate) fn find() -> Option<Self> {
        if has_rustup_target() {
            return Some(Self::Rustup);
        }
        let sysroot = PathBuf::from(command::ask("rustc", &["--print", "sysroot"])?);
        let host = command::ask("rustc", &["--print", "host-tuple"])?;
        let linkers = sysroot.join("lib/rustlib").join(host).join("bin");
        let complete = [
            Path::new(DEBIAN_LIBRARY),
            &Path::new(DEBIAN_WASI_LIBC).join("libc.a"),
            &linkers.join("wasm-component-ld"),
            &linkers.join("gcc-ld/wasm-ld"),
        ]
        .iter()
        .all(|file| file.is_file());
        let young = command::ask(DEBIAN_RUSTC, &["--version"])
            .is_some_and(|version| is_at_least(&version, env!("CARGO_PKG_RUST_VERSION")));
        (complete && young).then_some(Self::Debian { linkers })
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian { .. } => "Debian's rustc-web",
        }
    }

    /// Makes `cargo` compile with this toolchain.
    pub(crate) fn configure(&self, cargo: &mut Command) -> Result<()> {
        let Self::Debian { linkers } = self else {
            return Ok(());
        };
        let mut path = vec![linkers.join("gcc-ld")];
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("PATH", env::join_paths(path)?)
            .env("RUSTC", DEBIAN_RUSTC)
            // Building the standard library is a nightly feature of cargo; the
            // compiler's own library needs it as well.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_WASIP2_LINKER", linkers.join("wasm-component-ld"));
        Ok(())
    }

    /// Compiler flags of this toolchain.
    pub(crate) fn flags(&self) -> Vec<OsString> {
        match self {
            Self::Rustup => Vec::new(),
            Self::Debian { .. } => vec![format!("-L{DEBIAN_WASI_LIBC}").into()],
        }
    }
}

fn has_rustup_target() -> bool {
    let libraries = command::ask("rustc", &["--print", "target-libdir", "--target", TARGET]);
    let Some(entries) = libraries.and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return false;
    };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Whether `rustc 1.96.0 (…)` is as young as `1.95`.
fn is_at_least(reported: &str, needed: &str) -> bool {
    let number = reported.split_whitespace().nth(1).unwrap_or_default();
    parts(number) >= parts(needed)
}

fn parts(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::is_at_least;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(is_at_least("rustc 1.96.0 (ac68faa20 2026-05-25)", "1.95"));
        assert!(is_at_least("rustc 1.100.0", "1.95"));
        assert!(!is_at_least("rustc 1.63.0-nightly", "1.95"));
        assert!(!is_at_least("", "1.95"));
    }
}
