//! A full disk. It takes a small file system to try this on: give a folder on
//! one (say, a tmpfs of 48 MB) in `REHEARSAL_SMALL_DISK`.

mod common;

use std::path::Path;

use common::{TEXTS, contents, fingerprint, text};
use rehearsal_repository::{Repository, RepositoryError};

/// Fills the disk but for what is less than a kilobyte.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1 << 20, 1 << 12, 1 << 9] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

/// Commits until the disk is full; returns how many units were committed.
fn write_until_full(repository: &Repository, from: u64) -> (u64, RepositoryError) {
    for number in from.. {
        let mut unit = repository.unit();
        let value = text(number, 20_000);
        unit.put(&TEXTS, format!("{number:06}"), fingerprint(&value), &value).unwrap();
        if let Err(error) = repository.commit(unit) {
            return (number, error);
        }
    }
    unreachable!("the disk is endless");
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_loses_nothing() {
    let Some(disk) = std::env::var_os("REHEARSAL_SMALL_DISK") else {
        println!("skipped: REHEARSAL_SMALL_DISK names no small file system");
        return;
    };
    let folder = tempfile::tempdir_in(disk).unwrap();
    let (path, ballast) = (folder.path().join("repository"), folder.path().join("ballast"));

    // What a user would find to delete.
    let spare = folder.path().join("spare");
    std::fs::write(&spare, vec![0; 24 << 20]).unwrap();

    let repository = Repository::open(&path).unwrap();
    let (committed, error) = write_until_full(&repository, 0);
    println!("{committed} units, then: {error}");
    assert!(matches!(error, RepositoryError::DiskFull { .. }), "{error}");
    // sled no longer answers once it could not flush; it must say why.
    for number in 0..committed {
        match repository.get(&TEXTS, format!("{number:06}")) {
            Ok(found) => assert!(found.is_some()),
            Err(error) => assert!(matches!(error, RepositoryError::DiskFull { .. }), "{error}"),
        }
    }
    drop(repository);

    // It may refuse to open on the full disk, but must not make it worse.
    fill(&ballast);
    for _ in 0..2 {
        match Repository::open(&path) {
            Ok(repository) => assert!(contents(&repository).len() as u64 >= committed),
            Err(error) => {
                println!("on the full disk: {error}");
                assert!(matches!(error, RepositoryError::DiskFull { .. }), "{error}");
            }
        }
    }
    // An index that cannot be rebuilt now is rebuilt when there is room.
    std::fs::remove_dir_all(path.join("index")).unwrap();
    if let Err(error) = Repository::open(&path) {
        println!("without an index: {error}");
    }
    std::fs::remove_file(&ballast).unwrap();
    std::fs::remove_file(&spare).unwrap();
    let repository = Repository::open(&path).unwrap();
    assert_eq!(repository.recovery().damage, []);
    // One more where the unit was written and its checkpoint failed.
    let there = contents(&repository).len() as u64;
    assert!((committed..=committed + 1).contains(&there), "{there} of {committed}");
}
