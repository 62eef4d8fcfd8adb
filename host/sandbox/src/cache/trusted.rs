//! The one place where compiled code is taken on trust.

use wasmtime::Engine;
use wasmtime::component::Component;

/// Makes a component of code that [`Component::serialize`] gave.
///
/// The caller has just got it from there, or has checked a keyed digest over it, whose
/// key only this user's processes can read (and those could as well replace the
/// program). That the code suits this engine (version, settings, processor features)
/// wasmtime checks itself.
#[expect(unsafe_code, reason = "running machine code that was made earlier cannot be checked")]
pub(super) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` is an unchanged result of `Component::serialize`, as said above.
    unsafe { Component::deserialize(engine, code) }
}
