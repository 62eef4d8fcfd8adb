//! Backup, compaction and erasure.

mod common;

use std::path::Path;

use common::{NUMBERS, contents, put, text};
use rehearsal_repository::{Fingerprint, Kind, Options, Repository, RepositoryError};

fn small_segments(path: &Path) -> Repository {
    let options = Options { segment_bytes: 20_000, ..Options::default() };
    Repository::open_with(path, options).unwrap()
}

fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, bytes),
            false => {
                std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
            }
        }
    })
}

#[test]
fn a_backup_made_while_others_write_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let repository = small_segments(&folder.path().join("live"));
    for number in 0..100 {
        put(&repository, &format!("{number:04}"), &text(number, 600));
    }
    let to = folder.path().join("copy");
    let backup = std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 100..300 {
                put(&repository, &format!("{number:04}"), &text(number, 600));
            }
        });
        repository.backup(&to).unwrap()
    });
    assert_eq!(backup.damage, []);
    assert!(backup.sequence >= 100);
    let copied = contents(&Repository::open(&to).unwrap());
    assert_eq!(copied.len() as u64, backup.sequence);
    assert!(
        contents(&repository).into_iter().zip(&copied).all(|((a, b), (c, d))| a == *c && b == *d)
    );
    let error = repository.backup(&to).unwrap_err();
    assert!(matches!(error, RepositoryError::TargetExists { .. }), "{error}");
}

#[test]
fn a_backup_is_brought_up_to_date_with_little() {
    let folder = tempfile::tempdir().unwrap();
    let (live, to) = (folder.path().join("live"), folder.path().join("copy"));
    let mut repository = small_segments(&live);
    for number in 0..100 {
        put(&repository, &format!("{number:04}"), &text(number, 600));
    }
    let first = repository.backup_or_update(&to).unwrap();
    assert_eq!(first.copied, first.bytes);
    let again = repository.backup_or_update(&to).unwrap();
    assert_eq!((again.copied, again.bytes), (0, first.bytes));
    put(&repository, "late", "margaret came late");
    let late = repository.backup_or_update(&to).unwrap();
    assert!(late.copied > 0 && late.copied < 1_000, "{late:?}");
    assert_eq!(contents(&Repository::open(&to).unwrap()), contents(&repository));
    // What is erased leaves the copy with the next update, index and all.
    repository.erase(|_, key| key == b"late").unwrap();
    repository.backup_or_update(&to).unwrap();
    assert!(!holds(&to, b"margaret"));
    assert_eq!(contents(&Repository::open(&to).unwrap()), contents(&repository));
    // A copy that went its own way is replaced, and nothing that is no copy is touched.
    let strayed = Repository::open(&to).unwrap();
    put(&strayed, "stray", &text(7, 5_000));
    strayed.close().unwrap();
    repository.backup_or_update(&to).unwrap();
    assert_eq!(contents(&Repository::open(&to).unwrap()), contents(&repository));
    let other = folder.path().join("photos");
    std::fs::create_dir(&other).unwrap();
    for target in [other.as_path(), &live] {
        let error = repository.backup_or_update(target).unwrap_err();
        assert!(matches!(error, RepositoryError::TargetExists { .. }), "{error}");
    }
}

#[test]
fn compaction_gives_back_room_and_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut repository = small_segments(folder.path());
    for round in 0..5 {
        for number in 0..40 {
            put(&repository, &format!("{number:04}"), &text(round * 100 + number, 600));
        }
    }
    repository.checkpoint().unwrap();
    let before = contents(&repository);
    let full = repository.stats().unwrap();
    assert!(full.live_ratio() < 0.3, "{full:?}");
    let compaction = repository.compact(0.5).unwrap();
    let after = repository.stats().unwrap();
    assert!(compaction.segments > 0 && after.live_ratio() > 0.6, "{after:?}");
    assert_eq!(compaction.freed_bytes, full.segment_bytes - after.segment_bytes);
    assert_eq!(contents(&repository), before);
    repository.close().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(repository.recovery(), &Default::default());
    assert_eq!(contents(&repository), before);
}

#[test]
fn what_is_erased_leaves_no_trace_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut repository = small_segments(folder.path());
    // Below the size that is compressed, so that traces could be found.
    for number in 0..60 {
        put(&repository, "margaret/call", &format!("margaret said {number}"));
        put(&repository, &format!("other-{number}"), &text(number, 400));
    }
    let mut unit = repository.unit();
    unit.put(&NUMBERS, "margaret/entry", Fingerprint::NONE, &1).unwrap();
    unit.delete(Kind::Conversation, "margaret/gone").unwrap();
    repository.commit(unit).unwrap();
    repository.checkpoint().unwrap();
    assert!(holds(folder.path(), b"margaret"));

    let erasure = repository.erase(|_, key| key.starts_with(b"margaret/")).unwrap();
    assert_eq!(erasure.records, 2);
    assert!(!holds(folder.path(), b"margaret"));
    assert_eq!(contents(&repository).len(), 60);
    drop(repository);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(contents(&repository).len(), 60);
    assert_eq!(repository.count(Kind::Cursor), 0);
}
