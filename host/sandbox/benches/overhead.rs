//! What the sandbox costs: cost of a batch = per call + per row.
//!
//! *Per call* is an instance, the crossing, the clean-up; *per row* is copying a
//! conversation into the plugin and its annotations out. Both by least squares over
//! batch sizes, with instances from the pool and without. `cargo bench -p
//! rehearsal-sandbox`; plugins are taken from `target/plugins`, where `cargo xtask
//! plugins` puts them.

#[path = "../tests/it/guest.rs"]
mod guest;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use rehearsal_model::{Conversation, ConversationId, Participant, Role};
use rehearsal_sandbox::{Component, Extractor, Grants, Limits, Sandbox, Settings};
use tokio::runtime::{Builder, Runtime};

const BATCHES: [usize; 5] = [1, 8, 32, 64, 256];
/// A measurement takes this long, after as much again to warm up.
const WINDOW: Duration = Duration::from_millis(300);

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let calls: Vec<_> = (0..BATCHES[BATCHES.len() - 1]).map(call).collect();
    println!(
        "a conversation: {} turns, {} bytes of text; µs, median of a {WINDOW:?} window\n",
        calls[0].1.turns.len(),
        calls[0].1.text.len()
    );
    for (pool, how) in [(Settings::default().pool, "pooled"), (None, "on demand")] {
        let sandbox =
            Sandbox::new(&Settings { pool, ..Settings::default() }).expect("the sandbox starts");
        let empty = sandbox.load_bytes("empty", &guest::extractor(guest::EMPTY_ROWS));
        measure(&runtime, &empty.expect("a plugin"), &format!("crossing only, {how}"), &calls);
        let own = std::env::current_exe().expect("a benchmark knows where it is");
        let plugins = own.ancestors().nth(3).unwrap_or(Path::new("target")).join("plugins");
        for plugin in ["nepq", "tone-pacing"] {
            match sandbox.load(&plugins.join(plugin).with_extension("wasm")) {
                Ok(component) => {
                    measure(&runtime, &component, &format!("{plugin}, {how}"), &calls);
                }
                Err(error) => println!("{plugin} is left out: {error}\n"),
            }
        }
    }
}

fn measure(
    runtime: &Runtime,
    component: &Component,
    title: &str,
    calls: &[(ConversationId, Conversation)],
) {
    let grants = Grants { audio: Some(std::sync::Arc::new(NoAudio)), ..Grants::default() };
    let plugin = Extractor::prepare("bench", component, grants, Limits::default());
    let plugin = plugin.expect("it links");
    println!("{title}\n  {:>6}  {:>10}  {:>10}", "batch", "a call", "a row");
    let mut points = Vec::new();
    for size in BATCHES {
        let batch: Vec<_> = calls[..size].iter().map(|(id, call)| (*id, call)).collect();
        let run = || {
            black_box(runtime.block_on(plugin.extract(&batch)).expect("the call succeeds"));
        };
        let cost = median(run).as_secs_f64() * 1e6;
        println!("  {size:>6}  {cost:>10.1}  {:>10.2}", cost / size as f64);
        points.push((size as f64, cost));
    }
    let (per_call, per_row) = line(&points);
    println!("  cost = {per_call:.1} a call + {per_row:.2} a row\n");
}

/// Median time of one run, over a window of them after another to warm up.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times = Vec::new();
    for _ in 0..2 {
        times.clear();
        let window = Instant::now();
        while window.elapsed() < WINDOW || times.len() < 5 {
            let start = Instant::now();
            run();
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// Least squares, each point weighted by 1/y² so that small batches count as much as
/// large ones.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let sum =
        |term: fn(f64, f64) -> f64| points.iter().map(|&(x, y)| term(x, y) / (y * y)).sum::<f64>();
    let (n, sx, sy) = (sum(|_, _| 1.0), sum(|x, _| x), sum(|_, y| y));
    let (sxx, sxy) = (sum(|x, _| x * x), sum(|x, y| x * y));
    let slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    ((sy - slope * sx) / n, slope)
}

struct NoAudio;

impl rehearsal_sandbox::AudioSource for NoAudio {
    fn open(
        &self,
        _: ConversationId,
    ) -> Result<Option<std::sync::Arc<dyn rehearsal_sandbox::Recording>>, String> {
        Ok(None)
    }
}

/// A call of 20 turns and about 1.8 kB of text.
fn call(number: usize) -> (ConversationId, Conversation) {
    const SAID: [&str; 5] = [
        "Thanks for taking the time today. What made you look into this now, if you don't mind?",
        "Well, we lost two of our people in spring and the rest cannot keep up with the tickets.",
        "And when a ticket waits for three days, what does that do to the customer in the end?",
        "They call us, they get angry, and last quarter one of the larger ones simply left us.",
        "So if that went on for another year, where would that leave you and your team, you think?",
    ];
    let side = |role| Participant { role, role_confidence: 1.0, ..Participant::default() };
    let mut call = Conversation {
        participants: vec![side(Role::Seller), side(Role::Prospect)],
        ..Conversation::default()
    };
    for turn in 0..20_u32 {
        let said = SAID[(turn as usize + number) % SAID.len()];
        call.push_turn(turn % 2, said, Some((turn * 6_000, turn * 6_000 + 5_500)));
    }
    (ConversationId::new("bench", &number.to_string(), ""), call)
}
