//! Counts what an instance holds: memory over all memories and tables together.

use wasmtime::ResourceLimiter;

use crate::{LimitExceeded, Limits};

/// Core instances in one component. Rust makes 4, Python 30.
const INSTANCES: usize = 100;
/// Memories in one component. One is usual, a few where components are composed.
const MEMORIES: usize = 16;
/// Tables in one component. One a core instance.
const TABLES: usize = INSTANCES;
/// Bytes of the host for one element of a table.
const TABLE_ELEMENT: usize = size_of::<usize>();

/// The limiter of one store.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: usize,
    held: usize,
    peak: usize,
}

impl Limiter {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self { limit: limits.memory, held: 0, peak: 0 }
    }

    /// Refusing would be allowed to fail silently (`memory.grow` gives -1, and what a
    /// plugin does then is its own affair), so going beyond the limit ends the call
    /// and says why.
    ///
    /// `fits` tells whether it is within the plugin's own maximum; beyond that the
    /// growth fails anyway and holds nothing.
    fn grow(&mut self, name: &'static str, more: usize, fits: bool) -> wasmtime::Result<bool> {
        LimitExceeded::check(name, self.limit, self.held, more)?;
        if fits {
            self.held += more;
            self.peak = self.peak.max(self.held);
        }
        Ok(fits)
    }
}

impl Limiter {
    /// Counts what the host holds for the plugin as the plugin's own.
    pub(crate) fn hold(&mut self, name: &'static str, bytes: usize) -> wasmtime::Result<()> {
        self.grow(name, bytes, true).map(drop)
    }

    /// The most that was held at a time, in bytes.
    pub(crate) const fn peak(&self) -> usize {
        self.peak
    }

    /// What was held is no longer.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = maximum.is_none_or(|maximum| desired <= maximum);
        self.grow("bytes of memory", desired.saturating_sub(current), fits)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = maximum.is_none_or(|maximum| desired <= maximum);
        let more = desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT);
        self.grow("bytes of tables and memory", more, fits)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}
