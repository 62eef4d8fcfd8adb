//! A process that writes is killed with SIGKILL at any moment, again and again
//! over the same repository: all that it had acknowledged is there, and no unit
//! is there by half.
//!
//! `REHEARSAL_KILLS` sets the number of kills (for the long mode: 500).

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{NUMBERS, TEXTS, fingerprint, text};
use rehearsal_repository::{Fingerprint, Kind, Options, Repository, RepositoryError};

const CHILD: &str = "REHEARSAL_KILL_CHILD";
/// A unit deletes what the unit this far before it put.
const WINDOW: u64 = 300;

fn options() -> Options {
    Options { segment_bytes: 200_000, checkpoint_units: 20, ..Options::default() }
}

fn key(number: u64) -> String {
    format!("{number:08}")
}

/// Not a test: what the killed process runs.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut repository = Repository::open_with(path, options()).unwrap();
    println!("open");
    let mut number = repository.get(&NUMBERS, "last").unwrap().unwrap_or(0);
    loop {
        number += 1;
        let mut unit = repository.unit();
        let value = text(number, 1_000 + (number % 7 * 300) as usize);
        unit.put(&TEXTS, key(number), fingerprint(&value), &value).unwrap();
        unit.put(&NUMBERS, key(number), Fingerprint::NONE, &number).unwrap();
        unit.put(&NUMBERS, "last", Fingerprint::NONE, &number).unwrap();
        if let Some(old) = number.checked_sub(WINDOW) {
            unit.delete(Kind::Conversation, key(old)).unwrap();
            unit.delete(Kind::Cursor, key(old)).unwrap();
        }
        repository.commit(unit).unwrap();
        println!("committed {number}");
        if number.is_multiple_of(400) {
            repository.compact(0.5).unwrap();
        }
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills the child after `delay` and returns the last number it acknowledged.
fn kill(mut child: Child, delay: Duration) -> Option<u64> {
    let output = BufReader::new(child.stdout.take().unwrap());
    // Read meanwhile, or the child would wait for the pipe.
    let reader = std::thread::spawn(move || {
        output
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("committed ")?.parse().ok())
            .last()
    });
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn killed_at_any_moment_it_keeps_all_that_was_acknowledged() {
    let kills = std::env::var("REHEARSAL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    let mut replayed = 0;
    for round in 0..kills {
        // From within the opening to well into the writing.
        let delay = Duration::from_millis(15 + round * 7919 % 400);
        acknowledged = kill(start(folder.path()), delay).unwrap_or(acknowledged);
        let repository = Repository::open_with(folder.path(), options()).unwrap();
        let recovery = repository.recovery();
        assert_eq!(recovery.damage, [], "round {round}");
        replayed += recovery.units;
        let last = repository.get(&NUMBERS, "last").unwrap().unwrap_or(0);
        assert!(last >= acknowledged, "round {round}: {acknowledged} acknowledged, {last} there");
        check(&repository, last);
    }
    println!("{kills} kills, {acknowledged} units acknowledged, {replayed} replayed");
}

/// Exactly the units of the window are there, and each of them whole.
fn check(repository: &Repository, last: u64) {
    let first = last.saturating_sub(WINDOW) + 1;
    let numbers: Vec<_> =
        repository.entries(Kind::Cursor, "0").unwrap().map(|e| e.unwrap().key).collect();
    let expected: Vec<_> = (first..=last).map(|number| key(number).into_bytes()).collect();
    assert_eq!(numbers, expected);
    let mut texts = repository.scan(&TEXTS, "").unwrap();
    for number in first..=last {
        let record = texts.next().unwrap().unwrap();
        assert_eq!(record.key, key(number).into_bytes());
        assert_eq!(record.fingerprint, fingerprint(&record.value));
    }
    assert!(texts.next().is_none());
}

#[test]
fn a_second_process_is_told_who_holds_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path());
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("open") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child ended");
    }
    let error = Repository::open(folder.path()).unwrap_err();
    assert!(matches!(error, RepositoryError::InUse { .. }));
    let holder = format!("is in use by process {}; wait for it to end or stop it", child.id());
    assert!(error.to_string().ends_with(&holder), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    Repository::open(folder.path()).unwrap();
}
