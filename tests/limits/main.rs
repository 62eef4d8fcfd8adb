//! What the limits of the sandbox cost: the interruption of plugins by epochs, the memory
//! limiter and a fresh instance a batch.
//!
//! `cargo bench --workspace --profile dev --bench limits -- 2000` prints both what is asked
//! about it: the share of a whole run (all built-in extractors, both paths, the validators,
//! the store, every format) of that many calls that are labelled by cues alone, and of a
//! fiftieth of them that are labelled by trained heads as well, which is what
//! `pipeline.toml` does; and the share of single plugins in a bare loop, limit by limit.
//! Runs and loops with limits alternate with those without them, and what counts is the
//! median of their ratios: a machine whose speed drifts disturbs both alike. Times are CPU
//! times. Only benchmarks can leave limits out.

mod loops;
mod runs;

use rehearsal_sandbox::Without;
use rehearsal_tests::corpus::Corpus;

/// As in the program, so that what the limits cost is a share of what a run costs there.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Calls of the whole run unless the command line says otherwise.
const CALLS: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, run, folder, limits] = arguments.as_slice()
        && run == runs::CHILD
    {
        let without = if limits == runs::LIMITED { Without::default() } else { Without::ALL };
        return runs::child(folder.as_ref(), without);
    }
    let calls = arguments.iter().filter_map(|argument| argument.parse().ok()).next();
    let calls = calls.unwrap_or(CALLS);
    loops::print();
    runs::print(&format!("{calls} calls, cues alone,"), &Corpus::new(calls));
    let calls = calls / 50;
    runs::print(&format!("{calls} calls, trained heads,"), &Corpus::learned(calls));
}

/// The median of what `with` costs more than `without`, pair by pair, in percent.
fn more(with: &[f64], without: &[f64]) -> f64 {
    let ratios = with.iter().zip(without).map(|(with, without)| with / without);
    (median(ratios.collect()) - 1.0) * 100.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
