//! Validators on the calls of a batch, or on what was made of them.

use std::time::Instant;

use rehearsal_model::{Annotation, Digest, Verdict};
use rehearsal_sandbox::{Called, Inspection as Inspected, Subject};

use super::{Analysed, Work, fail};
use crate::batch::{self, Trouble};
use crate::experts::Experts;
use crate::letters::Input;
use crate::plan::ReadyValidator;
use crate::records::{Inspection, Subjects};
use crate::summary::StageSummary;
use crate::{PipelineError, keys};

/// Calls or examples of each call are inspected together, so that verdicts and partial
/// can be kept with the call.
pub(super) async fn inspect(
    validator: &ReadyValidator,
    experts: &Experts,
    works: &mut [Work],
    done: &mut Analysed,
) -> Result<(), PipelineError> {
    let stage = &validator.stage;
    let summary = done.stages.entry(stage.id.clone()).or_default();
    let mut fresh = Vec::new();
    for (index, work) in works.iter_mut().enumerate().filter(|(_, work)| work.failure.is_none()) {
        let key = match validator.inspects {
            Subjects::Conversations => {
                let annotations: Vec<_> = work.annotations().chain(experts.of(work.id)).collect();
                keys::on_call(&stage.key, &work.digest, &annotations)
            }
            Subjects::Examples => {
                keys::on_examples(&stage.key, &work.examples().collect::<Vec<_>>())
            }
        };
        let former = &mut work.former_product.inspections;
        match former.iter().position(|f| f.validator == stage.id && f.key == key) {
            Some(at) => {
                summary.cached += 1;
                let inspection = former.swap_remove(at);
                take_verdicts(work, summary, inspection);
            }
            None => fresh.push((index, key)),
        }
    }
    let started = Instant::now();
    let outcomes = inspections(validator, experts, works, &fresh).await?;
    done.plugins += started.elapsed();
    for ((index, key), outcome) in fresh.into_iter().zip(outcomes) {
        let work = &mut works[index];
        match outcome {
            Ok(inspected) => {
                summary.worked += 1;
                summary.results += inspected.verdicts.len() as u64;
                let inspection = Inspection {
                    validator: stage.id.clone(),
                    key,
                    subjects: validator.inspects,
                    verdicts: inspected.verdicts,
                    partial: inspected.partial,
                };
                take_verdicts(work, summary, inspection);
            }
            Err(trouble) => {
                let input = match validator.inspects {
                    Subjects::Conversations => work.as_input(),
                    Subjects::Examples => {
                        let examples = work.examples().cloned().collect();
                        Input::Examples { id: work.id, digest: work.digest, examples }
                    }
                };
                fail(work, stage, trouble, input, summary, &mut done.errors);
            }
        }
    }
    Ok(())
}

/// What a validator says of some of the calls, or of their examples.
async fn inspections(
    validator: &ReadyValidator,
    experts: &Experts,
    works: &[Work],
    fresh: &[(usize, Digest)],
) -> Result<Vec<Result<Inspected, Trouble>>, PipelineError> {
    let of_calls = validator.inspects == Subjects::Conversations;
    let annotations: Vec<Vec<Annotation>> = fresh
        .iter()
        .map(|(index, _)| {
            let work = &works[*index];
            let annotations = work.annotations().chain(experts.of(work.id));
            annotations.filter(|_| of_calls).cloned().collect()
        })
        .collect();
    let subjects: Vec<Vec<Subject<'_>>> = fresh
        .iter()
        .zip(&annotations)
        .map(|((index, _), annotations)| {
            let work = &works[*index];
            if of_calls {
                vec![Subject::Conversation(work.id, &work.call.conversation, annotations)]
            } else {
                work.examples().map(Subject::Example).collect()
            }
        })
        .collect();
    batch::each(&subjects, async |part| {
        let called = validator.stage.handle.inspect_each(part).await?;
        let value = called.value.into_iter().map(Ok).collect();
        Ok(Called { value, output: called.output, files: called.files, memory: called.memory })
    })
    .await
}

/// Notes what a validator says of a call.
fn take_verdicts(work: &mut Work, summary: &mut StageSummary, inspection: Inspection) {
    let kept_out = inspection.verdicts.iter().filter(|v| matches!(v, Verdict::Reject(_))).count();
    summary.rejected += kept_out as u64;
    work.rejected |= inspection.subjects == Subjects::Conversations && kept_out > 0;
    work.product.inspections.push(inspection);
}
