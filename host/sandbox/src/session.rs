//! One call, or a few of one batch: a fresh instance, armed with its deadline, and what it leaves behind.

use std::mem::take;
use std::sync::Arc;

use rehearsal_model::Digest;
use wasmtime::component::ResourceTableError;
use wasmtime::{FrameInfo, FrameSymbol, Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::component::problem;
use crate::deadline::Deadline;
use crate::exports::Exports;
use crate::host::NotGranted;
use crate::lift::Lift;
use crate::plugin::{Linked, Plugin};
use crate::state::State;
use crate::{CallError, Failure, LimitExceeded, Limits, Output, clean};

/// The time of a call is over.
#[derive(Debug, thiserror::Error)]
#[error("the deadline has passed")]
pub(crate) struct DeadlinePassed;

/// What came of a call, and what the plugin wrote on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Called<T> {
    /// The result.
    pub value: T,
    /// What the plugin wrote.
    pub output: Output,
    /// Granted files that it opened, sorted by name: what the result depends on beside
    /// the input.
    pub files: Vec<FileRead>,
    /// Bytes of memory and tables that it held at most.
    pub memory: usize,
}

/// A file that a plugin opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// Relative to the grant, `/` between its parts.
    pub name: String,
    /// Of its content.
    pub fingerprint: Digest,
}

/// A function of an instance has other types than the contract's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongTypes(String);

/// An instance during its calls for one batch.
pub(crate) struct Session<'p, E: Exports> {
    plugin: &'p Plugin<E>,
    export: &'static str,
    pub(crate) store: Store<State>,
    pub(crate) guest: E::Guest,
    pub(crate) deadline: Arc<Deadline>,
}

impl<'p, E: Exports> Session<'p, E> {
    /// With an instance that did a former batch.
    pub(crate) fn resume(
        plugin: &'p Plugin<E>,
        export: &'static str,
        store: Store<State>,
        guest: E::Guest,
    ) -> Self {
        let deadline = Arc::clone(&store.data().until);
        Self { plugin, export, store, guest, deadline }
    }

    pub(crate) async fn open(
        plugin: &'p Plugin<E>,
        export: &'static str,
        mut store: Store<State>,
        linked: &Linked<E>,
    ) -> wasmtime::Result<Self> {
        let deadline = Arc::clone(&store.data().until);
        let instance = deadline.limit(linked.component.instantiate_async(&mut store)).await?;
        let guest = linked.exports.load(&mut store, &instance);
        let guest = guest.map_err(|error| WrongTypes(problem(&error)))?;
        Ok(Self { plugin, export, store, guest, deadline })
    }

    /// Ends the call: translates what the instance answered, while its resources are
    /// still there, and collects what it wrote.
    pub(crate) fn finish<A, T>(
        mut self,
        answer: wasmtime::Result<A>,
        translate: impl FnOnce(Lift<'_>, A, &mut State) -> Result<T, Failure>,
    ) -> Result<Called<T>, CallError> {
        let limits = self.plugin.limits();
        let value = match answer {
            Ok(answer) => translate(Lift(limits), answer, self.store.data_mut()),
            Err(error) => Err(Failure::calling(&error, limits)),
        };
        let state = self.store.data_mut();
        let memory = state.limiter.peak();
        let output = Output { stdio: state.stdio.finish(), log: take(&mut state.log).finish() };
        match value {
            Ok(value) => {
                let read = take(&mut state.read).into_iter();
                let files =
                    read.map(|(name, fingerprint)| FileRead { name, fingerprint }).collect();
                self.plugin.tell(self.export, &output, None);
                self.plugin.end(self.store, self.guest);
                Ok(Called { value, output, files, memory })
            }
            Err(failure) => {
                let error = CallError { output, ..self.plugin.error(self.export, failure) };
                self.plugin.tell(self.export, &error.output, Some(&error));
                Err(error)
            }
        }
    }
}

impl Failure {
    /// Of an instance that was called.
    fn calling(error: &wasmtime::Error, limits: &Limits) -> Self {
        Self::known(error, limits).unwrap_or_else(|| {
            // What is left comes from reading the result: a pointer outside the memory,
            // a string that is not UTF-8, a case that does not exist.
            Self::Contract(problem(error))
        })
    }

    /// Of an instance that could not be made.
    pub(crate) fn instantiating(error: &wasmtime::Error, limits: &Limits) -> Self {
        Self::known(error, limits).unwrap_or_else(|| Self::Host(problem(error)))
    }

    fn known(error: &wasmtime::Error, limits: &Limits) -> Option<Self> {
        let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
        if let Some(limit) = error.downcast_ref::<LimitExceeded>() {
            return Some(Self::Limit(limit.clone()));
        }
        if error.is::<DeadlinePassed>() {
            return Some(Self::Deadline { limit: limits.deadline, backtrace });
        }
        if let Some(NotGranted(what)) = error.downcast_ref() {
            return Some(Self::NotGranted(*what));
        }
        if let Some(WrongTypes(what)) = error.downcast_ref() {
            return Some(Self::Contract(what.clone()));
        }
        if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
            let limit = limits.handles.saturating_mul(2);
            return LimitExceeded::check("handles", limit, limit, 1).err().map(Self::Limit);
        }
        // The error's type is private to wasmtime.
        if format!("{error:#}").contains("fuel allocated for hostcalls has been exhausted") {
            let more = limits.transfer.saturating_add(1);
            return LimitExceeded::check("bytes handed to the host", limits.transfer, 0, more)
                .err()
                .map(Self::Limit);
        }
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            let message = format!("it exited with status {}", exit.0);
            return Some(Self::Trap { message, backtrace });
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Some(Self::Trap { message: trap.to_string(), backtrace });
        }
        // A host call that ended the plugin.
        (!backtrace.is_empty())
            .then(|| Self::Trap { message: error.root_cause().to_string(), backtrace })
    }
}

/// Frames kept of a backtrace.
const FRAMES: usize = 50;

fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    backtrace.frames().iter().flat_map(calls).take(FRAMES).collect()
}

/// The functions of a frame, innermost first: several where some were inlined. With
/// their places in the source where the component carries them.
fn calls(frame: &FrameInfo) -> Vec<String> {
    let symbols: Vec<String> = frame.symbols().iter().filter_map(call).collect();
    if symbols.is_empty() {
        let name = frame.func_name().map(demangled);
        return vec![name.unwrap_or_else(|| format!("function {}", frame.func_index()))];
    }
    symbols
}

fn call(symbol: &FrameSymbol) -> Option<String> {
    let name = demangled(symbol.name()?);
    let (Some(file), Some(line)) = (symbol.file(), symbol.line()) else { return Some(name) };
    Some(clean(&format!("{name} ({file}:{line})")))
}

fn demangled(name: &str) -> String {
    // `#` leaves out the hash that Rust puts behind its names.
    clean(&format!("{:#}", rustc_demangle::demangle(name)))
}
