//! The imports of the contract, as the host provides them.

pub(crate) mod audio;
pub(crate) mod blobs;
pub(crate) mod fetch;
mod files;
mod http;
mod plain;
mod semantics;

use tokio::task::spawn_blocking;
use wasmtime::component::{HasSelf, Linker};

use crate::Capability;
use crate::bindings::rehearsal::plugin;
use crate::state::State;

/// A plugin that was linked leniently reached for what it was not granted.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not granted")]
pub(crate) struct NotGranted(pub(crate) Capability);

type Own = HasSelf<State>;

/// Links what every plugin has, and what this one was granted.
pub(crate) fn link(
    linker: &mut Linker<State>,
    wanted: impl Fn(Capability) -> bool,
) -> wasmtime::Result<()> {
    plugin::types::add_to_linker::<_, Own>(linker, |state| state)?;
    plugin::examples::add_to_linker::<_, Own>(linker, |state| state)?;
    plugin::blobs::add_to_linker::<_, Own>(linker, |state| state)?;
    plugin::log::add_to_linker::<_, Own>(linker, |state| state)?;
    plugin::config::add_to_linker::<_, Own>(linker, |state| state)?;
    plugin::semantics::add_to_linker::<_, Own>(linker, |state| state)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    if wanted(Capability::Files) {
        plugin::files::add_to_linker::<_, Own>(linker, |state| state)?;
    }
    if wanted(Capability::Audio) {
        plugin::audio::add_to_linker::<_, Own>(linker, |state| state)?;
    }
    if wanted(Capability::Http) {
        plugin::http::add_to_linker::<_, Own>(linker, |state| state)?;
    }
    Ok(())
}

/// Runs what may block (disks, decoders) off the asynchronous threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> wasmtime::Result<T> {
    spawn_blocking(work).await.map_err(|error| wasmtime::format_err!("a host call failed: {error}"))
}
