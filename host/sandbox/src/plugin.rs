//! A component with its grants: linked once, instantiated for every call.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rehearsal_model::ConversationId;
use wasmtime::component::{Component as Code, InstancePre, Linker};
use wasmtime::{PoolConcurrencyLimitError, Store, UpdateDeadline};

use crate::component::problem;
use crate::deadline::Deadline;
use crate::exports::Exports;
use crate::session::{DeadlinePassed, Session};
use crate::state::State;
use crate::{
    CallError, Component, Failure, Grants, Heard, Limits, LoadError, Output, SandboxError, host,
};

/// What the four kinds of plugins have in common.
pub(crate) struct Plugin<E: Exports> {
    id: String,
    component: Component,
    grants: Arc<Grants>,
    limits: Limits,
    /// Whether what is imported and not granted is linked and traps when it is called,
    /// instead of being refused here.
    lenient: bool,
    linked: Linked<E>,
    /// For when the pool is full.
    on_demand: OnceLock<Linked<E>>,
    /// Instances that go on to the next batch. There is no place for any, but
    /// [without](crate::Without) fresh ones.
    idle: Option<Mutex<Vec<Idle<E>>>>,
}

/// An instance that did a former batch.
type Idle<E> = (Store<State>, <E as Exports>::Guest);

/// Ready to be instantiated.
pub(crate) struct Linked<E> {
    pub(crate) component: InstancePre<State>,
    pub(crate) exports: E,
}

impl<E: Exports> Plugin<E> {
    /// Links the imports that were granted.
    pub(crate) fn prepare(
        id: &str,
        component: &Component,
        grants: Grants,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        check_world::<E>(component)?;
        if let Some(&interface) = component.needs().iter().find(|need| !grants.has(**need)) {
            return Err(LoadError::MissingGrant { plugin: id.to_owned(), interface });
        }
        Self::link(id, component, grants, limits, false)
    }

    /// Links everything; what was not granted traps when it is called.
    pub(crate) fn rehearse(
        id: &str,
        component: &Component,
        grants: Grants,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        check_world::<E>(component)?;
        Self::link(id, component, grants, limits, true)
    }

    fn link(
        id: &str,
        component: &Component,
        grants: Grants,
        limits: Limits,
        lenient: bool,
    ) -> Result<Self, LoadError> {
        let linked = linked(component.code(limits.memory)?, &grants, lenient).map_err(|error| {
            LoadError::Mismatch { file: component.file().to_owned(), problem: problem(&error) }
        })?;
        Ok(Self {
            id: id.to_owned(),
            component: component.clone(),
            grants: Arc::new(grants),
            limits,
            lenient,
            linked,
            on_demand: OnceLock::new(),
            idle: component.shared().engines.without.fresh.then(Mutex::default),
        })
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// An error of this plugin that is not about a running instance.
    pub(crate) fn error(&self, export: &'static str, failure: Failure) -> CallError {
        CallError {
            plugin: self.id.clone(),
            export,
            failure: Box::new(failure),
            output: Output::default(),
        }
    }

    /// Tells whoever listens.
    pub(crate) fn tell(&self, export: &'static str, output: &Output, failed: Option<&CallError>) {
        let Some(listener) = &self.component.shared().listener else { return };
        match failed {
            Some(error) => listener.tell(Heard::Failed(error)),
            None if output.is_empty() => {}
            None => listener.tell(Heard::Said { plugin: &self.id, export, output }),
        }
    }

    /// A fresh instance for one call of `export`, whose time runs from here.
    pub(crate) async fn start(
        &self,
        export: &'static str,
        batch: &[ConversationId],
    ) -> Result<Session<'_, E>, CallError> {
        if let Some((mut store, guest)) = self.idle() {
            store.data_mut().turn_to(batch.to_vec());
            return Ok(Session::resume(self, export, store, guest));
        }
        let until = Deadline::after(self.limits.deadline);
        match self.instantiate(&self.linked, export, batch, &until).await {
            Err(full) if full.is::<PoolConcurrencyLimitError>() => {
                let spare = self.spare().map_err(|e| self.error(export, Failure::Host(e)))?;
                self.instantiate(spare, export, batch, &until).await
            }
            done => done,
        }
        .map_err(|error| {
            let failure = Failure::instantiating(&error, &self.limits);
            self.error(export, failure)
        })
    }

    async fn instantiate(
        &self,
        linked: &Linked<E>,
        export: &'static str,
        batch: &[ConversationId],
        until: &Arc<Deadline>,
    ) -> wasmtime::Result<Session<'_, E>> {
        let until = Arc::clone(until);
        let state = State::new(self.limits, Arc::clone(&self.grants), batch.to_vec(), until);
        let mut store = Store::try_new(linked.component.engine(), state)?;
        store.set_hostcall_fuel(self.limits.transfer);
        let without = self.component.shared().engines.without;
        if !without.limiter {
            store.limiter(|state| &mut state.limiter);
        }
        if !without.epochs {
            store.set_epoch_deadline(1);
            store.epoch_deadline_callback(|context| {
                if context.data().until.has_passed() {
                    Err(DeadlinePassed.into())
                } else {
                    Ok(UpdateDeadline::Yield(1))
                }
            });
        }
        Session::open(self, export, store, linked).await
    }

    /// An instance that did a former batch.
    fn idle(&self) -> Option<Idle<E>> {
        self.idle.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// The end of an instance, unless it may go on.
    pub(crate) fn end(&self, store: Store<State>, guest: E::Guest) {
        if let Some(idle) = &self.idle {
            idle.lock().unwrap_or_else(PoisonError::into_inner).push((store, guest));
        }
    }

    /// Linked for the engine without a pool.
    fn spare(&self) -> Result<&Linked<E>, String> {
        if let Some(linked) = self.on_demand.get() {
            return Ok(linked);
        }
        let code = self.component.on_demand().map_err(|error: SandboxError| error.to_string())?;
        let linked = linked(code, &self.grants, self.lenient).map_err(|error| problem(&error))?;
        Ok(self.on_demand.get_or_init(|| linked))
    }
}

fn check_world<E: Exports>(component: &Component) -> Result<(), LoadError> {
    if component.world() == E::WORLD {
        return Ok(());
    }
    Err(LoadError::WrongWorld {
        file: component.file().to_owned(),
        found: component.world(),
        wanted: E::WORLD,
    })
}

/// Links what is granted and nothing else.
fn linked<E: Exports>(code: &Code, grants: &Grants, lenient: bool) -> wasmtime::Result<Linked<E>> {
    let mut linker = Linker::<State>::new(code.engine());
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    host::link(&mut linker, |capability| lenient || grants.has(capability))?;
    let component = linker.instantiate_pre(code)?;
    let exports = E::find(&component)?;
    Ok(Linked { component, exports })
}
