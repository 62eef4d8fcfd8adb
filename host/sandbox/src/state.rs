//! What belongs to one instance: limits, output, and what it was granted.

use std::collections::BTreeMap;
use std::sync::Arc;

use rehearsal_model::{ConversationId, Digest};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::deadline::Deadline;
use crate::files::Listing;
use crate::host::fetch::Fetch;
use crate::limiter::Limiter;
use crate::output::{Log, Stdio};
use crate::{Grants, LimitExceeded, Limits, wasi};

pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    /// When the present call must have ended.
    pub(crate) until: Arc<Deadline>,
    pub(crate) grants: Arc<Grants>,
    /// Conversations of the present batch: others are none of the plugin's business.
    pub(crate) batch: Vec<ConversationId>,
    /// Whether this call starts a pass over a source.
    pub(crate) starts_pass: bool,
    /// Made at the first `files.list` of the call.
    pub(crate) listing: Option<Arc<Listing>>,
    /// Files opened so far with what was in them.
    pub(crate) read: BTreeMap<String, Digest>,
    pub(crate) log: Log,
    pub(crate) stdio: Stdio,
    pub(crate) fetch: Fetch,
    pub(crate) table: ResourceTable,
    /// Host resources of the contract (not of WASI) alive in `table`.
    handles: usize,
    wasi: WasiCtx,
}

impl State {
    pub(crate) fn new(
        limits: Limits,
        grants: Arc<Grants>,
        batch: Vec<ConversationId>,
        until: Arc<Deadline>,
    ) -> Self {
        let stdio = Stdio::new(limits.output);
        let wasi = wasi::context(&stdio, grants.seed);
        let mut table = ResourceTable::new();
        // WASI's own resources (streams, pollables) are counted here, too; those of the
        // contract fail earlier, with their own message.
        table.set_max_capacity(limits.handles.saturating_mul(2));
        let fetch =
            Fetch::new(grants.http.clone(), Arc::clone(&until), stdio.clone(), limits.memory);
        Self {
            limits,
            limiter: Limiter::new(&limits),
            until,
            grants,
            batch,
            starts_pass: false,
            listing: None,
            read: BTreeMap::new(),
            log: Log::default(),
            stdio,
            fetch,
            table,
            handles: 0,
            wasi,
        }
    }

    /// Forgets the former batch, where an instance goes on to another.
    pub(crate) fn turn_to(&mut self, batch: Vec<ConversationId>) {
        self.until.restart(self.limits.deadline);
        self.batch = batch;
        self.starts_pass = false;
        self.listing = None;
    }

    /// Gives the plugin a resource.
    pub(crate) fn hand_out<T: Send + 'static>(
        &mut self,
        resource: T,
    ) -> wasmtime::Result<wasmtime::component::Resource<T>> {
        LimitExceeded::check("handles", self.limits.handles, self.handles, 1)?;
        let resource = self.table.push(resource)?;
        self.handles += 1;
        Ok(resource)
    }

    /// Takes a resource back.
    pub(crate) fn take_back<T: 'static>(
        &mut self,
        resource: wasmtime::component::Resource<T>,
    ) -> wasmtime::Result<T> {
        let resource = self.table.delete(resource)?;
        self.handles = self.handles.saturating_sub(1);
        Ok(resource)
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
