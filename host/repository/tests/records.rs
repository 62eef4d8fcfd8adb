//! Putting, getting, deleting and iterating, through real files.

mod common;

use common::{NUMBERS, TEXTS, contents, fingerprint, put, text};
use rehearsal_repository::{
    Fingerprint, Kind, MAX_KEY, Options, Repository, RepositoryError, Table,
};

#[test]
fn a_record_comes_back_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let long = text(1, 100_000);
    put(&repository, "long", &long);
    put(&repository, "short", "hello");
    assert_eq!(repository.get(&TEXTS, "long").unwrap().as_deref(), Some(&*long));
    repository.close().unwrap();

    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(repository.recovery(), &Default::default());
    assert_eq!(repository.get(&TEXTS, "long").unwrap(), Some(long.clone()));
    assert_eq!(repository.get(&TEXTS, "short").unwrap().as_deref(), Some("hello"));
    assert_eq!(repository.get(&TEXTS, "absent").unwrap(), None);
    let here = repository.fingerprint(Kind::Conversation, "long").unwrap();
    assert_eq!(here, Some(fingerprint(&long)));
    assert!(!repository.contains(Kind::Cursor, "long").unwrap());
}

#[test]
fn text_takes_less_room_than_it_has_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    put(&repository, "long", &text(1, 100_000));
    let stats = repository.stats().unwrap();
    assert!(stats.live_bytes < 60_000, "{stats:?}");
}

#[test]
fn a_unit_spans_kinds_and_its_last_change_counts() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    put(&repository, "old", "to be deleted");
    let mut unit = repository.unit();
    unit.put(&TEXTS, "call", Fingerprint::NONE, &"first".to_owned()).unwrap();
    unit.put(&TEXTS, "call", Fingerprint::NONE, &"second".to_owned()).unwrap();
    unit.put(&NUMBERS, "call", Fingerprint::NONE, &7).unwrap();
    unit.delete(Kind::Conversation, "old").unwrap();
    unit.delete(Kind::Conversation, "never there").unwrap();
    assert!(!repository.contains(Kind::Cursor, "call").unwrap());
    repository.commit(unit).unwrap();
    for _ in 0..2 {
        assert_eq!(repository.get(&TEXTS, "call").unwrap().as_deref(), Some("second"));
        assert_eq!(repository.get(&NUMBERS, "call").unwrap(), Some(7));
        assert_eq!(repository.get(&TEXTS, "old").unwrap(), None);
        assert_eq!(repository.count(Kind::Conversation), 1);
        assert_eq!(repository.count(Kind::Cursor), 1);
        // The same from the index as from memory.
        repository.checkpoint().unwrap();
    }
}

#[test]
fn iteration_is_ordered_and_merges_what_no_checkpoint_has_seen() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    for key in ["b", "a/2", "a/1", "c"] {
        put(&repository, key, key);
    }
    repository.checkpoint().unwrap();
    put(&repository, "a/3", "a/3");
    put(&repository, "b", "b anew");
    let mut unit = repository.unit();
    unit.delete(Kind::Conversation, "c").unwrap();
    unit.put(&NUMBERS, "zz", Fingerprint::NONE, &1).unwrap();
    repository.commit(unit).unwrap();

    let values = |records: Vec<rehearsal_repository::Record<String>>| -> Vec<String> {
        records.into_iter().map(|record| record.value).collect()
    };
    let scan = |prefix: &str| -> Vec<_> {
        repository.scan(&TEXTS, prefix).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(values(scan("")), ["a/1", "a/2", "a/3", "b anew"]);
    assert_eq!(values(scan("a/")), ["a/1", "a/2", "a/3"]);
    assert_eq!(values(scan("d")), [""; 0]);
    let range = |from: &'static [u8], to: &'static [u8]| -> Vec<_> {
        repository.range(&TEXTS, from..to).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(values(range(b"a/2", b"b")), ["a/2", "a/3"]);
    assert_eq!(values(range(b"b", b"a")), [""; 0]);
    assert_eq!(repository.range(&TEXTS, ..).unwrap().count(), 4);
    let from_b: &[u8] = b"b";
    assert_eq!(repository.range(&TEXTS, from_b..).unwrap().count(), 1);
    let keys: Vec<_> =
        repository.entries(Kind::Conversation, "a/").unwrap().map(|e| e.unwrap().key).collect();
    assert_eq!(keys, [b"a/1", b"a/2", b"a/3"]);
}

#[test]
fn another_schema_is_an_error_or_an_upgrade() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let mut unit = repository.unit();
    unit.put(&NUMBERS, "n", Fingerprint::NONE, &300).unwrap();
    repository.commit(unit).unwrap();
    let next: Table<String> = Table::new(Kind::Cursor, 2);
    let error = repository.get(&next, "n").unwrap_err();
    assert_eq!(error.to_string(), "the cursor n was written in schema 1, this version reads 2");
    fn upgrade(schema: u8, payload: &[u8]) -> Option<String> {
        (schema == 1)
            .then(|| postcard::from_bytes::<u64>(payload).ok())
            .flatten()
            .map(|n| n.to_string())
    }
    assert_eq!(repository.get(&next.upgrading(upgrade), "n").unwrap().as_deref(), Some("300"));
}

#[test]
fn segments_rotate_and_all_of_them_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 10_000, checkpoint_units: 7, ..Options::default() };
    let repository = Repository::open_with(folder.path(), options).unwrap();
    for number in 0..50 {
        put(&repository, &format!("{number:03}"), &text(number, 4_000));
    }
    assert!(repository.stats().unwrap().segments > 5);
    let before = contents(&repository);
    drop(repository);
    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(contents(&repository), before);
}

#[test]
fn what_is_too_large_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let mut unit = repository.unit();
    let key = "k".repeat(MAX_KEY + 1);
    let error = unit.put(&NUMBERS, key, Fingerprint::NONE, &1).unwrap_err();
    assert!(matches!(error, RepositoryError::TooLarge { size: 1025, limit: 1024, .. }), "{error}");
    assert!(unit.is_empty());
}

#[test]
fn a_repository_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    fn sendable<T: Send>() {}
    shareable::<Repository>();
    sendable::<rehearsal_repository::Unit>();
    sendable::<rehearsal_repository::Scan<'_, String>>();
}

#[test]
fn threads_write_and_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { checkpoint_units: 50, ..Options::default() };
    let repository = Repository::open_with(folder.path(), options).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let repository = &repository;
            scope.spawn(move || {
                for number in 0..500 {
                    let mut unit = repository.unit();
                    let key = format!("{thread}/{number:04}");
                    // Two kinds that must never be seen apart.
                    unit.put(&TEXTS, &key, Fingerprint::NONE, &key).unwrap();
                    unit.put(&NUMBERS, &key, Fingerprint::NONE, &number).unwrap();
                    repository.commit(unit).unwrap();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..30 {
                for record in repository.scan(&NUMBERS, "").unwrap() {
                    let record = record.unwrap();
                    let key = String::from_utf8(record.key).unwrap();
                    assert_eq!(repository.get(&TEXTS, &key).unwrap(), Some(key));
                }
            }
        });
    });
    assert_eq!(repository.count(Kind::Conversation), 1000);
    assert_eq!(contents(&repository).len(), 1000);
}

#[test]
fn a_second_opening_names_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let error = Repository::open(folder.path()).unwrap_err();
    assert!(
        matches!(error, RepositoryError::InUse { pid: Some(pid), .. } if pid == std::process::id())
    );
    assert!(error.to_string().contains("in use by this very process"), "{error}");
    drop(repository);
    Repository::open(folder.path()).unwrap();
}
