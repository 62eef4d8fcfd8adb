//! C: bindings and the component around the module are made here, so that a machine
//! needs nothing but clang, its linker and wasi-libc.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::ComponentEncoder;

use super::{BuildError, io_error, tool};
use crate::Language;

/// The names that Debian and wasi-sdk give it, youngest first.
const CLANG: &[&str] =
    &["clang", "clang-22", "clang-21", "clang-20", "clang-19", "clang-16", "clang-15", "clang-14"];

pub(super) fn build(folder: &Path, component: &Path) -> Result<(), BuildError> {
    let out = folder.join("build");
    fs::create_dir_all(&out).map_err(|error| io_error(&out, error))?;
    bindings(folder, &out)?;
    let clang = clang()?;
    let module = out.join("module.wasm");
    let mut command = Command::new(&clang);
    command.current_dir(folder).args([
        "--target=wasm32-wasi",
        "-mexec-model=reactor",
        "-O2",
        "-Wall",
        // The generated code keeps declarations that this world has no use for.
        "-Wno-unused-function",
        "-I",
        "build",
        "plugin.c",
        "build/plugin.c",
        "build/plugin_component_type.o",
        "-o",
    ]);
    tool::run(command.arg(&module)).map_err(|error| hint(error, &clang))?;
    let module = fs::read(&module).map_err(|error| io_error(&module, error))?;
    let bytes = encode(&module)
        .map_err(|error| BuildError::Contract(format!("the module makes no component: {error}")))?;
    fs::write(component, bytes).map_err(|error| io_error(component, error))
}

/// `plugin.h` and what belongs to it, of the project's world.
fn bindings(folder: &Path, out: &Path) -> Result<(), BuildError> {
    let wrong = |error: String| BuildError::Contract(format!("wit/ cannot be used: {error}"));
    let (mut resolve, world) = world(&folder.join("wit")).map_err(wrong)?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)
        .map_err(|error| wrong(format!("{error:#}")))?;
    for (name, content) in files.iter() {
        let path = out.join(name);
        fs::write(&path, content).map_err(|error| io_error(&path, error))?;
    }
    Ok(())
}

fn world(wit: &Path) -> Result<(Resolve, WorldId), String> {
    let mut resolve = Resolve::default();
    let parse = |resolve: &mut Resolve| {
        let (package, _) = resolve.push_dir(wit)?;
        resolve.select_world(&[package], Some("plugin"))
    };
    let world = parse(&mut resolve).map_err(|error| format!("{error:#}"))?;
    Ok((resolve, world))
}

fn encode(module: &[u8]) -> Result<Vec<u8>, String> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| {
            encoder.adapter(
                WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
            )
        })
        .and_then(|encoder| encoder.encode())
        .map_err(|error| format!("{error:#}"))
}

fn clang() -> Result<PathBuf, BuildError> {
    let sdk = env::var_os("WASI_SDK_PATH").map(|sdk| Path::new(&sdk).join("bin"));
    tool::find(&sdk.into_iter().collect::<Vec<_>>(), CLANG).ok_or_else(missing)
}

fn missing() -> BuildError {
    BuildError::Missing {
        tool: "clang",
        language: Language::C,
        install: "apt-get install clang lld wasi-libc libclang-rt-dev-wasm32\nor set \
                  WASI_SDK_PATH to an unpacked wasi-sdk"
            .into(),
    }
}

/// A clang without its library for WebAssembly complains of files that nobody knows.
fn hint(error: BuildError, clang: &Path) -> BuildError {
    if Path::new("/usr/lib/wasm32-wasi/libc.a").is_file() || env::var_os("WASI_SDK_PATH").is_some()
    {
        return error;
    }
    eprintln!("{} has found no C library for WebAssembly", clang.display());
    missing()
}
