//! Random histories, compared with a `BTreeMap` after every step: whatever a
//! repository goes through, it holds what was committed.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{NUMBERS, TEXTS, contents, copy_folder, fingerprint, text};
use proptest::prelude::*;
use rehearsal_repository::{Fingerprint, Kind, Options, Repository};

type Model = BTreeMap<String, String>;

#[derive(Clone, Debug)]
enum Step {
    /// Puts (a length) and deletions (none), committed as one unit.
    Unit(Vec<(u8, Option<u16>)>),
    Checkpoint,
    Reopen,
    /// Goes on from what a killed process would have left.
    Crash,
    LoseIndex,
    Compact,
    Erase(u8),
    Repair,
    Backup,
}

fn step() -> impl Strategy<Value = Step> {
    let change = (0..24_u8, prop::option::weighted(0.7, 0..3000_u16));
    prop_oneof![
        12 => prop::collection::vec(change, 1..5).prop_map(Step::Unit),
        3 => Just(Step::Checkpoint),
        1 => Just(Step::Reopen),
        2 => Just(Step::Crash),
        1 => Just(Step::LoseIndex),
        2 => Just(Step::Compact),
        1 => (0..24_u8).prop_map(Step::Erase),
        1 => Just(Step::Repair),
        1 => Just(Step::Backup),
    ]
}

fn key(number: u8) -> String {
    format!("call-{number:02}")
}

fn open(path: &Path) -> Repository {
    let options = Options { segment_bytes: 6_000, checkpoint_units: 5, ..Options::default() };
    Repository::open_with(path, options).unwrap()
}

struct House {
    folder: tempfile::TempDir,
    generation: u32,
    repository: Option<Repository>,
    model: Model,
    seed: u64,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Some(open(&folder.path().join("0")));
        Self { folder, generation: 0, repository, model: Model::new(), seed: 0 }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.generation.to_string())
    }

    fn repository(&mut self) -> &mut Repository {
        self.repository.as_mut().unwrap()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Unit(changes) => self.unit(changes),
            Step::Checkpoint => drop(self.repository().checkpoint().unwrap()),
            Step::Reopen => {
                self.repository.take().unwrap().close().unwrap();
                self.repository = Some(open(&self.path()));
                assert_eq!(self.repository().recovery(), &Default::default());
            }
            Step::Crash => {
                let from = self.path();
                self.generation += 1;
                copy_folder(&from, &self.path());
                self.repository = Some(open(&self.path()));
                assert_eq!(self.repository().recovery().damage, []);
            }
            Step::LoseIndex => {
                self.repository.take();
                std::fs::remove_dir_all(self.path().join("index")).unwrap();
                self.repository = Some(open(&self.path()));
                assert_eq!(self.repository().recovery().damage, []);
            }
            Step::Compact => drop(self.repository().compact(0.7).unwrap()),
            Step::Erase(number) => {
                let name = key(number);
                let erased = self.repository().erase(|_, key| key == name.as_bytes()).unwrap();
                let held = u64::from(self.model.remove(&name).is_some());
                assert_eq!(erased.records, 2 * held);
                assert!(!anywhere(&self.path(), name.as_bytes()), "{name} left a trace");
            }
            Step::Repair => assert_eq!(self.repository().repair().unwrap().damage, []),
            Step::Backup => {
                let to = self.folder.path().join("backup");
                assert_eq!(self.repository().backup(&to).unwrap().damage, []);
                assert_eq!(contents(&open(&to)), self.model);
                std::fs::remove_dir_all(to).unwrap();
            }
        }
    }

    fn unit(&mut self, changes: Vec<(u8, Option<u16>)>) {
        let mut unit = self.repository().unit();
        for (number, length) in changes {
            let key = key(number);
            if let Some(length) = length {
                self.seed += 1;
                let value = text(self.seed, length.into());
                unit.put(&TEXTS, &key, fingerprint(&value), &value).unwrap();
                unit.put(&NUMBERS, &key, Fingerprint::NONE, &length.into()).unwrap();
                self.model.insert(key, value);
            } else {
                unit.delete(Kind::Conversation, &key).unwrap();
                unit.delete(Kind::Cursor, &key).unwrap();
                self.model.remove(&key);
            }
        }
        self.repository().commit(unit).unwrap();
    }

    fn compare(&self) {
        let repository = self.repository.as_ref().unwrap();
        assert_eq!(contents(repository), self.model);
        let count = self.model.len() as u64;
        assert_eq!(repository.count(Kind::Conversation), count);
        assert_eq!(repository.count(Kind::Cursor), count);
        for entry in repository.entries(Kind::Conversation, "").unwrap() {
            let entry = entry.unwrap();
            let value = &self.model[std::str::from_utf8(&entry.key).unwrap()];
            assert_eq!(entry.fingerprint, fingerprint(value));
            let length = repository.get(&NUMBERS, &entry.key).unwrap();
            assert_eq!(length, Some(value.len() as u64));
        }
        let stats = repository.stats().unwrap();
        let of_kinds: u64 = stats.kinds.iter().map(|kind| kind.bytes).sum();
        assert_eq!(stats.live_bytes, of_kinds);
        assert!(stats.live_bytes <= stats.segment_bytes);
    }
}

/// Whether any file below `folder` holds `bytes`.
fn anywhere(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return anywhere(&path, bytes);
        }
        std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_keeps_what_was_committed(steps in prop::collection::vec(step(), 1..40)) {
        let mut house = House::new();
        for step in steps {
            house.take(step);
            house.compare();
        }
    }
}

/// `REHEARSAL_CASES` sets how many histories are tried.
fn cases() -> u32 {
    std::env::var("REHEARSAL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(12)
}
