//! Models with their versions, what they were made of and which one is in use.
//!
//! Records lie in the repository and, line by line, in `models/journal.jsonl` beside the
//! models' files. Opening makes each hold what the other has, so neither a lost
//! repository nor a lost journal costs a model. Records are JSON: every later version of
//! this program has to read them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rehearsal_classify::Measures;
use rehearsal_dataset::FileRecord;
use rehearsal_repository::{Fingerprint, Kind, Repository, Table};
use rehearsal_review::lines;
use serde::{Deserialize, Serialize};

use crate::ImproveError;

/// Versions, under trainer, a zero and the number.
const MODELS: Table<String> = Table::new(Kind::Model, 1);
/// Calls that a trainer's models are judged by, under the trainer's id.
const FROZEN: Table<String> = Table::new(Kind::FrozenTest, 1);

/// The journal, in the folder of all models.
pub(crate) const JOURNAL: &str = "journal.jsonl";

/// What a version is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Made, and not in use.
    Candidate,
    /// In use; one a trainer at most.
    Champion,
    /// Was in use.
    Retired,
}

impl Stage {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Champion => "champion",
            Self::Retired => "retired",
        }
    }
}

/// A version of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Whose model it is.
    pub trainer: String,
    /// From 1.
    pub version: u32,
    /// What it is for.
    pub stage: Stage,
    /// Digest of all that it was made of and by.
    pub inputs: String,
    /// Data sets (Merkle root) and files (sha256) that it learned from, by name.
    pub made_of: BTreeMap<String, String>,
    /// Lessons by who gave their labels.
    #[serde(default)]
    pub lessons: BTreeMap<String, u64>,
    /// Calls that experts had judged when it was made.
    #[serde(default)]
    pub judged: BTreeSet<String>,
    /// How often it finds which class in what it learned from: what drift is told by.
    #[serde(default)]
    pub found: BTreeMap<String, u64>,
    /// On the frozen test split; none where nothing could be judged.
    #[serde(default)]
    pub measures: Option<Measures>,
    /// Its files, relative to [`Version::folder`].
    pub files: Vec<FileRecord>,
    /// Its folder, relative to that of all models.
    pub folder: PathBuf,
    /// The champion that it replaced.
    #[serde(default)]
    pub replaced: Option<u32>,
    /// Seconds since 1970.
    pub made_at: u64,
    /// Seconds since 1970; of the last time that it became champion.
    #[serde(default)]
    pub promoted_at: Option<u64>,
    /// Counts changes over the whole registry: of two states of a version the higher holds.
    pub revision: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Model(Box<Version>),
    Frozen { trainer: String, calls: BTreeSet<String> },
}

/// The models of a workspace.
#[derive(Debug)]
pub struct Registry<'a> {
    repository: &'a Repository,
    folder: PathBuf,
    versions: BTreeMap<(String, u32), Version>,
    frozen: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Registry<'a> {
    /// Opens the registry of a workspace.
    ///
    /// # Errors
    /// The repository or the journal cannot be read or brought up to date.
    pub fn open(repository: &'a Repository, workspace: &Path) -> Result<Self, ImproveError> {
        let folder = workspace.join("models");
        let mut registry =
            Self { repository, folder, versions: BTreeMap::new(), frozen: BTreeMap::new() };
        let mut journal = Self { repository, folder: registry.folder.clone(), ..registry.empty() };
        for line in journal.told()? {
            journal.know(line);
        }
        for record in repository.scan(&MODELS, [])? {
            // What cannot be read here is in the journal.
            let Some(version) = record.ok().and_then(|one| serde_json::from_str(&one.value).ok())
            else {
                continue;
            };
            registry.know(Line::Model(Box::new(version)));
        }
        for record in repository.scan(&FROZEN, [])?.filter_map(Result::ok) {
            let trainer = String::from_utf8_lossy(&record.key).into_owned();
            if let Ok(calls) = serde_json::from_str(&record.value) {
                registry.know(Line::Frozen { trainer, calls });
            }
        }
        let missing = |from: &Self, to: &Self| -> Vec<Line> {
            from.lines().filter(|line| !to.knows(line)).collect()
        };
        let (to_journal, to_repository) =
            (missing(&registry, &journal), missing(&journal, &registry));
        registry.append(&to_journal)?;
        registry.put(&to_repository)?;
        to_repository.into_iter().for_each(|line| registry.know(line));
        Ok(registry)
    }

    const fn empty(&self) -> Self {
        Self {
            repository: self.repository,
            folder: PathBuf::new(),
            versions: BTreeMap::new(),
            frozen: BTreeMap::new(),
        }
    }

    /// Folder of all models.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All versions, by trainer and number.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        self.versions.values()
    }

    /// Those of a trainer, the oldest first.
    pub fn of<'s>(&'s self, trainer: &'s str) -> impl DoubleEndedIterator<Item = &'s Version> {
        self.versions.values().filter(move |version| version.trainer == trainer)
    }

    /// The one that is in use.
    #[must_use]
    pub fn champion(&self, trainer: &str) -> Option<&Version> {
        self.versions
            .values()
            .find(|version| version.trainer == trainer && version.stage == Stage::Champion)
    }

    /// The one that was made of the same, if its files are there.
    #[must_use]
    pub fn made_of(&self, trainer: &str, inputs: &str) -> Option<&Version> {
        self.versions.values().rfind(|version| {
            version.trainer == trainer && version.inputs == inputs && self.stands(version)
        })
    }

    /// Whether all files of a version are there with their sizes.
    #[must_use]
    pub fn stands(&self, version: &Version) -> bool {
        let folder = self.folder.join(&version.folder);
        version.files.iter().all(|file| {
            fs::metadata(folder.join(&file.path)).is_ok_and(|meta| meta.len() == file.bytes)
        })
    }

    /// The number that the next version of a trainer gets.
    #[must_use]
    pub fn next(&self, trainer: &str) -> u32 {
        self.of(trainer).map(|version| version.version).max().unwrap_or_default() + 1
    }

    /// Takes a new version in, as a candidate.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn register(&mut self, version: Version) -> Result<Version, ImproveError> {
        let version = Version { stage: Stage::Candidate, made_at: now(), ..version };
        Ok(self.change(vec![version])?.remove(0))
    }

    /// Makes a version the champion and retires the one that was.
    ///
    /// # Errors
    /// There is no such version, its files are gone or changed, or it cannot be written
    /// down.
    pub fn promote(&mut self, trainer: &str, version: u32) -> Result<Version, ImproveError> {
        let Some(next) = self.versions.get(&(trainer.to_owned(), version)).cloned() else {
            let numbers: Vec<String> =
                self.of(trainer).map(|one| one.version.to_string()).collect();
            let there = match numbers.as_slice() {
                [] => "it has none: `rehearsal train` makes one".to_owned(),
                numbers => format!("there are {}", numbers.join(", ")),
            };
            return Err(ImproveError::NoModel(format!(
                "`{trainer}` has no version {version}; {there}"
            )));
        };
        self.check_files(&next)?;
        let former = self.champion(trainer).cloned().filter(|former| former.version != version);
        let replaced = match &former {
            Some(former) => Some(former.version),
            None => next.replaced,
        };
        let next = Version { stage: Stage::Champion, replaced, promoted_at: Some(now()), ..next };
        let former = former.map(|former| Version { stage: Stage::Retired, ..former });
        let mut changed = vec![next];
        changed.extend(former);
        Ok(self.change(changed)?.remove(0))
    }

    /// Puts the former champion back in its place. Where `ships` says that a model ships
    /// which is in use without any, the first champion is retired.
    ///
    /// # Errors
    /// There is none, its files are gone or changed, or it cannot be written down.
    pub fn rollback(&mut self, trainer: &str, ships: bool) -> Result<Version, ImproveError> {
        let nothing = |what: &str| ImproveError::NoModel(format!("`{trainer}` {what}"));
        let champion = self.champion(trainer).cloned().ok_or_else(|| nothing("has no champion"))?;
        if ships && champion.replaced.is_none() {
            let retired = Version { stage: Stage::Retired, ..champion };
            return Ok(self.change(vec![retired])?.remove(0));
        }
        let former = champion
            .replaced
            .and_then(|number| self.versions.get(&(trainer.to_owned(), number)).cloned())
            .ok_or_else(|| nothing("had no champion before this one"))?;
        self.check_files(&former)?;
        let former = Version { stage: Stage::Champion, promoted_at: Some(now()), ..former };
        let retired = Version { stage: Stage::Retired, ..champion };
        Ok(self.change(vec![former, retired])?.remove(0))
    }

    fn check_files(&self, version: &Version) -> Result<(), ImproveError> {
        let folder = self.folder.join(&version.folder);
        for file in &version.files {
            let found = crate::files::record(&folder, &file.path)?;
            if found != *file {
                return Err(ImproveError::NoModel(format!(
                    "{} is not the file that version {} of `{}` was registered with",
                    folder.join(&file.path).display(),
                    version.version,
                    version.trainer
                )));
            }
        }
        Ok(())
    }

    /// The calls that a trainer's models are judged by: those given the first time, for
    /// good where `keep` says so. Nothing is ever learned from them.
    ///
    /// # Errors
    /// They cannot be written down.
    pub fn freeze(
        &mut self,
        trainer: &str,
        keep: bool,
        calls: impl FnOnce() -> BTreeSet<String>,
    ) -> Result<BTreeSet<String>, ImproveError> {
        if let Some(frozen) = self.frozen.get(trainer) {
            return Ok(frozen.clone());
        }
        let calls = calls();
        // An empty test split is none to hold on to.
        if keep && !calls.is_empty() {
            let line = Line::Frozen { trainer: trainer.to_owned(), calls: calls.clone() };
            self.keep(vec![line])?;
        }
        Ok(calls)
    }

    fn change(&mut self, versions: Vec<Version>) -> Result<Vec<Version>, ImproveError> {
        let mut revision = self.versions.values().map(|one| one.revision).max().unwrap_or_default();
        let versions: Vec<Version> = versions
            .into_iter()
            .map(|version| {
                revision += 1;
                Version { revision, ..version }
            })
            .collect();
        let lines = versions.iter().map(|version| Line::Model(Box::new(version.clone())));
        self.keep(lines.collect())?;
        Ok(versions)
    }

    /// The journal first: what is there survives whatever comes next.
    fn keep(&mut self, lines: Vec<Line>) -> Result<(), ImproveError> {
        self.append(&lines)?;
        self.put(&lines)?;
        lines.into_iter().for_each(|line| self.know(line));
        Ok(())
    }

    fn know(&mut self, line: Line) {
        match line {
            Line::Model(version) => {
                let key = (version.trainer.clone(), version.version);
                let newer = |known: &Version| known.revision >= version.revision;
                if !self.versions.get(&key).is_some_and(newer) {
                    self.versions.insert(key, *version);
                }
            }
            Line::Frozen { trainer, calls } => {
                self.frozen.entry(trainer).or_insert(calls);
            }
        }
    }

    fn knows(&self, line: &Line) -> bool {
        match line {
            Line::Model(version) => self
                .versions
                .get(&(version.trainer.clone(), version.version))
                .is_some_and(|known| known.revision >= version.revision),
            Line::Frozen { trainer, .. } => self.frozen.contains_key(trainer),
        }
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        let frozen = self.frozen.iter().map(|(trainer, calls)| Line::Frozen {
            trainer: trainer.clone(),
            calls: calls.clone(),
        });
        let models = self.versions.values().map(|version| Line::Model(Box::new(version.clone())));
        frozen.chain(models)
    }

    fn put(&self, lines: &[Line]) -> Result<(), ImproveError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut unit = self.repository.unit();
        for line in lines {
            match line {
                Line::Model(version) => {
                    let key = [version.trainer.as_bytes(), &[0], &version.version.to_be_bytes()];
                    unit.put(&MODELS, key.concat(), Fingerprint::NONE, &json(version))?;
                }
                Line::Frozen { trainer, calls } => {
                    unit.put(&FROZEN, trainer, Fingerprint::NONE, &json(calls))?;
                }
            }
        }
        self.repository.commit(unit)?;
        self.repository.checkpoint()?;
        Ok(())
    }

    fn journal(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    fn append(&self, added: &[Line]) -> Result<(), ImproveError> {
        if added.is_empty() {
            return Ok(());
        }
        let path = self.journal();
        let texts = added.iter().map(json);
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
            lines::append(&mut file, texts)
        };
        write().map_err(ImproveError::io("write", &path))
    }

    /// All that the journal tells, in its order. A line that lost bytes is left out: it is
    /// in the repository.
    pub(crate) fn told(&self) -> Result<Vec<Line>, ImproveError> {
        told(&self.journal())
    }
}

/// All that a journal tells, in its order; nothing where there is none.
pub(crate) fn told(path: &Path) -> Result<Vec<Line>, ImproveError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ImproveError::io("read", path)(error)),
    };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn json<T: Serialize>(value: &T) -> String {
    // Texts, finite numbers and maps of them: this cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
