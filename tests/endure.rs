//! A repository that grows while its runs are killed at any moment.
//!
//! `cargo xtask endure --kills 500` sets how many; `REHEARSAL_KILLS` does the same, and
//! `REHEARSAL_GROWTH` how many calls come in between two of them.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rehearsal_tests::{Project, invented_call};

/// Calls that come in between two kills unless somebody says otherwise.
const GROWTH: usize = 4;
/// Kills after which a run may come to its end.
const PAUSE: usize = 25;
/// How often it is looked whether a run has ended by itself.
const LOOK: Duration = Duration::from_millis(20);

fn project() -> Project {
    Project::new(
        "[pipeline]\nname = \"endure\"\nworkers = 2\nbatch = 3\n\
         [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
         [[extractor]]\nid = \"nepq\"\nplugin = \"nepq\"\n\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n\
         split = { train = 0.8, validation = 0.1, test = 0.1 }\n\
         [[validator]]\nid = \"quality\"\nplugin = \"example-quality\"\n",
    )
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().and_then(|number| number.parse().ok())
}

fn grow(project: &Project, from: usize, by: usize) -> usize {
    for number in from..from + by {
        project.write(&format!("texts/{number:05}.txt"), invented_call(number, 24));
    }
    from + by
}

/// Kills a run after `delay`. One that ended before says how long it took.
fn kill(project: &Project, delay: Duration) -> Option<Duration> {
    let mut command = project.command(&["run"]);
    let run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut run = run.expect("the program starts");
    let started = Instant::now();
    while started.elapsed() < delay {
        if run.try_wait().expect("its state").is_some() {
            return Some(started.elapsed());
        }
        // Short beside a run, so that kills fall anywhere in it.
        std::thread::sleep(delay.saturating_sub(started.elapsed()).min(LOOK));
    }
    // SIGKILL: no handler, no destructor, no last checkpoint.
    run.kill().expect("it can be killed");
    run.wait().expect("it ends");
    None
}

fn calls(project: &Project) -> Option<u64> {
    let status = project.run(&["status", "--json"]);
    // Killed before it made anything.
    (status.code != Some(2)).then(|| status.expect(0).json()["calls"].as_u64().expect("a count"))
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_and_the_end_is_the_same() {
    let kills = number("REHEARSAL_KILLS").unwrap_or(8);
    let growth = number("REHEARSAL_GROWTH").unwrap_or(GROWTH);
    let started = Instant::now();
    let killed = project();
    let (mut files, mut seen, mut caught) = (0, 0, 0);
    // How long a run that has something to do takes by now.
    let mut whole = Duration::from_millis(400);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 1..=kills {
        files = grow(&killed, files, growth);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        match kill(&killed, whole.mul_f64((random >> 40) as f64 / 2_f64.powi(24))) {
            // The machine is less busy than when it was measured. Some kills have to come
            // too late, or none would hit the end of a run.
            Some(took) => whole = took.mul_f64(1.25),
            None => caught += 1,
        }
        let now = calls(&killed).unwrap_or(0);
        assert!(now >= seen, "round {round}: {seen} calls were there, {now} are");
        seen = now;
        if round % PAUSE == 0 {
            files = grow(&killed, files, growth);
            let before = Instant::now();
            let run = killed.run(&["run", "--json"]).expect(0).json();
            whole = before.elapsed();
            assert_eq!(run["summary"]["calls"], files, "round {round}");
            // Nothing that was there before was loaded again. (How many stood cannot be
            // asked: a listing that was cut off goes on at its page, and counts from there.)
            let loaded = run["summary"]["sources"]["texts"]["loaded"].as_u64();
            let new = files as u64 - seen;
            assert!(loaded <= Some(new), "round {round}: {loaded:?} loaded, {new} were new");
            seen = files as u64;
        }
    }
    let _ = killed.run(&["run"]).expect(0);
    let repaired = killed.run(&["repair", "--json"]).expect(0).json();
    assert_eq!(repaired["damage"], serde_json::json!([]));
    let undisturbed = project();
    let _ = grow(&undisturbed, 0, files);
    let _ = undisturbed.run(&["run"]).expect(0);
    assert_eq!(undisturbed.merkle_root("roleplay"), killed.merkle_root("roleplay"));
    let [calm, stormy] = [&undisturbed, &killed].map(|project| project.files("roleplay"));
    assert!(calm.keys().eq(stormy.keys()), "{:?}\n{:?}", calm.keys(), stormy.keys());
    for (name, bytes) in &calm {
        assert!(stormy.get(name) == Some(bytes), "{name} differs");
    }
    for split in ["train", "validation", "test"] {
        let rows = format!("jsonl/dialogue/chat/{split}/");
        let rows = calm.iter().filter(|(name, _)| name.starts_with(&rows));
        assert!(rows.map(|(_, bytes)| bytes.len()).sum::<usize>() > 0, "no rows in {split}");
    }
    assert!(caught * 4 >= kills, "only {caught} of {kills} kills hit a run");
    println!(
        "{kills} kills, {caught} of them in a run, {files} calls, none lost, the same data set; \
         {:.0} s",
        started.elapsed().as_secs_f64()
    );
}
