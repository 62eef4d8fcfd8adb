//! Whole runs, each in a process of its own: from files to data sets, through the doors
//! that the program uses.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rehearsal_config::Config;
use rehearsal_gate::Gate;
use rehearsal_pipeline::{CallAudio, CallSemantics, FileDigests, Silent, Surroundings};
use rehearsal_repository::Repository;
use rehearsal_sandbox::{Fingerprints, Sandbox, Settings, Without};
use rehearsal_tests::corpus::{Corpus, TURNS, WORKERS};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Builder;

use crate::{median, more};

/// Pairs of runs.
const PAIRS: usize = 7;
/// What a run's own process is called with, before its folder and [`LIMITED`] or [`BARE`].
pub(crate) const CHILD: &str = "--run";
pub(crate) const LIMITED: &str = "limited";
const BARE: &str = "bare";

pub(crate) fn print(what: &str, corpus: &Corpus) {
    let folder = corpus.project.path();
    // Compiles the plugins, each in its way.
    let roots = [LIMITED, BARE].map(|limits| {
        run(folder, limits);
        ["conversations", "feedback", "roleplay"].map(|set| corpus.project.merkle_root(set))
    });
    assert_eq!(roots[0], roots[1], "limits change nothing but time");
    let (mut limited, mut bare) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let mut once = |limits: &str| {
            let times = if limits == LIMITED { &mut limited } else { &mut bare };
            times.push(run(folder, limits));
        };
        // Neither has the better place.
        let order = if pair % 2 == 0 { [LIMITED, BARE] } else { [BARE, LIMITED] };
        order.into_iter().for_each(&mut once);
    }
    println!("a run over {what} of {TURNS} turns, {WORKERS} workers: s of CPU");
    let each: Vec<String> =
        limited.iter().zip(&bare).map(|(a, b)| format!("{a:.2}/{b:.2}")).collect();
    println!("  pairs, with limits/without: {}", each.join(" "));
    println!(
        "  with limits {:.2}, without {:.2}; the limits cost {:.1} %",
        median(limited.clone()),
        median(bare.clone()),
        more(&limited, &bare)
    );
}

/// Seconds of CPU of a run from nothing.
fn run(folder: &Path, limits: &str) -> f64 {
    // Of a first run there is none.
    let _ = fs::remove_dir_all(folder.join(".rehearsal"));
    let own = std::env::current_exe().expect("a benchmark knows where it is");
    let mut child = Command::new(own);
    child.arg(CHILD).arg(folder).arg(limits).current_dir(folder);
    child.env("XDG_CONFIG_HOME", folder.join("config"));
    let outcome = rehearsal_tests::outcome(child.output().expect("it starts")).expect(0);
    outcome.out.trim().parse().unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// The run itself: prints its seconds of CPU.
pub(crate) fn child(folder: &Path, without: Without) {
    let cache = Some(folder.join("compiled"));
    let sandbox = Sandbox::without(&Settings { cache, ..Settings::default() }, without);
    let sandbox = sandbox.expect("the sandbox starts");
    let config = Config::load(&folder.join("pipeline.toml")).expect("a pipeline");
    let plugin = rehearsal_tests::plugin("nepq");
    let (audio, files) = (Arc::new(CallAudio::default()), Arc::new(FileDigests::default()));
    let semantics = Arc::new(CallSemantics::locate(&config.pipeline.semantics));
    let surroundings = Surroundings {
        sandbox: &sandbox,
        plugins: plugin.parent().expect("plugins lie in a folder"),
        audio: Arc::clone(&audio) as _,
        semantics: Arc::clone(&semantics),
        fingerprints: Arc::new(Fingerprints::with_store(Arc::clone(&files) as _)),
        gate: Gate::new(rehearsal_gate::Settings::default()).expect("a gate"),
        heads: Vec::new(),
    };
    let runtime = Builder::new_multi_thread().enable_time().build().expect("threads");
    let plan = runtime.block_on(rehearsal_pipeline::resolve(&config, &surroundings));
    let plan = Arc::new(plan.unwrap_or_else(|error| panic!("{error}")));
    let repository = Arc::new(Repository::open(plan.repository()).expect("a repository"));
    audio.attach(Arc::clone(&repository));
    semantics.attach(Arc::clone(&repository));
    files.attach(Arc::clone(&repository));
    let stop = Arc::new(AtomicBool::new(false));
    let work = rehearsal_pipeline::run(plan, repository, Arc::new(Silent), stop);
    let summary = runtime.block_on(work).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((summary.failed(), summary.standing_failures), (0, 0), "{summary:?}");
    println!("{}", cpu_time().as_secs_f64());
}

/// CPU time of all threads so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
