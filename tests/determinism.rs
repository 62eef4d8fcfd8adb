//! The same inputs give the same bytes: on one worker or many, undisturbed or killed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rehearsal_tests::{Project, TEXTS, TO_ROLEPLAY, varied_call};

/// Enough that a run takes seconds, so that it can be killed in the middle.
const CALLS: usize = 400;

fn project(workers: usize, batch: usize) -> Project {
    let project = Project::new(&format!(
        "[pipeline]\nname = \"many\"\nworkers = {workers}\nbatch = {batch}\n{TEXTS}{TO_ROLEPLAY}"
    ));
    for number in 0..CALLS {
        project.write(&format!("texts/{number:04}.txt"), varied_call(number, 24));
    }
    project
}

#[test]
fn workers_and_batches_leave_no_trace() {
    let one = project(1, 64);
    let many = project(4, 7);
    let _ = one.run(&["run"]).expect(0);
    let _ = many.run(&["run"]).expect(0);
    assert_same(&one, &many);
}

#[test]
fn the_order_of_inputs_leaves_no_trace() {
    let at_once = project(2, 64);
    let _ = at_once.run(&["run"]).expect(0);
    let in_parts = project(2, 64);
    let texts = in_parts.path().join("texts");
    let mut files: Vec<_> = std::fs::read_dir(&texts)
        .expect("texts")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    std::fs::create_dir(in_parts.path().join("later")).expect("a folder");
    let later = |path: &std::path::Path| {
        in_parts.path().join("later").join(path.file_name().expect("a name"))
    };
    // Every third call comes with the second run, a changed one with the third.
    files.iter().step_by(3).for_each(|path| std::fs::rename(path, later(path)).expect("moved"));
    let last = files[1].clone();
    let text = std::fs::read(&last).expect("a text");
    std::fs::write(&last, varied_call(77_777, 12)).expect("written");
    let _ = in_parts.run(&["run"]).expect(0);
    files.iter().rev().filter(|path| later(path).exists()).for_each(|path| {
        std::fs::rename(later(path), path).expect("moved back");
    });
    let _ = in_parts.run(&["run"]).expect(0);
    std::fs::write(&last, text).expect("written");
    let _ = in_parts.run(&["run"]).expect(0);
    assert_same(&at_once, &in_parts);
}

/// Rows in every format, cards and trainers' files: the root is over all of them.
fn assert_same(one: &Project, other: &Project) {
    for dataset in ["roleplay", "conversations"] {
        assert_eq!(one.merkle_root(dataset), other.merkle_root(dataset), "{dataset}");
        let manifest = one.manifest(dataset);
        let files = manifest["files"].as_array().expect("files");
        for part in [".parquet", ".jsonl", "README.md", "croissant.json", ".yaml"] {
            let held =
                files.iter().any(|file| file["path"].as_str().is_some_and(|p| p.ends_with(part)));
            assert!(held, "{dataset} has no {part}");
        }
    }
}

#[test]
fn a_killed_run_ends_as_an_undisturbed_one() {
    let undisturbed = project(2, 16);
    let started = Instant::now();
    let _ = undisturbed.run(&["run"]).expect(0);
    let whole = started.elapsed();
    let killed = project(2, 16);
    let mut kills = 0;
    for part in 1..=4 {
        let mut run = killed
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(whole.mul_f64(f64::from(part) * 0.2).max(Duration::from_millis(40)));
        kills += u32::from(run.try_wait().expect("its state").is_none());
        // SIGKILL: no handler, no destructor, no last checkpoint.
        run.kill().expect("it can be killed");
        run.wait().expect("it ends");
    }
    assert!(kills >= 1, "no run was caught in the middle");
    let _ = killed.run(&["run"]).expect(0);
    assert_same(&undisturbed, &killed);
}

#[test]
fn a_changed_call_is_the_only_one_worked_on() {
    let project = project(2, 64);
    let _ = project.run(&["run"]).expect(0);
    project.write("texts/0007.txt", varied_call(99_999, 20));
    let summary = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(summary["summary"]["sources"]["texts"]["unchanged"], CALLS - 1);
    assert_eq!(summary["summary"]["calls_unchanged"], CALLS - 1);
    assert_eq!(summary["summary"]["stages"]["nepq"]["worked"], 1);
    std::fs::remove_file(project.path().join("texts/0007.txt")).expect("it is there");
    let summary = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(summary["summary"]["sources"]["texts"]["gone"], 1);
    assert_eq!(summary["summary"]["calls"], CALLS - 1);
}

/// Whatever the way there, the same sources and settings end in the same bytes.
#[test]
fn a_cached_run_ends_as_a_fresh_one() {
    let worn = project(2, 16);
    let _ = worn.run(&["run"]).expect(0);
    let pipeline = std::fs::read_to_string(worn.path().join("pipeline.toml")).expect("it is there");
    // Calls change, come and go; settings and stages, too, and some of it back again.
    worn.write("texts/0007.txt", varied_call(99_999, 20));
    worn.write(
        "pipeline.toml",
        pipeline.replace("[[validator]]\nid = \"quality\"", "[[validator]]\nid = \"other\""),
    );
    let _ = worn.run(&["run"]).expect(0);
    worn.write("texts/0007.txt", varied_call(7, 24));
    worn.write("texts/0400.txt", varied_call(400, 24));
    std::fs::remove_file(worn.path().join("texts/0011.txt")).expect("it is there");
    worn.write("pipeline.toml", pipeline.replace("seed", "# seed"));
    let _ = worn.run(&["run"]).expect(0);
    worn.write("pipeline.toml", &pipeline);
    let _ = worn.run(&["run"]).expect(0);

    let fresh = project(3, 64);
    fresh.write("texts/0400.txt", varied_call(400, 24));
    std::fs::remove_file(fresh.path().join("texts/0011.txt")).expect("it is there");
    let _ = fresh.run(&["run"]).expect(0);
    assert_eq!(worn.merkle_root("roleplay"), fresh.merkle_root("roleplay"));
    let reports =
        |project: &Project| project.run(&["status", "--json"]).expect(0).json()["reports"].clone();
    assert_eq!(reports(&worn), reports(&fresh));
}
