//! The evil kit against an operator's own pipeline and machine: every stage's place is
//! taken by a plugin that misbehaves, with that stage's grants and limits, and what
//! stopped it is written down.
//!
//! The attackers get invented calls, not the operator's, and servers of this process.
//! Granted folders are the real ones, since their borders are what is tried.

mod bait;
mod catalogue;
mod judge;
mod machine;
mod victim;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rehearsal_sandbox::{Component, Grants, Limits, LoadError, Sandbox, World};
use serde::Serialize;

use self::machine::Canaries;
pub use self::machine::Memory;
use self::victim::{Stand, Victim};
use crate::PipelineError;
use crate::plan::{Plan, Ready};

/// Waiting for a deadline proves as much after half a second as after a minute.
const DEADLINE: Duration = Duration::from_millis(500);
/// The longest that other attacks may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of one attack.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The stage whose place was taken.
    pub stage: String,
    /// Its world.
    pub world: &'static str,
    /// The attack's name.
    pub attack: &'static str,
    /// The export that it was made in.
    pub export: &'static str,
    /// What stopped it; none where it got through.
    pub stopped_by: Option<String>,
    /// The message that an operator gets; or how it got through.
    pub message: String,
    /// What it took, in seconds.
    pub seconds: f64,
}

/// What came of all attacks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Assault {
    /// In the order of the pipeline's stages.
    pub attempts: Vec<Attempt>,
    /// Stages that are like one before them in world, grants and limits.
    pub alike: Vec<(String, String)>,
    /// The process's memory before, and after each.
    pub memory: Memory,
}

impl Assault {
    /// Attacks that got through.
    pub fn successes(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.stopped_by.is_none())
    }

    /// Whether everything held.
    #[must_use]
    pub fn held(&self) -> bool {
        self.successes().next().is_none() && self.memory.is_back()
    }
}

/// Why the kit cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the evil kit is not at {}: {reason}; `cargo xtask plugins` builds it", folder.display()
)]
pub struct NoKit {
    /// Where it was looked for.
    pub folder: PathBuf,
    /// What is wrong.
    pub reason: String,
}

/// Attacks every stage of a plan with the kit in `folder`. `tell` hears each attempt.
///
/// # Errors
/// [`NoKit`] where there is none; else what keeps the machine from running anything.
pub async fn attack(
    plan: &Plan,
    sandbox: &Sandbox,
    folder: &Path,
    mut tell: impl FnMut(&Attempt),
) -> Result<Assault, PipelineError> {
    let canaries = Canaries::plant()?;
    let mut assault = Assault::default();
    let mut seen: Vec<(Position, String)> = Vec::new();
    for (id, position) in positions(plan) {
        if let Some((_, like)) = seen.iter().find(|(known, _)| known.alike(&position)) {
            assault.alike.push((id, like.clone()));
            continue;
        }
        let component = kit(sandbox, folder, position.world)?;
        let door = canaries.door(&id)?;
        let stand = Stand::new(&position.grants, &canaries.folder(), door);
        // What is compiled and pooled once is no leak.
        let quiet =
            Strike { known: &catalogue::NOTHING, export: catalogue::exports(position.world)[0] };
        quiet.run(&id, &component, &position, &stand, &canaries).await?;
        assault.memory.begin();
        for attempt in unlinked(&id, &component, &position)? {
            tell(&attempt);
            assault.attempts.push(attempt);
        }
        for (known, export) in catalogue::of(position.world) {
            if known.wants.is_some_and(|want| !position.grants_has(want)) {
                continue;
            }
            let strike = Strike { known, export };
            let attempt = strike.run(&id, &component, &position, &stand, &canaries).await?;
            assault.memory.look(&attempt).await;
            tell(&attempt);
            assault.attempts.push(attempt);
        }
        seen.push((position, id));
    }
    Ok(assault)
}

fn kit(sandbox: &Sandbox, folder: &Path, world: World) -> Result<Component, PipelineError> {
    let path = folder.join(format!("evil-{world}.wasm"));
    sandbox
        .load(&path)
        .map_err(|error| NoKit { folder: folder.to_owned(), reason: error.to_string() }.into())
}

/// A place in the pipeline: what whoever stands there may do.
struct Position {
    world: World,
    grants: Grants,
    names: HashSet<String>,
    limits: Limits,
}

impl Position {
    fn of<T>(ready: &Ready<T>) -> Self {
        Self {
            world: ready.component.world(),
            grants: ready.granted.clone(),
            names: ready.grants.iter().cloned().collect(),
            limits: ready.limits,
        }
    }

    fn grants_has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn alike(&self, other: &Self) -> bool {
        let root = |position: &Self| position.grants.files.as_ref().map(|f| f.root().to_owned());
        self.world == other.world
            && self.names == other.names
            && self.limits == other.limits
            && root(self) == root(other)
    }
}

fn positions(plan: &Plan) -> Vec<(String, Position)> {
    let sources = plan.sources.iter().map(|s| (s.stage.id.clone(), Position::of(&s.stage)));
    let extractors = plan.extractors.iter().map(|stage| (stage.id.clone(), Position::of(stage)));
    let paths = plan.paths.iter().map(|p| (p.stage.id.clone(), Position::of(&p.stage)));
    let validators = plan.validators.iter().map(|v| (v.stage.id.clone(), Position::of(&v.stage)));
    sources.chain(extractors).chain(paths).chain(validators).collect()
}

/// What the kit imports and the stage was not granted must not even link.
fn unlinked(
    stage: &str,
    component: &Component,
    position: &Position,
) -> Result<Vec<Attempt>, PipelineError> {
    let mut attempts = Vec::new();
    let missing = component.needs().iter().filter(|need| !position.grants_has(need.name()));
    if missing.count() > 0 {
        let started = Instant::now();
        let linked = Victim::prepare(stage, component, position.grants.clone(), position.limits);
        let (stopped_by, message) = match linked {
            Err(error @ LoadError::MissingGrant { .. }) => {
                (Some("not linked".to_owned()), error.to_string())
            }
            Err(error) => return Err(error.into()),
            Ok(_) => (None, "it was linked although it was not granted".to_owned()),
        };
        attempts.push(Attempt {
            stage: stage.to_owned(),
            world: position.world.name(),
            attack: "ungranted-import",
            export: "start",
            stopped_by,
            message,
            seconds: started.elapsed().as_secs_f64(),
        });
    }
    Ok(attempts)
}

/// One attack in one export.
struct Strike<'a> {
    known: &'a catalogue::Known,
    export: &'static str,
}

impl Strike<'_> {
    async fn run(
        &self,
        stage: &str,
        component: &Component,
        position: &Position,
        stand: &Stand,
        canaries: &Canaries,
    ) -> Result<Attempt, PipelineError> {
        let config = serde_json::json!({
            "attack": self.known.name,
            "in": self.export,
            "when": victim::TARGET,
            "target": canaries.target(self.known.name),
            "backwards": Canaries::backwards(),
        });
        let grants = Grants { config_json: config.to_string(), ..stand.grants.clone() };
        let longest = if self.known.endless { DEADLINE } else { PATIENCE };
        let deadline = position.limits.deadline.min(longest);
        let limits = Limits { deadline, ..position.limits };
        let victim = Victim::prepare(stage, component, grants, limits)?;
        let started = Instant::now();
        let first = victim.shot(self.export).await?;
        let took = started.elapsed();
        // A second call tells chance and memory of the first.
        let second = match self.known.expect {
            catalogue::Expect::SameTwice => Some(victim.shot(self.export).await?),
            _ => None,
        };
        let verdict = judge::judge(self.known, &first, second.as_ref(), took, &limits)
            .and_then(|stopped| canaries.check().map(|()| stopped));
        let (stopped_by, message) = match verdict {
            Ok((stopped_by, message)) => (Some(stopped_by), message),
            Err(message) => (None, message),
        };
        Ok(Attempt {
            stage: stage.to_owned(),
            world: position.world.name(),
            attack: self.known.name,
            export: self.export,
            stopped_by,
            message,
            seconds: took.as_secs_f64(),
        })
    }
}
