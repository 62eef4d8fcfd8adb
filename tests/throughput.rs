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

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types::{Annotated, Conversation, Role};
use rehearsal_sdk::{Call, Extractor, PathBuilder, Subject, Validator};
use rehearsal_tests::{Project, varied_call};
use serde_json::{Value, json};

const WORKERS: usize = 2;
const TURNS: usize = 20;
/// Calls of one file.
const FILE: usize = 5_000;

const PIPELINE: &str = r#"
[pipeline]
name = "throughput"
workers = 2

[dataset]
split = { train = 0.8, validation = 0.1, test = 0.1 }

[[source]]
id = "calls"
plugin = "huggingface"
licence = "CC0-1.0"
grant.files = "data"
config = { id = "id", sellers = ["rep"], prospects = ["customer"] }

[[extractor]]
id = "nepq"
plugin = "nepq"

[[extractor]]
id = "sales-techniques"
plugin = "sales-techniques"

[[extractor]]
id = "objections"
plugin = "objections"

[[extractor]]
id = "active-listening"
plugin = "active-listening"

[[extractor]]
id = "conversation-metrics"
plugin = "conversation-metrics"

[[extractor]]
id = "tone-pacing"
plugin = "tone-pacing"
grant.audio = true

[[path]]
id = "roleplay"
plugin = "roleplay-partner"

[[path]]
id = "feedback"
plugin = "feedback"

[[validator]]
id = "conversation-quality"
plugin = "conversation-quality"

[[validator]]
id = "example-quality"
plugin = "example-quality"
"#;

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
    let repository = size(&corpus.project.path().join(".rehearsal/repository"));
    println!("  repository ÷ input: {:.2}", repository as f64 / corpus.bytes() as f64);
    whole.shares();
    println!(
        "  one more: {:.0} ms, of ten calls (the fixed cost) {:.0} ms; ratio {:.1}",
        one_more.took.wall.as_secs_f64() * 1e3,
        fixed.took.wall.as_secs_f64() * 1e3,
        ratio(one_more.took.wall, fixed.took.wall)
    );
}

/// A project with calls in it.
struct Corpus {
    project: Project,
}

/// What a run came to.
struct Ran {
    took: Took,
    /// Bytes resident at most.
    peak: u64,
    summary: Value,
}

#[derive(Clone, Copy)]
struct Took {
    wall: Duration,
    cpu: Duration,
}

impl Corpus {
    fn new(calls: usize) -> Self {
        let corpus = Self { project: Project::new(PIPELINE) };
        for first in (0..calls).step_by(FILE) {
            corpus.add(first, (first + FILE).min(calls));
        }
        corpus
    }

    /// Writes a file of calls, a row each.
    fn add(&self, from: usize, to: usize) {
        let mut rows = String::new();
        for number in from..to {
            let text = varied_call(number, TURNS);
            let said = text.lines().filter_map(|line| line.split_once(": "));
            let turns: Vec<Value> = said
                .map(|(who, said)| json!({ "role": who.to_lowercase(), "content": said }))
                .collect();
            let row = json!({ "id": number.to_string(), "messages": turns });
            writeln!(rows, "{row}").expect("a string takes it");
        }
        self.project.write(&format!("data/{from:07}.jsonl"), rows);
    }

    fn bytes(&self) -> u64 {
        size(&self.project.path().join("data"))
    }

    /// The built program's run, watched through /proc.
    fn run(&self) -> Ran {
        let started = Instant::now();
        let out = self.project.path().join("summary.json");
        let file = fs::File::create(&out).expect("a file");
        let mut command = self.project.command(&["run", "--json"]);
        let mut child = command.stdout(file).stderr(Stdio::inherit()).spawn().expect("it starts");
        let process = Path::new("/proc").join(child.id().to_string());
        let (mut cpu, mut peak) = (Duration::ZERO, 0);
        let status = loop {
            cpu = cpu_time(&process).unwrap_or(cpu);
            peak = resident(&process).unwrap_or(peak);
            match child.try_wait().expect("it can be asked") {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        assert!(status.success(), "the run failed: {status}");
        let summary: Value =
            serde_json::from_slice(&fs::read(&out).expect("a summary")).expect("JSON");
        let summary = summary["summary"].clone();
        Ran { took: Took { wall: started.elapsed(), cpu }, peak, summary }
    }
}

impl Ran {
    /// Where the time went.
    fn shares(&self) {
        let time = |name: &str| self.summary["time"][name].as_f64().expect("a number");
        let [plugins, store] = ["plugins", "store"].map(|name| time(name) / WORKERS as f64);
        let analysing = time("analysing");
        let whole = self.took.wall.as_secs_f64();
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
}

/// User and system time of a process so far; a tick is 10 ms on every Linux.
fn cpu_time(process: &Path) -> Option<Duration> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system) = (fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?);
    Some(Duration::from_millis((user + system) * 10)).filter(|time| !time.is_zero())
}

fn resident(process: &Path) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Bytes of all files of a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| match entry.metadata().expect("its size") {
            about if about.is_dir() => size(&entry.path()),
            about => about.len(),
        })
        .sum()
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
