//! Corpora of text calls with everything on: all built-in extractors, both paths, the
//! validators, every format; and runs over them, watched from outside.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Project, varied_call};

/// Workers of the runs.
pub const WORKERS: usize = 2;
/// Turns of a call.
pub const TURNS: usize = 20;
/// Calls of one file.
const FILE: usize = 5_000;
/// Extractors with trained heads.
const LEARNED: [&str; 4] = ["nepq", "sales-techniques", "objections", "active-listening"];

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

/// A project with calls in it.
pub struct Corpus {
    /// Where it lies.
    pub project: Project,
}

/// What a run came to.
pub struct Ran {
    /// How long it took.
    pub took: Took,
    /// Bytes resident at most.
    pub peak: u64,
    /// What it said of itself.
    pub summary: Value,
}

/// How long something took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// By the clock.
    pub wall: Duration,
    /// User and system time of all threads.
    pub cpu: Duration,
}

impl Corpus {
    /// So many calls, none a near-duplicate of another.
    ///
    /// # Panics
    /// Where there is no room for them.
    #[must_use]
    pub fn new(calls: usize) -> Self {
        Self::of(PIPELINE, calls)
    }

    /// The same calls, labelled by trained heads over embeddings (the model of the
    /// pipeline's `[semantics]` has to be there) as well as by cues.
    ///
    /// # Panics
    /// Where there is no room for them.
    #[must_use]
    pub fn learned(calls: usize) -> Self {
        let mut pipeline = PIPELINE.to_owned();
        for plugin in LEARNED {
            let line = format!("plugin = \"{plugin}\"\n");
            pipeline = pipeline.replace(&line, &format!("{line}grant.semantics = true\n"));
        }
        Self::of(&pipeline, calls)
    }

    fn of(pipeline: &str, calls: usize) -> Self {
        let corpus = Self { project: Project::new(pipeline) };
        for first in (0..calls).step_by(FILE) {
            corpus.add(first, (first + FILE).min(calls));
        }
        corpus
    }

    /// Writes a file of calls, a row each.
    ///
    /// # Panics
    /// Where there is no room for it.
    pub fn add(&self, from: usize, to: usize) {
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

    /// Bytes of its calls, as they lie in their files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        size(&self.project.path().join("data"))
    }

    /// Bytes of its repository.
    #[must_use]
    pub fn repository(&self) -> u64 {
        size(&self.project.path().join(".rehearsal/repository"))
    }

    /// The built program's run, watched through /proc.
    ///
    /// # Panics
    /// Where it fails.
    #[must_use]
    pub fn run(&self) -> Ran {
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

/// User and system time of a process so far; a tick is 10 ms on every Linux.
#[must_use]
pub fn cpu_time(process: &Path) -> Option<Duration> {
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
