//! `pipeline.lock`: whose code runs and what it may see, as the operator last accepted.
//!
//! It stands beside the pipeline's file and is meant to be committed with it. A component
//! with another digest, an import that is new and a grant that is wider stop a run until
//! they are accepted; a stage that is new was just written by the operator and is taken
//! in; what is narrower or gone needs no one's consent.

mod difference;
mod permissions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use rehearsal_config::{Config, Stage};
use rehearsal_sandbox::Component;
use serde::{Deserialize, Serialize};

use crate::Plan;
use crate::plan::Ready;
use difference::listed;
pub use difference::{Change, Difference};
use permissions::{covered, permissions};

/// Form of the file.
const VERSION: u32 = 1;
const HEAD: &str = "\
# Which plugins run and what they may see, as last accepted by `rehearsal lock`.
# Commit it: a component, an import or a grant that is not in here stops the run.
";

/// What is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u32,
    /// By stage id.
    #[serde(default)]
    stage: BTreeMap<String, LockedStage>,
}

/// What is accepted of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedStage {
    /// Name and version, as the plugin says them: for people.
    plugin: String,
    world: String,
    /// Version of the contract.
    contract: String,
    digest: String,
    imports: BTreeSet<String>,
    grants: BTreeSet<String>,
    /// Where the component was fetched from; none for a file of the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

/// Why a lock file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It cannot be read or written.
    #[error("cannot {action} the lock file {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not what this program wrote.
    #[error(
        "the lock file {} cannot be understood: {problem}; compare it with an earlier version, \
         or write it anew with `rehearsal lock`", path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and what.
        problem: String,
    },
    /// It does not accept what would run.
    #[error(
        "{} does not accept what would run:\n{}\nif that is meant, `rehearsal lock` accepts it",
        path.display(), listed(differences)
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },
}

/// Where the lock of a pipeline's file stands: `pipeline.lock` beside `pipeline.toml`.
#[must_use]
pub fn lock_path(pipeline: &Path) -> PathBuf {
    pipeline.with_extension("lock")
}

impl Lock {
    /// One that accepts nothing yet.
    #[must_use]
    pub fn empty() -> Self {
        Self { version: VERSION, stage: BTreeMap::new() }
    }

    /// What a plan would run. Where components came from is taken over from what was
    /// accepted `before`, as long as they are the same.
    #[must_use]
    pub fn of(config: &Config, plan: &Plan, before: Option<&Self>) -> Self {
        let mut lock = Self::empty();
        let pipeline = &config.pipeline;
        let folder = config.document().path().parent().unwrap_or(Path::new(""));
        let mut add = |stage: &Stage, locked: LockedStage| {
            let grants = permissions(stage, folder);
            let source = before
                .and_then(|before| before.stage.get(&stage.id))
                .filter(|accepted| accepted.digest == locked.digest)
                .and_then(|accepted| accepted.source.clone());
            lock.stage.insert(stage.id.clone(), LockedStage { grants, source, ..locked });
        };
        for (stage, ready) in pipeline.sources.iter().zip(&plan.sources) {
            add(&stage.stage, locked(&ready.stage));
        }
        for (stage, ready) in pipeline.extractors.iter().zip(&plan.extractors) {
            add(stage, locked(ready));
        }
        for (stage, ready) in pipeline.paths.iter().zip(&plan.paths) {
            add(&stage.stage, locked(&ready.stage));
        }
        for (stage, ready) in pipeline.validators.iter().zip(&plan.validators) {
            add(stage, locked(&ready.stage));
        }
        lock
    }

    /// Reads a lock file; none where there is none.
    ///
    /// # Errors
    /// If it is there and cannot be used.
    pub fn read(path: &Path) -> Result<Option<Self>, LockError> {
        let invalid = |problem| LockError::Invalid { path: path.to_owned(), problem };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(LockError::Io { action: "read", path: path.to_owned(), source });
            }
        };
        let lock: Self = toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if lock.version != VERSION {
            let found = lock.version;
            return Err(invalid(format!("it has form {found}, and this program knows {VERSION}")));
        }
        Ok(Some(lock))
    }

    /// Writes it in one step.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let text = toml::to_string(self).map_err(|error| LockError::Invalid {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
        let partial = path.with_extension("lock.partial");
        fs::write(&partial, format!("{HEAD}{text}"))
            .and_then(|()| fs::rename(&partial, path))
            .map_err(|source| LockError::Io { action: "write", path: path.to_owned(), source })
    }

    /// Everything in which `now` differs from what is accepted, by stage.
    #[must_use]
    pub fn compare(&self, now: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (id, stage) in &now.stage {
            let changes = match self.stage.get(id) {
                Some(accepted) => accepted.compare(stage),
                None => vec![Change::NewStage {
                    plugin: stage.plugin.clone(),
                    digest: stage.digest.clone(),
                }],
            };
            let of_stage = |change| Difference { stage: id.clone(), change };
            differences.extend(changes.into_iter().map(of_stage));
        }
        for id in self.stage.keys().filter(|id| !now.stage.contains_key(*id)) {
            differences.push(Difference { stage: id.clone(), change: Change::GoneStage });
        }
        differences
    }

    /// Accepts one stage as it is in a pipeline's file, with a component that came from
    /// `source`; `plugin` is its name and version. Other stages are left as they were.
    pub fn accept(
        &mut self,
        config: &Config,
        stage: &Stage,
        plugin: &str,
        component: &Component,
        source: Option<String>,
    ) {
        let folder = config.document().path().parent().unwrap_or(Path::new(""));
        let grants = permissions(stage, folder);
        let accepted = LockedStage { grants, source, ..of_component(plugin, component) };
        self.stage.insert(stage.id.clone(), accepted);
    }

    /// Takes a stage out of it.
    pub fn remove(&mut self, id: &str) {
        self.stage.remove(id);
    }

    /// This lock cut down to one stage, to be compared alone.
    #[must_use]
    pub fn only(&self, id: &str) -> Self {
        let one = self.stage.get_key_value(id);
        let stage = one.map(|(id, stage)| (id.clone(), stage.clone())).into_iter().collect();
        Self { version: VERSION, stage }
    }

    /// Where the component of a stage was fetched from.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&str> {
        self.stage.get(id)?.source.as_deref()
    }

    /// Id, plugin and digest of each stage.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let stages = self.stage.iter();
        stages.map(|(id, stage)| (id.as_str(), stage.plugin.as_str(), stage.digest.as_str()))
    }

    /// How many stages it has.
    #[must_use]
    pub fn stages(&self) -> usize {
        self.stage.len()
    }
}

impl LockedStage {
    fn compare(&self, now: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if (&self.digest, &self.world, &self.contract) != (&now.digest, &now.world, &now.contract) {
            changes.push(Change::Component { from: self.named(), to: now.named() });
        }
        let new = now.imports.difference(&self.imports).cloned();
        changes.extend(new.map(Change::NewImport));
        let wider = now.grants.iter().filter(|grant| !covered(&self.grants, grant));
        changes.extend(wider.cloned().map(Change::WiderGrant));
        let narrower =
            self.grants.difference(&now.grants).chain(self.imports.difference(&now.imports));
        changes.extend(narrower.cloned().map(Change::Narrower));
        changes
    }

    fn named(&self) -> String {
        format!("{} ({:.12})", self.plugin, self.digest)
    }
}

fn locked<T>(ready: &Ready<T>) -> LockedStage {
    of_component(&ready.plugin, &ready.component)
}

fn of_component(plugin: &str, component: &Component) -> LockedStage {
    LockedStage {
        plugin: plugin.to_owned(),
        world: component.world().name().to_owned(),
        contract: component.contract().to_owned(),
        digest: component.digest().to_string(),
        imports: component.imports().iter().cloned().collect(),
        grants: BTreeSet::new(),
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lock(grants: &[&str], imports: &[&str], digest: &str) -> Lock {
        let set = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        let stage = LockedStage {
            plugin: "nepq 0.1.0".to_owned(),
            world: "extractor".to_owned(),
            contract: "0.1.0".to_owned(),
            digest: digest.to_owned(),
            imports: set(imports),
            grants: set(grants),
            source: None,
        };
        Lock { version: VERSION, stage: BTreeMap::from([("nepq".to_owned(), stage)]) }
    }

    fn wanting_consent(from: &Lock, to: &Lock) -> Vec<String> {
        let differences = from.compare(to).into_iter();
        differences.filter(|d| d.change.wants_consent()).map(|d| d.to_string()).collect()
    }

    #[test]
    fn what_is_wider_wants_consent_and_what_is_narrower_does_not() {
        let all = lock(&["files ** of calls", "http GET https://a.example/v1/*"], &["a", "b"], "1");
        let some =
            lock(&["files *.mp3 of calls", "http GET https://a.example/v1/calls"], &["a"], "1");
        assert_eq!(wanting_consent(&all, &some), [""; 0]);
        assert_eq!(
            wanting_consent(&some, &all),
            [
                "nepq: new import: b",
                "nepq: wider grant: files ** of calls",
                "nepq: wider grant: http GET https://a.example/v1/*",
            ]
        );
        let elsewhere =
            lock(&["files *.mp3 of other", "http POST https://a.example/v1/x"], &[], "1");
        assert_eq!(wanting_consent(&all, &elsewhere).len(), 2);
        assert_eq!(
            wanting_consent(&all, &lock(&[], &[], "2")),
            ["nepq: another component: nepq 0.1.0 (1) is now nepq 0.1.0 (2)"]
        );
    }

    #[test]
    fn stages_may_come_and_go() {
        let none = Lock { version: VERSION, stage: BTreeMap::new() };
        let one = lock(&["audio"], &["a"], "1");
        assert_eq!(wanting_consent(&none, &one), [""; 0]);
        assert_eq!(none.compare(&one).len(), 1);
        assert_eq!(
            one.compare(&none),
            [Difference { stage: "nepq".to_owned(), change: Change::GoneStage }]
        );
    }

    #[test]
    fn what_is_written_is_read_and_anything_else_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = lock_path(&folder.path().join("pipeline.toml"));
        assert_eq!(Lock::read(&path).expect("no lock is none"), None);
        let one = lock(&["audio"], &["a"], "1");
        one.write(&path).expect("it is written");
        assert_eq!(Lock::read(&path).expect("it is read"), Some(one));
        for text in ["version = 2", "nonsense", "version = 1\nextra = 1", "\u{0}"] {
            fs::write(&path, text).expect("it is written");
            let error = Lock::read(&path).expect_err("it is refused").to_string();
            assert!(error.contains("rehearsal lock"), "{error}");
        }
    }

    proptest! {
        /// Whatever stands in it: a lock or an error, never a panic.
        #[test]
        fn fuzz_any_lock_file_is_answered(text in "(version = 1\n)?(\\[stage\\.a\\]\n|digest = \"1\"\n|\\PC{0,20}\n){0,8}") {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("pipeline.lock");
            fs::write(&path, text).expect("it is written");
            drop(Lock::read(&path));
        }
    }
}
