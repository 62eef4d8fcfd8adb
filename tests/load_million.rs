//! A million conversations through the load stage: the built `huggingface` component,
//! the pipeline's own loading, a repository on disk. The question is whether memory
//! grows with them.
//!
//! `cargo bench --workspace --profile dev --bench load_million` runs it with 100,000;
//! `REHEARSAL_BENCH_CALLS=1000000` before it for the whole. Each form runs in a process
//! of its own, so that its peak of resident memory is its own.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rehearsal_config::Config;
use rehearsal_gate::{Gate, Mode, Settings as GateSettings};
use rehearsal_pipeline::{CallAudio, CallSemantics, FileDigests, Silent, Surroundings};
use rehearsal_repository::Repository;
use rehearsal_sandbox::{Fingerprints, Sandbox, Settings};

/// The allocator of the program.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Tells a process of this program which form it is to load, and where.
const FORM: &str = "REHEARSAL_BENCH_FORM";
const CALLS: &str = "REHEARSAL_BENCH_CALLS";

fn main() {
    let calls = std::env::var(CALLS).ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    if let Some(folder) = std::env::var_os(FORM) {
        return load(Path::new(&folder), calls);
    }
    println!("{calls} conversations of 6 turns through the load stage\n");
    println!(
        "  {:>8}  {:>9}  {:>8}  {:>9}  {:>10}",
        "form", "input", "calls/s", "peak RSS", "repository"
    );
    for form in ["jsonl", "parquet"] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("data")).expect("a folder");
        let input = folder.path().join(format!("data/train.{form}"));
        match form {
            "jsonl" => write_lines(&input, calls),
            _ => write_parquet(&input, calls),
        }
        let program = std::env::current_exe().expect("this program");
        let status = Command::new(program)
            .env(FORM, folder.path())
            .env(CALLS, calls.to_string())
            .status()
            .expect("it starts");
        assert!(status.success(), "{form} failed");
    }
}

/// Loads what lies in a folder and prints a line of the table.
fn load(folder: &Path, calls: usize) {
    let pipeline = folder.join("pipeline.toml");
    let text = "[pipeline]\nname = \"bench\"\n[[source]]\nid = \"data\"\nplugin = \"huggingface\"\ngrant.files = \"data\"\n";
    fs::write(&pipeline, text).expect("a pipeline");
    let config = Config::load(&pipeline).expect("it is right");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let sandbox = Sandbox::new(&Settings::default()).expect("the sandbox starts");
    let plugin = rehearsal_tests::plugin("huggingface");
    let surroundings = Surroundings {
        sandbox: &sandbox,
        plugins: plugin.parent().expect("the folder of plugins"),
        semantics: Arc::new(CallSemantics::locate(&config.pipeline.semantics)),
        audio: Arc::new(CallAudio::default()),
        fingerprints: Arc::new(Fingerprints::with_store(Arc::new(FileDigests::default()))),
        gate: Gate::new(GateSettings { budgets: None, mode: Mode::Live, lookup: None })
            .expect("a gate"),
        heads: Vec::new(),
    };
    let plan = runtime.block_on(rehearsal_pipeline::resolve(&config, &surroundings));
    let plan = Arc::new(plan.expect("it resolves"));
    let repository = Arc::new(Repository::open(plan.repository()).expect("a repository"));
    let started = Instant::now();
    let work = rehearsal_pipeline::load(
        plan,
        Arc::clone(&repository),
        Arc::new(Silent),
        Arc::new(AtomicBool::new(false)),
    );
    let summary = runtime.block_on(work).expect("it loads");
    let seconds = started.elapsed().as_secs_f64();
    let source = &summary.sources["data"];
    assert_eq!((source.items, source.loaded), (calls as u64, calls as u64), "{source:?}");
    let stats = repository.stats().expect("its size");
    let input = fs::read_dir(folder.join("data")).expect("the input").flatten().next();
    let input = input.expect("a file");
    let form =
        input.file_name().to_string_lossy().rsplit('.').next().unwrap_or_default().to_owned();
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    println!(
        "  {form:>8}  {:>9}  {:>8.0}  {:>9}  {:>10}",
        mib(input.metadata().expect("its size").len()),
        calls as f64 / seconds,
        peak().map_or("unknown".to_owned(), mib),
        mib(stats.segment_bytes + stats.index_bytes),
    );
}

/// The most that was resident so far, in bytes; Linux tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

const SAID: [(&str, &str); 6] = [
    ("Salesman", "Thanks for taking the time today. What made you look into this now?"),
    ("Customer", "Well, we lost two of our people in spring and the rest cannot keep up."),
    ("Salesman", "And when a ticket waits for three days, what does that do to the customer?"),
    ("Customer", "They call us, they get angry, and last quarter one of them simply left us."),
    ("Salesman", "So if that went on for another year, where would that leave you, you think?"),
    ("Customer", "I'd rather not think of that. Send me the numbers and we'll see on Thursday."),
];

fn text(call: usize, newline: &str) -> String {
    let mut text = format!("Customer: This is call {call}.");
    for (who, said) in SAID {
        text.push_str(newline);
        text.push_str(&format!("{who}: {said}"));
    }
    text
}

fn write_lines(path: &Path, calls: usize) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for call in 0..calls {
        writeln!(file, "{{\"id\":{call},\"text\":\"{}\"}}", text(call, "\\n")).expect("a row");
    }
    file.flush().expect("all rows");
}

fn write_parquet(path: &Path, calls: usize) {
    let batch = |from: usize, to: usize| {
        let ids: ArrayRef =
            Arc::new(StringArray::from_iter_values((from..to).map(|at| at.to_string())));
        let texts: ArrayRef =
            Arc::new(StringArray::from_iter_values((from..to).map(|at| text(at, "\n"))));
        RecordBatch::try_from_iter([("id", ids), ("text", texts)]).expect("a batch")
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(50_000))
        .build();
    let file = File::create(path).expect("a file");
    let mut writer =
        ArrowWriter::try_new(file, batch(0, 0).schema(), Some(properties)).expect("a writer");
    for from in (0..calls).step_by(10_000) {
        writer.write(&batch(from, calls.min(from + 10_000))).expect("rows");
    }
    writer.close().expect("all rows");
}
