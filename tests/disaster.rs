//! Disks that fill up, forbid writing, lose and change bytes; clocks that jump; folders
//! that are deleted: what a user meets, and that the data set ends as it should.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rehearsal_tests::{Outcome, Project, binary, invented_call, outcome};

fn project(calls: usize) -> Project {
    let project = Project::new(
        "[pipeline]\nname = \"disaster\"\nworkspace = \"disk/store\"\n\
         [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
         [[extractor]]\nid = \"nepq\"\nplugin = \"nepq\"\n\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n",
    );
    fs::create_dir(project.path().join("disk")).expect("a folder");
    write_calls(&project, 0..calls);
    project
}

fn write_calls(project: &Project, numbers: std::ops::Range<usize>) {
    for number in numbers {
        project.write(&format!("texts/{number:04}.txt"), invented_call(number, 24));
    }
}

fn repository(project: &Project) -> PathBuf {
    project.path().join("disk/store/repository")
}

fn root(project: &Project) -> String {
    let manifest = project.path().join("disk/store/datasets/roleplay/manifest.json");
    let text = fs::read_to_string(manifest).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    manifest["merkle_root"].as_str().expect("a root").to_owned()
}

fn undisturbed(calls: usize) -> String {
    let project = project(calls);
    let _ = project.run(&["run"]).expect(0);
    root(&project)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The last segment that holds anything.
fn segment(project: &Project) -> PathBuf {
    let folder = repository(project).join("segments");
    let files = fs::read_dir(folder).expect("segments").map(|file| file.expect("one").path());
    files.max_by_key(|path| fs::metadata(path).map_or(0, |meta| meta.len())).expect("a segment")
}

/// Runs a script with a disk of its own mounted at `disk`, of `$SIZE` bytes; none where
/// this machine lets nobody mount.
fn on_own_disk(project: &Project, size: &str, script: &str) -> Option<Outcome> {
    let own = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-ec", script]);
        command.current_dir(project.path()).env("REHEARSAL", binary()).stdin(Stdio::null());
        command
    };
    let mount = format!("mount -t tmpfs -o size={size} tmpfs disk");
    if !own(&mount).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        println!("skipped: this machine mounts no disk for a test (`unshare --user --mount`)");
        return None;
    }
    let output = own(&format!("{mount}; {script}")).output().expect("the script starts");
    Some(outcome(output))
}

#[test]
fn a_full_disk_is_named_and_costs_nothing_once_there_is_room() {
    let project = project(20);
    fs::create_dir(project.path().join("late")).expect("a folder");
    for number in 20..300 {
        project.write(&format!("late/{number:04}.txt"), invented_call(number, 24));
    }
    // The second run meets the full disk, the third finds room again.
    let script = r#"
        "$REHEARSAL" run >&2
        cat /dev/zero > disk/ballast 2>/dev/null || true
        mv late/* texts
        "$REHEARSAL" run && code=0 || code=$?
        echo "full: $code"
        rm disk/ballast
        "$REHEARSAL" run
        cp -r disk/store kept
    "#;
    let Some(outcome) = on_own_disk(&project, "48m", script) else { return };
    let outcome = outcome.expect(0);
    assert!(outcome.out.contains("full: 1"), "{}\n{}", outcome.out, outcome.err);
    assert!(outcome.err.contains("no space left"), "{}", outcome.err);
    fs::rename(project.path().join("kept"), project.path().join("disk/store"))
        .expect("it is there");
    assert_eq!(root(&project), undisturbed(300));
}

#[test]
fn a_read_only_disk_is_named() {
    let project = project(5);
    let script = r#"
        "$REHEARSAL" run >&2
        mount -o remount,ro disk
        "$REHEARSAL" run && code=0 || code=$?
        echo "read-only: $code"
    "#;
    let Some(outcome) = on_own_disk(&project, "48m", script) else { return };
    let outcome = outcome.expect(0);
    assert!(outcome.out.contains("read-only: 1"), "{}\n{}", outcome.out, outcome.err);
    assert!(outcome.err.contains("Read-only file system"), "{}", outcome.err);
    assert!(outcome.err.contains("disk/store/repository"), "{}", outcome.err);
}

#[test]
fn a_broken_or_lost_index_is_built_anew_and_nothing_is_done_twice() {
    let project = project(30);
    let _ = project.run(&["run"]).expect(0);
    let before = root(&project);
    let index = repository(&project).join("index");
    let junk: Vec<u8> =
        (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for damage in ["junk", "half", "gone"] {
        match damage {
            "junk" => fs::write(index.join("db"), &junk).expect("it is written"),
            "half" => {
                let db = fs::File::options().write(true).open(index.join("db")).expect("the index");
                let length = db.metadata().expect("its length").len();
                db.set_len(length / 2 + 1).expect("it is cut");
            }
            _ => fs::remove_dir_all(&index).expect("it goes"),
        }
        let run = project.run(&["run", "--json"]).expect(0).json();
        assert_eq!(run["summary"]["calls_unchanged"], 30, "{damage}");
        assert_eq!(run["summary"]["sources"]["texts"]["unchanged"], 30, "{damage}");
        assert_eq!(root(&project), before, "{damage}");
    }
}

#[test]
fn cut_and_changed_bytes_cost_the_work_they_held_and_repair_names_them() {
    let calm = undisturbed(30);
    for harm in ["cut", "flipped"] {
        let project = project(30);
        let _ = project.run(&["run"]).expect(0);
        let segment = segment(&project);
        let mut bytes = fs::read(&segment).expect("a segment");
        if harm == "cut" {
            bytes.truncate(bytes.len() * 2 / 3);
        } else {
            let at = bytes.len() / 2;
            bytes[at] ^= 0x40;
        }
        fs::write(&segment, bytes).expect("it is written");
        let repaired = project.run(&["repair"]).expect(0).out;
        assert!(repaired.contains("damaged: "), "{harm}: {repaired}");
        let name = segment.file_name().expect("a file's name").to_string_lossy();
        assert!(repaired.contains(&*name), "{harm}: {repaired}");
        let _ = project.run(&["run"]).expect(0);
        assert_eq!(root(&project), calm, "{harm}");
        let again = project.run(&["repair"]).expect(0).out;
        assert!(again.contains("nothing is damaged"), "{harm}: {again}");
    }
}

#[test]
fn a_clock_that_jumps_changes_no_result_and_hides_no_change() {
    let project = project(10);
    let _ = project.run(&["run"]).expect(0);
    let set = |path: &Path, time: SystemTime| {
        let file = fs::File::options().write(true).open(path).expect("a file");
        file.set_modified(time).expect("its time is set");
    };
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(600_000_000);
    let future = SystemTime::now() + Duration::from_secs(3_000_000_000);
    for time in [future, past] {
        for number in 0..10 {
            set(&project.path().join(format!("texts/{number:04}.txt")), time);
        }
        set(&segment(&project), time);
        let run = project.run(&["run", "--json"]).expect(0).json();
        assert_eq!(run["summary"]["calls_unchanged"], 10, "{time:?}");
    }
    // As long as before, and older than what it replaces.
    let path = project.path().join("texts/0003.txt");
    let text = fs::read_to_string(&path).expect("a call").replace("Thursday", "Saturday");
    fs::write(&path, text.replace("honestly", "honestlY")).expect("it is written");
    set(&path, past - Duration::from_secs(60));
    let run = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(run["summary"]["calls_unchanged"], 9);
}

#[test]
fn a_lost_repository_comes_back_from_its_backup() {
    let project = project(20);
    let _ = project.run(&["run"]).expect(0);
    let copy = project.path().join("copy");
    let target = copy.to_str().expect("a path");
    let first = project.run(&["backup", target]).expect(0).out;
    assert!(first.contains("holds all of the repository"), "{first}");
    write_calls(&project, 20..25);
    let _ = project.run(&["run"]).expect(0);
    let second = project.run(&["backup", target, "--json"]).expect(0).json();
    let (copied, bytes) = (second["copied"].as_u64(), second["bytes"].as_u64());
    assert!(copied < bytes && copied > Some(0), "{second}");
    let before = root(&project);

    fs::remove_dir_all(project.path().join("disk/store")).expect("it goes");
    copy_folder(&copy, &repository(&project));
    let run = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(run["summary"]["calls_unchanged"], 25, "nothing was done again");
    assert_eq!(root(&project), before);

    // Without one, everything is made again and ends the same.
    fs::remove_dir_all(project.path().join("disk/store")).expect("it goes");
    let _ = project.run(&["run"]).expect(0);
    assert_eq!(root(&project), before);
    let wrong = project.run(&["backup", "texts"]).expect(1);
    assert!(wrong.err.contains("exists already"), "{}", wrong.err);
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let project = project(150);
    let start = || {
        let mut command = project.command(&["run"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    };
    let runs = [start(), start()].map(|run| outcome(run.wait_with_output().expect("it ends")));
    let codes = runs.each_ref().map(|run| run.code);
    assert!(codes.contains(&Some(0)), "{runs:?}");
    for run in runs.iter().filter(|run| run.code != Some(0)) {
        assert!(run.err.contains("is in use by "), "{}", run.err);
    }
    assert_eq!(root(&project), undisturbed(150));
}
