//! Extractors that ask a server about calls: how many at the same time, which calls may
//! be asked about, and when to stop asking.
//!
//! A server that is down or a budget that is spent is no fault of a call. The call is put
//! off: what the extractor would have said is *unavailable* with the reason, the other
//! stages go on, and the next run asks again.

use std::sync::{Mutex, PoisonError};

use rehearsal_gate::{Door, Spent};
use rehearsal_model::{Annotation, Scope, Value};
use rehearsal_sandbox::AnnotationKind;
use tokio::sync::Semaphore;

use crate::PipelineError;
use crate::batch::Trouble;
use crate::records::CallRecord;

/// Calls under way where the grant says nothing else: what a small server of one's own
/// takes, and no burst for a hosted one.
const PARALLEL: usize = 4;
/// Calls in a row that a server leaves unanswered before a run stops asking.
const PATIENCE: u32 = 5;

/// Why a call may not be asked about.
const NOT_REPLACED: &str = "its personal data was not replaced when it was loaded, and calls \
                            leave this machine in no other form; its source has to be read again";

/// What an extractor that was granted the network shares over all workers of a run.
pub(crate) struct Outside {
    door: Door,
    turns: Semaphore,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    in_a_row: u32,
    last: String,
}

impl Outside {
    pub(crate) fn new(door: Door, grants: &[rehearsal_config::HttpGrant]) -> Self {
        let parallel = grants.iter().filter_map(|grant| grant.parallel).min();
        let turns = Semaphore::new(parallel.unwrap_or(PARALLEL).min(Semaphore::MAX_PERMITS));
        Self { door, turns, failures: Mutex::default() }
    }

    /// Does `work` when it is its turn, unless the server has left too many unanswered.
    pub(crate) async fn ask<T>(
        &self,
        work: impl Future<Output = Result<Result<T, Trouble>, PipelineError>>,
    ) -> Result<Result<T, Trouble>, PipelineError> {
        let turn = self.turns.acquire().await;
        let _turn = turn.map_err(|error| PipelineError::Worker(error.to_string()))?;
        if let Some(error) = self.hopeless() {
            return Ok(Err(Trouble { error, output: String::new(), transient: true }));
        }
        let outcome = work.await?;
        self.note(outcome.as_ref().err());
        Ok(outcome)
    }

    fn hopeless(&self) -> Option<String> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        (failures.in_a_row >= PATIENCE).then(|| failures.last.clone())
    }

    fn note(&self, trouble: Option<&Trouble>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble.filter(|trouble| trouble.transient) {
            Some(trouble) => {
                failures.in_a_row += 1;
                failures.last.clone_from(&trouble.error);
            }
            None => failures.in_a_row = 0,
        }
    }

    /// Requests and tokens of all grants so far, and what they cost by their prices.
    pub(crate) fn spent(&self) -> (Spent, f64) {
        let mut sum = (Spent::default(), 0.0);
        for (spent, price) in self.door.spent() {
            sum.0.requests += spent.requests;
            sum.0.input += spent.input;
            sum.0.output += spent.output;
            sum.1 += spent.money(&price);
        }
        sum
    }
}

/// Why a call may not leave this machine; none where its personal data was replaced.
/// What pipeline.toml says now is not enough: a call can have been loaded before.
pub(crate) fn kept_in(call: &CallRecord) -> Option<&'static str> {
    // Made where names are replaced, and nowhere else.
    call.identity.is_none().then_some(NOT_REPLACED)
}

/// What an extractor would have said of a call that is put off.
pub(crate) fn unavailable(emits: &[AnnotationKind], reason: &str) -> Vec<Annotation> {
    let of_kind = |kind: &AnnotationKind| Annotation {
        scope: Scope::Conversation,
        name: kind.name.clone(),
        definition: kind.definition.clone(),
        value: Value::Unavailable(reason.to_owned()),
        rule: String::new(),
        related_turns: Vec::new(),
    };
    emits.iter().map(of_kind).collect()
}
