//! Files that were cut, flipped, lost: what was not hit is kept, what was is
//! named, and nothing panics or answers wrongly.

mod common;

use std::path::Path;
use std::time::Duration;

use common::{TEXTS, contents, copy_folder, put, segment, text};
use proptest::prelude::*;
use rehearsal_repository::{Kind, Options, Repository, RepositoryError};

/// No checkpoints by themselves.
fn patient() -> Options {
    Options {
        checkpoint_units: u64::MAX,
        checkpoint_bytes: u64::MAX,
        checkpoint_age: Duration::MAX,
        ..Options::default()
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

fn truncate(path: &Path, length: u64) {
    std::fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

/// A closed repository of `count` records in segments of some 20 kB.
fn filled(path: &Path, count: u64) {
    let options = Options { segment_bytes: 20_000, ..Options::default() };
    let repository = Repository::open_with(path, options).unwrap();
    for number in 0..count {
        put(&repository, &format!("{number:03}"), &text(number, 700));
        if number % 8 == 7 {
            repository.checkpoint().unwrap();
        }
    }
    repository.close().unwrap();
}

#[test]
fn a_torn_tail_is_cut_at_the_last_whole_unit() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("live");
    let repository = Repository::open_with(&live, patient()).unwrap();
    put(&repository, "0", "before the checkpoint");
    repository.checkpoint().unwrap();
    let mut ends = vec![length(&segment(&live, 1))];
    for number in 1..4 {
        put(&repository, &number.to_string(), &text(number, 60));
        ends.push(length(&segment(&live, 1)));
    }
    let image = folder.path().join("image");
    copy_folder(&live, &image);
    for cut in (ends[0]..=ends[3]).rev().step_by(11) {
        truncate(&segment(&image, 1), cut);
        let opened = Repository::open(&image).unwrap();
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(contents(&opened).len(), whole, "cut at {cut}");
        assert_eq!(opened.recovery().damage, []);
        let torn = cut - ends[whole - 1];
        assert_eq!(opened.recovery().cut_bytes, torn);
        // Written on, from where the cut was made.
        put(&opened, "next", "goes on");
        opened.close().unwrap();
        let again = Repository::open(&image).unwrap();
        assert_eq!(contents(&again).len(), whole + 1);
        drop(again);
        std::fs::remove_dir_all(&image).unwrap();
        copy_folder(&live, &image);
    }
}

#[test]
fn a_hole_in_what_never_reached_the_disk_is_cut_there() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("live");
    let repository = Repository::open_with(&live, patient()).unwrap();
    put(&repository, "0", "before the checkpoint");
    repository.checkpoint().unwrap();
    let mut ends = vec![length(&segment(&live, 1))];
    for number in 1..6 {
        put(&repository, &number.to_string(), &text(number, 2_000));
        ends.push(length(&segment(&live, 1)));
    }
    // A power cut keeps pages in any order: here the third unit's are missing.
    let image = folder.path().join("image");
    copy_folder(&live, &image);
    let file = segment(&image, 1);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[ends[2] as usize + 40..ends[3] as usize].fill(0);
    std::fs::write(&file, bytes).unwrap();
    for lose_index in [false, true] {
        if lose_index {
            std::fs::remove_dir_all(image.join("index")).unwrap();
        }
        let opened = Repository::open(&image).unwrap();
        let keys: Vec<_> = contents(&opened).into_keys().collect();
        assert_eq!(keys, ["0", "1", "2"]);
        assert_eq!(opened.recovery().damage, []);
    }
}

#[test]
fn acknowledged_records_that_were_cut_off_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 10);
    let file = segment(folder.path(), 1);
    truncate(&file, length(&file) - 100);
    let repository = Repository::open(folder.path()).unwrap();
    let damage = &repository.recovery().damage;
    assert!(damage[0].to_string().ends_with("the segment is shorter than what was acknowledged"));
    assert_eq!(repository.count(Kind::Conversation), 9);
    assert_eq!(contents(&repository).len(), 9);
    put(&repository, "new", "goes on");
    repository.close().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(repository.recovery(), &Default::default());
    assert_eq!(contents(&repository).len(), 10);
}

#[test]
fn a_flipped_bit_costs_one_record_and_repair_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    filled(&source, 24);
    let before = contents(&Repository::open(&source).unwrap());
    let size = length(&segment(&source, 1)) as usize;
    let image = folder.path().join("image");
    for at in (0..size).step_by(size / 15) {
        copy_folder(&source, &image);
        flip(&segment(&image, 1), at);
        let mut repository = Repository::open(&image).unwrap();
        let mut unreadable = 0;
        for (key, value) in &before {
            match repository.get(&TEXTS, key) {
                Ok(found) => assert_eq!(found.as_ref(), Some(value), "flipped at {at}"),
                Err(RepositoryError::Damaged { .. }) => unreadable += 1,
                Err(error) => panic!("flipped at {at}: {error}"),
            }
        }
        assert!(unreadable <= 1, "flipped at {at}");
        let repaired = repository.repair().unwrap();
        let after = contents(&repository);
        assert_eq!(after.len(), before.len() - unreadable);
        assert_eq!(repaired.records, after.len() as u64);
        assert!(after.iter().all(|(key, value)| before[key] == *value));
        let named = repaired.damage.iter().filter(|damage| damage.record.is_some()).count();
        assert_eq!(named, unreadable, "flipped at {at}");
        assert_eq!(repository.repair().unwrap().damage, []);
        drop(repository);
        std::fs::remove_dir_all(&image).unwrap();
    }
}

#[test]
fn a_flipped_bit_and_a_lost_index_cost_one_unit() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    filled(&source, 24);
    let before = contents(&Repository::open(&source).unwrap());
    let size = length(&segment(&source, 1)) as usize;
    let image = folder.path().join("image");
    for at in (0..size).step_by(size / 15) {
        copy_folder(&source, &image);
        flip(&segment(&image, 1), at);
        std::fs::remove_dir_all(image.join("index")).unwrap();
        let repository = Repository::open(&image).unwrap();
        let after = contents(&repository);
        assert!(after.len() >= before.len() - 1, "flipped at {at}: {} left", after.len());
        assert!(after.iter().all(|(key, value)| before[key] == *value));
        drop(repository);
        std::fs::remove_dir_all(&image).unwrap();
    }
}

#[test]
fn a_broken_index_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    filled(&source, 200);
    let before = contents(&Repository::open(&source).unwrap());
    let image = folder.path().join("image");
    let size = length(&source.join("index/db")) as usize;
    // sled fills its file from the front; most of the rest is unused.
    let positions = (0..6).map(|n| n * 977).chain((1..4).map(|n| n * size / 4));
    for at in positions {
        copy_folder(&source, &image);
        flip(&image.join("index/db"), at);
        // What sled finds only when it reads shows at the second opening.
        let healed = (0..2).any(|_| {
            Repository::open(&image).is_ok_and(|repository| {
                let found: Result<Vec<_>, _> = repository.scan(&TEXTS, "").unwrap().collect();
                found.is_ok_and(|_| contents(&repository) == before)
            })
        });
        assert!(healed, "flipped at {at}");
        std::fs::remove_dir_all(&image).unwrap();
    }
}

#[test]
fn odd_files_in_the_index_folder_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 20);
    let index = folder.path().join("index");
    std::fs::write(index.join("snap.0000000000000042.generating"), b"half").unwrap();
    assert_eq!(contents(&Repository::open(folder.path()).unwrap()).len(), 20);
    std::fs::write(index.join("conf"), b"nonsense").unwrap();
    assert_eq!(contents(&Repository::open(folder.path()).unwrap()).len(), 20);
    std::fs::write(index.join("db"), b"nonsense").unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    assert!(repository.recovery().units >= 20);
    assert_eq!(contents(&repository).len(), 20);
}

#[test]
fn a_lost_segment_is_reported_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 120);
    let before = contents(&Repository::open(folder.path()).unwrap());
    std::fs::remove_file(segment(folder.path(), 2)).unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    assert!(repository.recovery().damage[0].to_string().contains("is missing"));
    let after = contents(&repository);
    assert!(after.len() < before.len() && after.len() > before.len() / 2, "{}", after.len());
    assert_eq!(repository.count(Kind::Conversation), after.len() as u64);
}

#[test]
fn a_last_segment_cut_to_a_stump_does_not_mislead_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    for (records, stump) in [(0, 5), (0, 0), (40, 5)] {
        let path = folder.path().join(format!("{records}-{stump}"));
        filled(&path, records);
        let mut repository = Repository::open(&path).unwrap();
        // Ends the segment, so that the last one holds nothing live.
        repository.compact(0.0).unwrap();
        repository.close().unwrap();
        let ids = std::fs::read_dir(path.join("segments")).unwrap().count() as u32;
        truncate(&segment(&path, ids), stump);
        for round in 0..2 {
            let repository = Repository::open(&path).unwrap();
            put(&repository, &format!("new-{round}"), "goes on");
            repository.close().unwrap();
        }
        let repository = Repository::open(&path).unwrap();
        assert_eq!(repository.recovery(), &Default::default());
        assert_eq!(contents(&repository).len() as u64, records + 2);
    }
}

#[test]
fn a_segment_of_a_newer_format_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    let file = segment(folder.path(), 1);
    let mut bytes = std::fs::read(&file).unwrap();
    for copy in [0, 16] {
        bytes[copy + 7] = 9;
        let crc = crc32fast::hash(&bytes[copy..copy + 12]);
        bytes[copy + 12..copy + 16].copy_from_slice(&crc.to_le_bytes());
    }
    std::fs::write(&file, bytes).unwrap();
    let error = Repository::open(folder.path()).unwrap_err();
    assert!(matches!(error, RepositoryError::NewerFormat { found: 9, .. }), "{error}");
}

/// Something done to a file's bytes, at a place from 0 to 1.
#[derive(Clone, Debug)]
enum Harm {
    Overwrite(f64, Vec<u8>),
    Insert(f64, Vec<u8>),
    Remove(f64, usize),
    /// Copies bytes from one place over those of another.
    Repeat(f64, f64, usize),
}

impl Harm {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &f64| (at * bytes.len() as f64) as usize;
        match self {
            Self::Overwrite(at, new) => {
                let at = place(at);
                let end = (at + new.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&new[..end - at]);
            }
            Self::Insert(at, new) => drop(bytes.splice(place(at)..place(at), new.iter().copied())),
            Self::Remove(at, length) => {
                let at = place(at);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Self::Repeat(from, to, length) => {
                let (from, to) = (place(from), place(to));
                let length = (*length).min(bytes.len() - from.max(to));
                bytes.copy_within(from..from + length, to);
            }
        }
    }
}

fn harm() -> impl Strategy<Value = Harm> {
    let junk = || prop::collection::vec(any::<u8>(), 1..200);
    prop_oneof![
        (0.0..1.0, junk()).prop_map(|(at, new)| Harm::Overwrite(at, new)),
        (0.0..1.0, junk()).prop_map(|(at, new)| Harm::Insert(at, new)),
        (0.0..1.0, 1..4000_usize).prop_map(|(at, length)| Harm::Remove(at, length)),
        (0.0..1.0, 0.0..1.0, 1..4000_usize).prop_map(|(from, to, n)| Harm::Repeat(from, to, n)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a segment, with the index or without, only what was
    /// written comes back, and after a repair nothing is wrong any more.
    #[test]
    fn harmed_segments_never_answer_wrongly(
        harms in prop::collection::vec(harm(), 1..4),
        with_index in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), 60);
        let before = contents(&Repository::open(folder.path()).unwrap());
        let file = segment(folder.path(), 1);
        let mut bytes = std::fs::read(&file).unwrap();
        harms.iter().for_each(|harm| harm.apply(&mut bytes));
        std::fs::write(&file, bytes).unwrap();
        if !with_index {
            std::fs::remove_dir_all(folder.path().join("index")).unwrap();
        }
        let mut repository = Repository::open(folder.path()).unwrap();
        for record in repository.scan(&TEXTS, "").unwrap() {
            match record {
                Ok(record) => {
                    let key = String::from_utf8(record.key).unwrap();
                    prop_assert_eq!(&before[&key], &record.value);
                }
                Err(error) => assert!(matches!(error, RepositoryError::Damaged { .. }), "{error}"),
            }
        }
        repository.repair().unwrap();
        let after = contents(&repository);
        prop_assert!(after.iter().all(|(key, value)| before[key] == *value));
        prop_assert_eq!(repository.count(Kind::Conversation), after.len() as u64);
        prop_assert_eq!(repository.repair().unwrap().damage, []);
        repository.close().unwrap();
        let repository = Repository::open(folder.path()).unwrap();
        prop_assert_eq!(repository.recovery(), &Default::default());
        prop_assert_eq!(contents(&repository), after);
    }
}

/// `REHEARSAL_CASES` sets how many.
fn cases() -> u32 {
    std::env::var("REHEARSAL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(12)
}
