//! A corpus of text calls from nothing to data sets, through all built-in extractors, both
//! paths and the validators, in every format; then one call more.
//!
//! `cargo bench --workspace --profile dev --bench throughput -- 10000` makes that many
//! calls of 20 turns and prints calls a second, peak memory, the repository's size and
//! where the time went, beside two yardsticks: the same plugin code compiled natively, in
//! a plain loop over the same calls in memory on as many threads; and a tenth of the
//! corpus, which shows whether memory or time a call grow with it. What one more call
//! costs is compared with one more of ten calls, the fixed cost of starting up. Times are
//! CPU times as well as wall-clock times, since other programs disturb only the latter.

use std::hint::black_box;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types::{Annotated, Conversation, Role};
use rehearsal_sdk::{Call, Extractor, PathBuilder, Subject, Validator};
use rehearsal_tests::corpus::{Corpus, Ran, TURNS, Took, WORKERS, cpu_time};
use rehearsal_tests::varied_call;

fn main() {
    let wanted = std::env::args().filter_map(|argument| argument.parse().ok()).next();
    let calls = wanted.unwrap_or(10_000_usize);
    let start = Corpus::new(10);
    let _ = start.run();
    start.add(10, 11);
    let fixed = start.run();
    drop(start);
    let tenth = Corpus::new(calls / 10).run();
    let corpus = Corpus::new(calls);
    let whole = corpus.run();
    corpus.add(calls, calls + 1);
    let one_more = corpus.run();
    let native = natively(calls);

    println!("{calls} calls of {TURNS} turns, {WORKERS} workers, {} MiB", corpus.bytes() >> 20);
    let row = |what: &str, took: Took, calls: usize| {
        let each = |time: Duration| calls as f64 / time.as_secs_f64();
        println!(
            "  {what:<22} {:>7.1} s wall {:>7.1} s CPU {:>7.0} calls/s {:>7.0} calls/s of CPU",
            took.wall.as_secs_f64(),
            took.cpu.as_secs_f64(),
            each(took.wall),
            each(took.cpu),
        );
    };
    row("all", whole.took, calls);
    row("a tenth of them", tenth.took, calls / 10);
    row("plugins alone, native", native, calls);
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "  over native: {:.1} by CPU time, {:.1} by wall-clock time",
        ratio(whole.took.cpu, native.cpu),
        ratio(whole.took.wall, native.wall)
    );
    println!(
        "  peak memory: {} MiB; of a tenth of the calls: {} MiB",
        whole.peak >> 20,
        tenth.peak >> 20
    );
    let repository = corpus.repository() as f64 / corpus.bytes() as f64;
    println!("  repository ÷ input: {repository:.2}");
    shares(&whole);
    println!(
        "  one more: {:.0} ms, of ten calls (the fixed cost) {:.0} ms; ratio {:.1}",
        one_more.took.wall.as_secs_f64() * 1e3,
        fixed.took.wall.as_secs_f64() * 1e3,
        ratio(one_more.took.wall, fixed.took.wall)
    );
}

/// Where a run's time went.
fn shares(ran: &Ran) {
    let time = |name: &str| ran.summary["time"][name].as_f64().expect("a number");
    let [plugins, store] = ["plugins", "store"].map(|name| time(name) / WORKERS as f64);
    let analysing = time("analysing");
    let whole = ran.took.wall.as_secs_f64();
    let share = |seconds: f64| seconds / whole * 100.0;
    println!(
        "  time: loading {:.0} %, plugins {:.0} %, store {:.0} %, keys and the rest of \
             analysing {:.0} %, writers {:.0} %",
        share(time("loading")),
        share(plugins),
        share(store),
        share(analysing - plugins - store),
        share(time("writing"))
    );
}

/// The same plugin code in a plain loop over calls in memory.
fn natively(calls: usize) -> Took {
    // Few enough at a time that a corpus of any size fits into memory.
    const AT_ONCE: usize = 2_000;
    let own = Path::new("/proc/self");
    let mut took = Took { wall: Duration::ZERO, cpu: Duration::ZERO };
    for first in (0..calls).step_by(AT_ONCE) {
        let part: Vec<Conversation> =
            (first..(first + AT_ONCE).min(calls)).map(native_call).collect();
        let cpu = cpu_time(own).unwrap_or_default();
        let started = Instant::now();
        thread::scope(|scope| {
            for share in part.chunks(part.len().div_ceil(WORKERS)) {
                scope.spawn(|| {
                    share.chunks(64).map(work).for_each(|rows| {
                        black_box(rows);
                    })
                });
            }
        });
        took.wall += started.elapsed();
        took.cpu += cpu_time(own).unwrap_or_default() - cpu;
    }
    took
}

/// All plugins on a batch; the number of examples.
fn work(batch: &[Conversation]) -> usize {
    let mut annotated: Vec<Annotated> = batch
        .iter()
        .map(|call| Annotated { conversation: call.clone(), annotations: Vec::new() })
        .collect();
    extract::<nepq::Nepq>(&mut annotated);
    extract::<sales_techniques::SalesTechniques>(&mut annotated);
    extract::<objections::Objections>(&mut annotated);
    extract::<active_listening::ActiveListening>(&mut annotated);
    extract::<conversation_metrics::ConversationMetrics>(&mut annotated);
    extract::<tone_pacing::TonePacing>(&mut annotated);
    let mut subjects = build::<roleplay_partner::RoleplayPartner>(&annotated);
    subjects.extend(build::<feedback::Feedback>(&annotated));
    inspect::<example_quality::ExampleQuality>(&subjects);
    let calls: Vec<Subject> = annotated.into_iter().map(Subject::Conversation).collect();
    inspect::<conversation_quality::ConversationQuality>(&calls);
    subjects.len()
}

fn extract<P: Extractor<Config: Default>>(batch: &mut [Annotated]) {
    let plugin = P::new(P::Config::default()).expect("it starts");
    for call in batch {
        let found = plugin.extract(&Call::new(&call.conversation)).expect("it works");
        call.annotations.extend(found);
    }
}

fn build<P: PathBuilder<Config: Default>>(batch: &[Annotated]) -> Vec<Subject> {
    let plugin = P::new(P::Config::default()).expect("it starts");
    let build = |call: &Annotated| {
        plugin.build(&Call::new(&call.conversation), &call.annotations).expect("it works")
    };
    batch.iter().flat_map(build).map(Subject::Example).collect()
}

fn inspect<P: Validator<Config: Default>>(subjects: &[Subject]) {
    let plugin = P::new(P::Config::default()).expect("it starts");
    black_box(plugin.inspect(subjects).expect("it works"));
}

fn native_call(number: usize) -> Conversation {
    let text = varied_call(number, TURNS);
    let said: Vec<(Role, &str)> = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(who, said)| (if who == "Rep" { Role::Seller } else { Role::Prospect }, said))
        .collect();
    CallBuilder::dialogue(&said).build()
}
