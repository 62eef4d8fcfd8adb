//! Single plugins on the same batch again and again, in sandboxes that leave out one
//! limit, none or all.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rehearsal_model::{Conversation, ConversationId, Participant, Role};
use rehearsal_sandbox::{
    AudioSource, Extractor, Grants, Limits, Recording, Sandbox, Settings, Without,
};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use crate::{median, more};

/// Calls in a batch, as the pipeline's default.
const BATCH: usize = 64;
/// Time of a plugin, after a first round to warm up.
const WINDOW: Duration = Duration::from_secs(6);
const PLUGINS: [&str; 6] = [
    "conversation-metrics",
    "nepq",
    "objections",
    "active-listening",
    "sales-techniques",
    "tone-pacing",
];
/// What stands in each cell.
const CELLS: [(&str, Without); 5] = [
    ("none", Without::ALL),
    ("epochs", Without { epochs: false, ..Without::ALL }),
    ("limiter", Without { limiter: false, ..Without::ALL }),
    ("fresh", Without { fresh: false, ..Without::ALL }),
    ("all", Without { epochs: false, limiter: false, fresh: false }),
];

pub(crate) fn print() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sandboxes = CELLS.map(|(_, without)| {
        Sandbox::without(&Settings::default(), without).expect("the sandbox starts")
    });
    let calls: Vec<_> = (0..BATCH).map(call).collect();
    let batch: Vec<_> = calls.iter().map(|(id, call)| (*id, call)).collect();
    println!(
        "a plugin in a bare loop, batches of {BATCH} calls of 20 turns and {} bytes",
        calls[0].1.text.len()
    );
    print!("{:22} {:>9} {:>9}", "", "µs a call", "without");
    CELLS[1..].iter().for_each(|(name, _)| print!(" {name:>9}"));
    println!();
    for name in PLUGINS {
        let plugins = sandboxes.each_ref().map(|sandbox| prepare(sandbox, name));
        row(name, &measure(&runtime, &plugins, &batch));
    }
    println!();
}

fn row(name: &str, times: &[Vec<f64>]) {
    let (without, all) = (&times[0], &times[times.len() - 1]);
    print!("{name:22} {:>9.1} {:>9.1}", median(all.clone()), median(without.clone()));
    times[1..].iter().for_each(|with| print!(" {:>7.1} %", more(with, without)));
    println!();
}

fn prepare(sandbox: &Sandbox, name: &str) -> Extractor {
    let component = sandbox.load(&rehearsal_tests::plugin(name)).expect("it loads");
    let grants = Grants { audio: Some(Arc::new(NoAudio)), ..Grants::default() };
    Extractor::prepare(name, &component, grants, Limits::default()).expect("it links")
}

/// Microseconds a call, a list a cell, in rounds that go through all cells.
fn measure(
    runtime: &Runtime,
    plugins: &[Extractor],
    batch: &[(ConversationId, &Conversation)],
) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); plugins.len()];
    let started = Instant::now();
    while started.elapsed() < WINDOW || times[0].len() < 5 {
        for (plugin, times) in plugins.iter().zip(&mut times) {
            let start = cpu_time();
            black_box(runtime.block_on(plugin.extract(batch)).expect("it works"));
            times.push((cpu_time() - start).as_secs_f64() * 1e6 / batch.len() as f64);
        }
    }
    // The first round made the instances that go on.
    for times in &mut times {
        times.remove(0);
    }
    times
}

/// CPU time of this thread, which other programs hardly disturb.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn call(number: usize) -> (ConversationId, Conversation) {
    let side = |role| Participant { role, role_confidence: 1.0, ..Participant::default() };
    let mut call = Conversation {
        participants: vec![side(Role::Seller), side(Role::Prospect)],
        timing: rehearsal_model::Timing::Turns,
        ..Conversation::default()
    };
    let text = rehearsal_tests::varied_call(number, 20);
    let said = text.lines().filter_map(|line| line.split_once(": "));
    for (turn, (_, said)) in (0_u32..).zip(said) {
        call.push_turn(turn % 2, said, Some((turn * 6_000, turn * 6_000 + 5_500)));
    }
    (ConversationId::new("bench", &number.to_string(), ""), call)
}

struct NoAudio;

impl AudioSource for NoAudio {
    fn open(&self, _: ConversationId) -> Result<Option<Arc<dyn Recording>>, String> {
        Ok(None)
    }
}
