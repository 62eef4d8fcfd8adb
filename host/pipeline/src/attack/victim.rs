//! The attacker in its place: prepared as a run prepares a plugin, called as a run calls
//! it, on invented calls.

use std::path::Path;
use std::sync::Arc;

use rehearsal_gate::Door;
use rehearsal_model::{Conversation, ConversationId, Participant};
use rehearsal_sandbox::{
    AudioSource, CallError, Called, Component, Extractor, Failure, FileGrant, Fingerprints,
    GlobSet, Grants, ItemError, Limits, LoadError, Loader, Output, PathBuilder, Prosody, Recording,
    Rows, Subject, Validator, World,
};

use crate::PipelineError;
use crate::course::Course;

/// Stands in the item that the attack is made on.
pub(super) const TARGET: &str = "margaret";

/// What is granted to the attackers of a position.
pub(super) struct Stand {
    pub(super) grants: Grants,
}

impl Stand {
    /// The operator's own folder. What the kit imports and the stage was not granted is
    /// replaced by what holds nothing, so that the other attacks can be made; recordings
    /// are silence, for the calls are invented. `door` is always the way to the network,
    /// in place of the operator's.
    pub(super) fn new(granted: &Grants, empty: &Path, door: Door) -> Self {
        let nothing =
            || FileGrant::new(empty, GlobSet::empty(), Arc::new(Fingerprints::new())).ok();
        Self {
            grants: Grants {
                files: granted.files.clone().or_else(nothing),
                audio: Some(Arc::new(Silence)),
                http: Some(door),
                ..granted.clone()
            },
        }
    }
}

/// The kit in one of the four worlds.
pub(super) enum Victim {
    Loader(Loader),
    Extractor(Extractor),
    PathBuilder(PathBuilder),
    Validator(Validator),
}

/// What came of one call, or of the calls that a run would make in its place.
pub(super) struct Shot {
    pub(super) stop: Option<Stop>,
    pub(super) output: Output,
    /// Whether the items that the attack was not made on have their results.
    pub(super) others_intact: bool,
}

/// What ended an attack.
pub(super) enum Stop {
    Call(CallError),
    Item(ItemError),
    Course(String),
}

impl Shot {
    const fn quiet(output: Output) -> Self {
        Self { stop: None, output, others_intact: true }
    }

    fn of<T>(called: Result<Called<T>, CallError>) -> Result<Self, PipelineError> {
        match called {
            Ok(called) => Ok(Self::quiet(called.output)),
            Err(error) if matches!(&*error.failure, Failure::Host(_)) => Err(error.into()),
            Err(error) => {
                let output = error.output.clone();
                Ok(Self { stop: Some(Stop::Call(error)), output, others_intact: true })
            }
        }
    }
}

impl Victim {
    pub(super) fn prepare(
        id: &str,
        component: &Component,
        grants: Grants,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        Ok(match component.world() {
            World::Loader => Self::Loader(Loader::prepare(id, component, grants, limits)?),
            World::Extractor => Self::Extractor(Extractor::prepare(id, component, grants, limits)?),
            World::PathBuilder => {
                Self::PathBuilder(PathBuilder::prepare(id, component, grants, limits)?)
            }
            World::Validator => Self::Validator(Validator::prepare(id, component, grants, limits)?),
        })
    }

    /// Calls an export as a run would. An error is this machine's.
    pub(super) async fn shot(&self, export: &str) -> Result<Shot, PipelineError> {
        let (good, bad) = (call("Grüß Gott, this is about the offer."), call(TARGET));
        let ids = ["good", "bad"].map(|name| ConversationId::new("attack", name, ""));
        match self {
            Self::Loader(loader) => match export {
                "describe" => Shot::of(loader.describe().await),
                "list" => list(loader).await,
                _ => load(loader).await,
            },
            Self::Extractor(extractor) => {
                if export == "describe" {
                    return Shot::of(extractor.describe().await);
                }
                let batch = [(ids[0], &good), (ids[1], &bad)];
                rows(&batch, async |part| extractor.extract(part).await).await
            }
            Self::PathBuilder(path) => {
                if export == "describe" {
                    return Shot::of(path.describe().await);
                }
                let batch = [(ids[0], &good, &[][..]), (ids[1], &bad, &[][..])];
                rows(&batch, async |part| path.build(part).await).await
            }
            Self::Validator(validator) => match export {
                "describe" => Shot::of(validator.describe().await),
                "merge" => Shot::of(validator.merge(&[b"1", b"2"]).await),
                "conclude" => Shot::of(validator.conclude(b"3").await),
                _ => {
                    // A run inspects a call by itself.
                    let [good, bad] = [(ids[0], &good), (ids[1], &bad)]
                        .map(|(id, call)| [Subject::Conversation(id, call, &[])]);
                    let others_intact = validator.inspect(&good).await.is_ok();
                    let inspected = validator.inspect(&bad).await;
                    Ok(Shot { others_intact, ..Shot::of(inspected)? })
                }
            },
        }
    }
}

/// A batch as [`crate::batch`] treats it: all at once, then one by one.
async fn rows<I, T>(
    batch: &[I; 2],
    call: impl AsyncFn(&[I]) -> Result<Called<Rows<T>>, CallError>,
) -> Result<Shot, PipelineError> {
    match call(batch).await {
        Ok(called) => {
            let mut rows = called.value.into_iter();
            let others_intact = rows.next().is_some_and(|row| row.is_ok());
            let stop = rows.next().and_then(Result::err).map(Stop::Item);
            // An attack that fails every row spares the others when it is alone.
            let others_intact = others_intact || alone(&batch[..1], &call).await;
            Ok(Shot { stop, output: called.output, others_intact })
        }
        failed => {
            let others_intact = alone(&batch[..1], &call).await;
            Ok(Shot { others_intact, ..Shot::of(failed)? })
        }
    }
}

async fn alone<I, T>(
    item: &[I],
    call: &impl AsyncFn(&[I]) -> Result<Called<Rows<T>>, CallError>,
) -> bool {
    call(item).await.is_ok_and(|called| called.value.iter().all(Result::is_ok))
}

/// Page after page, as a run lists.
async fn list(loader: &Loader) -> Result<Shot, PipelineError> {
    let mut course = Course::default();
    let mut cursor: Option<String> = None;
    loop {
        let called = match loader.list(cursor.as_deref()).await {
            Ok(called) => called,
            failed => return Shot::of(failed),
        };
        let page = called.value;
        if let Err(problem) = course.turn(page.next.clone(), !page.entries.is_empty()) {
            return Ok(Shot { stop: Some(Stop::Course(problem)), ..Shot::quiet(called.output) });
        }
        match page.next {
            None => return Ok(Shot::quiet(called.output)),
            next => cursor = next,
        }
    }
}

/// Chunk after chunk, as a run loads.
async fn load(loader: &Loader) -> Result<Shot, PipelineError> {
    let others = loader.load("another entry", 0).await;
    let others_intact = others.is_ok_and(|called| called.value.items.iter().all(Result::is_ok));
    let mut course = Course::default();
    let mut offset = 0;
    loop {
        let called = match loader.load(TARGET, offset).await {
            Ok(called) => called,
            failed => return Ok(Shot { others_intact, ..Shot::of(failed)? }),
        };
        let shot = Shot { others_intact, ..Shot::quiet(called.output) };
        let chunk = called.value;
        let brought = !chunk.items.is_empty();
        if let Some(failed) = chunk.items.into_iter().find_map(Result::err) {
            return Ok(Shot { stop: Some(Stop::Item(failed.error)), ..shot });
        }
        if let Err(problem) = course.turn(chunk.next, brought) {
            return Ok(Shot { stop: Some(Stop::Course(problem)), ..shot });
        }
        match chunk.next {
            None => return Ok(shot),
            Some(next) => offset = next,
        }
    }
}

/// A call of one turn.
fn call(text: &str) -> Conversation {
    let mut call =
        Conversation { participants: vec![Participant::default()], ..Conversation::default() };
    call.push_turn(0, &format!("{text} – schön"), None);
    call
}

/// A recording of nothing behind every call.
struct Silence;

impl AudioSource for Silence {
    fn open(&self, _: ConversationId) -> Result<Option<Arc<dyn Recording>>, String> {
        Ok(Some(Arc::new(Self)))
    }
}

impl Recording for Silence {
    fn duration_ms(&self) -> u32 {
        0
    }
    fn channels(&self) -> u8 {
        1
    }
    fn snr_db(&self, _: u8) -> Result<f32, String> {
        Ok(0.0)
    }
    fn samples(&self, _: u8, _: u32, _: u32) -> Result<Vec<f32>, String> {
        Ok(Vec::new())
    }
    fn prosody(&self, _: u8, _: u32, _: u32) -> Result<Prosody, String> {
        Ok(Prosody::default())
    }
}
