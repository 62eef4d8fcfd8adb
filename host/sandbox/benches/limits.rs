//! What each limit costs: the same plugin on the same calls, straight through wasmtime,
//! with interruption by epochs, the memory limiter and fresh instances switched on one by
//! one and all together.
//!
//! The sandbox itself has no switch for its limits, so this goes past it: same engine,
//! same settings, the component model's untyped calls in every cell. `cargo bench -p
//! rehearsal-sandbox --bench limits --profile dev`; wants `target/plugins/conversation-metrics.wasm`.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use wasmtime::component::{Component, Func, InstancePre, Linker, ResourceTable, Val};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter, Store,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// Calls in a batch, as the pipeline's default.
const BATCH: usize = 64;
/// Every cell is measured in turn for this long altogether, so that a machine whose speed
/// drifts disturbs all alike.
const WINDOW: Duration = Duration::from_secs(20);
const API: &str = "rehearsal:plugin/extractor-api@0.1.0";

/// Which limits are on.
#[derive(Clone, Copy)]
struct Cell {
    name: &'static str,
    epochs: bool,
    limiter: bool,
    fresh: bool,
}

const CELLS: [Cell; 5] = [
    Cell { name: "none", epochs: false, limiter: false, fresh: false },
    Cell { name: "epochs", epochs: true, limiter: false, fresh: false },
    Cell { name: "limiter", epochs: false, limiter: true, fresh: false },
    Cell { name: "fresh instances", epochs: false, limiter: false, fresh: true },
    Cell { name: "all", epochs: true, limiter: true, fresh: true },
];

struct Host {
    table: ResourceTable,
    wasi: WasiCtx,
    limiter: Counting,
}

#[derive(Default)]
struct Counting {
    held: usize,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl ResourceLimiter for Counting {
    fn memory_growing(
        &mut self,
        now: usize,
        then: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.held += then - now;
        Ok(self.held <= 512 << 20)
    }
    fn table_growing(
        &mut self,
        now: usize,
        then: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.held += (then - now) * size_of::<usize>();
        Ok(self.held <= 512 << 20)
    }
}

/// A cell, ready to run.
struct Bench {
    cell: Cell,
    component: InstancePre<Host>,
    kept: Option<(Store<Host>, Func)>,
    times: Vec<f64>,
}

impl Bench {
    fn new(cell: Cell, bytes: &[u8]) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config
            .concurrency_support(false)
            .epoch_interruption(cell.epochs)
            .cranelift_nan_canonicalization(true)
            .wasm_memory64(false);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(4)
            .total_core_instances(32)
            .total_memories(8)
            .total_tables(16)
            .max_memory_size(512 << 20)
            .linear_memory_keep_resident(1 << 20);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        if cell.epochs {
            let ticking = engine.weak();
            std::thread::spawn(move || {
                while let Some(engine) = ticking.upgrade() {
                    engine.increment_epoch();
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
        }
        let component = Component::from_binary(&engine, bytes)?;
        let mut linker = Linker::<Host>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        linker.instance("rehearsal:plugin/types@0.1.0")?;
        linker
            .instance("rehearsal:plugin/config@0.1.0")?
            .func_wrap("get", |_, (): ()| Ok(("{}".to_owned(),)))?;
        let component = linker.instantiate_pre(&component)?;
        Ok(Self { cell, component, kept: None, times: Vec::new() })
    }

    fn instance(&self) -> wasmtime::Result<(Store<Host>, Func)> {
        let host = Host {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().build(),
            limiter: Counting::default(),
        };
        let mut store = Store::new(self.component.engine(), host);
        if self.cell.limiter {
            store.limiter(|host| &mut host.limiter);
        }
        if self.cell.epochs {
            store.set_epoch_deadline(1);
            store.epoch_deadline_callback(|_| Ok(wasmtime::UpdateDeadline::Continue(1)));
        }
        let instance = self.component.instantiate(&mut store)?;
        let api = instance.get_export_index(&mut store, None, API);
        let extract =
            api.and_then(|api| instance.get_export_index(&mut store, Some(&api), "extract"));
        let extract = extract.and_then(|index| instance.get_func(&mut store, index));
        Ok((store, extract.expect("an extractor extracts")))
    }

    fn run(&mut self, batch: &[Val]) -> wasmtime::Result<()> {
        let start = cpu_time();
        let (mut store, extract) = match self.kept.take() {
            Some(kept) => kept,
            None => self.instance()?,
        };
        let mut results = [Val::Bool(false)];
        extract.call(&mut store, batch, &mut results)?;
        black_box(&results);
        if self.cell.fresh {
            // Its end is part of its cost.
            drop(store);
        } else {
            self.kept = Some((store, extract));
        }
        self.times.push((cpu_time() - start).as_secs_f64() * 1e6);
        Ok(())
    }

    fn median(&mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times[self.times.len() / 2]
    }
}

fn main() -> wasmtime::Result<()> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(3).unwrap_or(Path::new("target"));
    let path = target.join("plugins/conversation-metrics.wasm");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("left out: {} is not built (`cargo xtask plugins`)", path.display());
        return Ok(());
    };
    let batch = [Val::List((0..BATCH).map(call).collect())];
    let mut benches =
        CELLS.into_iter().map(|cell| Bench::new(cell, &bytes)).collect::<Result<Vec<_>, _>>()?;
    for bench in &mut benches {
        bench.run(&batch)?;
        bench.times.clear();
    }
    let started = Instant::now();
    while started.elapsed() < WINDOW {
        for bench in &mut benches {
            bench.run(&batch)?;
        }
    }
    println!(
        "`conversation-metrics`, batches of {BATCH} calls of 20 turns; median CPU time of alternating runs\n"
    );
    println!("{:18} {:>12} {:>10}", "limits", "µs a call", "cost");
    let base = benches[0].median();
    for bench in &mut benches {
        let median = bench.median();
        let cost = (median / base - 1.0) * 100.0;
        println!("{:18} {:>12.1} {cost:>8.1} %", bench.cell.name, median / BATCH as f64);
    }
    Ok(())
}

/// CPU time of this thread, which other programs hardly disturb.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// A call of 20 turns and about 1.7 kB as the contract's record.
fn call(number: usize) -> Val {
    const SAID: [&str; 4] = [
        "Thanks for taking the time today. What made you look into this now, if you don't mind?",
        "Well, we lost two of our people in spring and the rest cannot keep up with the tickets.",
        "And when a ticket waits for three days, what does that do to the customer in the end?",
        "They call us, they get angry, and last quarter one of the larger ones simply left us.",
    ];
    let mut text = String::new();
    let mut turns = Vec::new();
    for turn in 0..20_usize {
        if turn > 0 {
            text.push('\n');
        }
        let start = text.len() as u32;
        text.push_str(SAID[(turn + number) % SAID.len()]);
        let span = record(vec![("start", Val::U32(start)), ("end", Val::U32(text.len() as u32))]);
        turns.push(record(vec![
            ("participant", Val::U32(turn as u32 % 2)),
            ("text", span),
            ("start-ms", none()),
            ("end-ms", none()),
            ("confidence", none()),
        ]));
    }
    let side = |role: &str| {
        record(vec![
            ("name", none()),
            ("role", Val::Enum(role.to_owned())),
            ("role-confidence", Val::Float32(1.0)),
            ("role-evidence", string("bench")),
            ("organisation", none()),
        ])
    };
    let mut fields = vec![
        ("id", string(&format!("{number:032x}"))),
        ("text", string(&text)),
        ("participants", Val::List(vec![side("seller"), side("prospect")])),
        ("turns", Val::List(turns)),
        ("words", Val::List(Vec::new())),
        ("timing", Val::Enum("none".to_owned())),
        ("duration-ms", none()),
        ("audio-channels", Val::U8(0)),
    ];
    let unknown = [
        "language",
        "title",
        "started-at",
        "account",
        "licence",
        "consent",
        "source-url",
        "position",
    ];
    fields.extend(unknown.map(|name| (name, none())));
    fields.push(("metadata", Val::List(Vec::new())));
    record(fields)
}

fn record(fields: Vec<(&str, Val)>) -> Val {
    Val::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn string(text: &str) -> Val {
    Val::String(text.to_owned())
}

const fn none() -> Val {
    Val::Option(None)
}
