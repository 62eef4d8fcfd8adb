//! The one place where compiled code is taken on trust.

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

/// Makes a component of code that [`Component::serialize`] has just given. That it suits
/// this engine (version, settings, processor features) wasmtime checks itself.
#[expect(unsafe_code, reason = "running machine code that was made earlier cannot be checked")]
pub(super) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` is an unchanged result of `Component::serialize`, as said above.
    unsafe { Component::deserialize(engine, code) }
}

/// As [`deserialize`], of a file that is mapped into memory.
///
/// The caller has checked a keyed digest over it, whose key only this user's processes can
/// read; nobody else can replace the file, and they could as well replace the program.
#[expect(unsafe_code, reason = "running machine code that was made earlier cannot be checked")]
pub(super) fn map(engine: &Engine, file: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file holds an unchanged result of `Component::serialize` (and the digest
    // behind it), as said above. This program never writes into it again: it renames another
    // one over it.
    unsafe { Component::deserialize_file(engine, file) }
}
