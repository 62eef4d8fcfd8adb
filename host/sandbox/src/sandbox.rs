//! The sandbox itself: engines and compiled code.

use std::path::Path;
use std::sync::Arc;

use rehearsal_model::Digest;
use wasmtime::component::Component as Code;

use crate::cache::CodeCache;
use crate::engine::Engines;
use crate::{Component, Listener, LoadError, SandboxError, Settings, Without};

/// Runs plugins. One a process; cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

/// What all components of a sandbox share.
pub(crate) struct Shared {
    pub(crate) engines: Engines,
    cache: Option<CodeCache>,
    pub(crate) listener: Option<Listener>,
}

impl Sandbox {
    /// Reserves address space, starts the clock that interrupts plugins, opens the
    /// folder for compiled code.
    ///
    /// # Errors
    /// If the engine does not start here or the folder cannot be used. A pool that
    /// cannot be reserved is no error: instances are made without it.
    pub fn new(settings: &Settings) -> Result<Self, SandboxError> {
        Self::without(settings, Without::default())
    }

    /// A sandbox with holes, which benchmarks hold the whole one against. The program never
    /// asks for it; a test sees to that.
    ///
    /// # Errors
    /// As [`Sandbox::new`].
    #[doc(hidden)]
    pub fn without(settings: &Settings, without: Without) -> Result<Self, SandboxError> {
        let cache = settings.cache.as_deref().map(CodeCache::open).transpose()?;
        let engines = Engines::new(settings.pool, without)?;
        let listener = settings.listener.clone();
        Ok(Self(Arc::new(Shared { engines, cache, listener })))
    }

    /// Whether instances come out of reserved address space.
    #[must_use]
    pub fn has_pool(&self) -> bool {
        self.0.engines.has_pool()
    }

    /// Reads a plugin and compiles it, or takes the compiled code of an earlier time.
    /// Compiling takes 50 ms for a small plugin and seconds for an interpreter, so not
    /// on an asynchronous thread.
    ///
    /// # Errors
    /// If the file is no plugin that this host can run.
    pub fn load(&self, path: &Path) -> Result<Component, LoadError> {
        Component::load(&self.0, path)
    }

    /// As [`Sandbox::load`], of bytes that are in memory already; `name` stands for
    /// the file in messages.
    ///
    /// # Errors
    /// If they are no plugin that this host can run.
    pub fn load_bytes(&self, name: &str, bytes: &[u8]) -> Result<Component, LoadError> {
        Component::compile(&self.0, name.to_owned(), bytes)
    }
}

impl Shared {
    /// The code, and whether it had to be compiled.
    pub(crate) fn compiled(&self, digest: &Digest, bytes: &[u8]) -> wasmtime::Result<(Code, bool)> {
        let engine = self.engines.main()?;
        if let Some(code) = self.cache.as_ref().and_then(|cache| cache.get(engine, digest)) {
            return Ok((code, false));
        }
        let code = Code::from_binary(engine, bytes)?;
        if let Some(cache) = &self.cache {
            cache.put(engine, digest, &code);
        }
        Ok((code, true))
    }
}
