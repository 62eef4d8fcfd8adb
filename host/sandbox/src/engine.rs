//! The engines: one that makes instances out of reserved address space, and one
//! beside it for what does not fit. Both run the same compiled code.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::{Pool, SandboxError, Without};

/// How often running plugins are interrupted to look at the clock and let others
/// run: a deadline is met within this much, and a call pays one check a loop for it.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Native stack of a plugin in bytes; deeper recursion is a trap. Twice wasmtime's
/// default: interpreters in a component recurse deeply.
const WASM_STACK: usize = 1024 * 1024;
/// Stack of the fibre it runs on: the plugin's and as much again for host calls on
/// top of it.
const FIBRE_STACK: usize = 2 * 1024 * 1024;

/// Core instances, tables and memories a pooled component takes on average. A Rust
/// component is 4 core instances (itself, the shims that `wasm-component-ld` puts
/// around it) with one memory and two tables; composed ones take more.
const CORE_INSTANCES: u32 = 8;
const TABLES: u32 = 4;
const MEMORIES: u32 = 2;
/// Elements of one pooled table. The table of a Rust plugin holds a few hundred
/// functions, that of an interpreter 10,000 to 20,000.
const TABLE_ELEMENTS: usize = 20_000;
/// Bytes left resident when a slot is given back: what was written is cleared by writing
/// zeros, which is faster than returning pages and faulting them in again. The heap of a
/// batch of 64 calls of 20 turns fits, but that of `feedback`, whose rows take some 10 MiB:
/// twice as much would spare a third of its page faults and double what rests.
const KEEP_RESIDENT: usize = 4 * 1024 * 1024;
/// Slots at rest that keep it: 64 MiB together, whatever the number of plugins.
const WARM: u32 = 16;

/// Both engines.
pub(crate) struct Engines {
    pooled: Option<Engine>,
    on_demand: OnceLock<Engine>,
    pool: Pool,
    pub(crate) without: Without,
}

impl Engines {
    /// With a pool if it is wanted and the operating system gives the address space.
    pub(crate) fn new(pool: Option<Pool>, without: Without) -> Result<Self, SandboxError> {
        let size = pool.unwrap_or_default();
        let pooled = pool.and_then(|pool| {
            let mut config = config(without);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling(pool)));
            Engine::new(&config).ok()
        });
        let engines = Self { pooled, on_demand: OnceLock::new(), pool: size, without };
        if let Some(pooled) = &engines.pooled {
            engines.tick(pooled)?;
        } else {
            engines.on_demand()?;
        }
        Ok(engines)
    }

    /// Whether there is a pool.
    pub(crate) const fn has_pool(&self) -> bool {
        self.pooled.is_some()
    }

    /// The engine to compile and to run with.
    pub(crate) fn main(&self) -> Result<&Engine, SandboxError> {
        self.pooled.as_ref().map_or_else(|| self.on_demand(), Ok)
    }

    /// The engine whose instances may hold `memory` bytes.
    pub(crate) fn holding(&self, memory: usize) -> Result<&Engine, SandboxError> {
        if memory <= self.pool.memory { self.main() } else { self.on_demand() }
    }

    /// The engine that gets memory from the operating system each time; made when it
    /// is first needed.
    pub(crate) fn on_demand(&self) -> Result<&Engine, SandboxError> {
        if let Some(engine) = self.on_demand.get() {
            return Ok(engine);
        }
        let engine = Engine::new(&config(self.without))
            .map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
        self.tick(&engine)?;
        // Another thread may have been first; its engine counts then.
        Ok(self.on_demand.get_or_init(|| engine))
    }

    /// Lets plugins see that time passes.
    fn tick(&self, engine: &Engine) -> Result<(), SandboxError> {
        if self.without.epochs { Ok(()) } else { tick(engine) }
    }
}

/// What both engines share. Everything that changes results or compiled code is here,
/// so that code compiled for one runs on the other.
fn config(without: Without) -> Config {
    let mut config = Config::new();
    config
        // Calls are synchronous functions over batches; half the cost of an empty
        // call was bookkeeping for concurrent ones.
        .concurrency_support(false)
        .epoch_interruption(!without.epochs)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBRE_STACK)
        // Only components that carry their source's lines pay for them.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        // The same bytes on every machine: one NaN, one answer of relaxed SIMD, and
        // no threads that could race.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // Components are built for 32 bits; with 4 GiB reserved for each memory the
        // code needs no bounds checks.
        .wasm_memory64(false);
    config
}

/// How much address space the pool takes: 32 instances with 2 memories of 4 GiB and
/// their guards are 0.3 TiB of the 128 TiB a process has, none of it used before it
/// is touched.
fn pooling(pool: Pool) -> PoolingAllocationConfig {
    let mut config = PoolingAllocationConfig::new();
    config
        .total_component_instances(pool.instances)
        .total_core_instances(pool.instances.saturating_mul(CORE_INSTANCES))
        .total_memories(pool.instances.saturating_mul(MEMORIES))
        .total_tables(pool.instances.saturating_mul(TABLES))
        .total_stacks(pool.instances)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(pool.memory)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .max_unused_warm_slots(WARM)
        // Asks the system which pages were written (Linux 6.7 and later), so that only
        // those are cleared, wherever they lie.
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(TABLE_ELEMENTS * size_of::<usize>());
    config
}

/// Interrupts whatever runs on `engine` every [`TICK`], as long as the engine lives.
fn tick(engine: &Engine) -> Result<(), SandboxError> {
    let engine: EngineWeak = engine.weak();
    thread::Builder::new()
        .name("sandbox-ticker".into())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map(drop)
        .map_err(|error| SandboxError::Engine(format!("cannot start its clock: {error}")))
}
