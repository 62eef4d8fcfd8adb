//! Validators: judge what passes through, and conclude over all of it.

use rehearsal_model::{
    Annotation, Conversation, ConversationId, Example, Finding, Metric, Report, Verdict,
};

use super::check_rows;
use crate::bindings::exports::rehearsal::plugin::validator_api::{self as wit, GuestIndices};
use crate::bindings::rehearsal::plugin::types as wit_types;
use crate::lift::Lift;
use crate::lower::{AnnotatedParts, ExampleParts};
use crate::{CallError, Called, Failure, LimitExceeded, describe};

handle!(
    /// A validator with its grants.
    Validator, describe::validator
);

/// What a validator judges.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// An annotated call.
    Conversation(ConversationId, &'a Conversation, &'a [Annotation]),
    /// A training example.
    Example(&'a Example),
}

/// What a validator found in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// One a subject, in order.
    pub verdicts: Vec<Verdict>,
    /// What the conclusion needs of this batch.
    pub partial: Vec<u8>,
}

/// A [`Subject`] taken apart.
enum Parts<'a> {
    Conversation(AnnotatedParts<'a>),
    Example(ExampleParts<'a>),
}

impl<'a> Parts<'a> {
    fn new(subject: &Subject<'a>) -> Self {
        match *subject {
            Subject::Conversation(id, call, annotations) => {
                Self::Conversation(AnnotatedParts::new(id, call, annotations))
            }
            Subject::Example(example) => Self::Example(ExampleParts::new(example)),
        }
    }

    fn view(&self) -> wit::Subject<'_> {
        match self {
            Self::Conversation(parts) => wit::Subject::Conversation(parts.view()),
            Self::Example(parts) => wit::Subject::Example(parts.view()),
        }
    }
}

impl Validator {
    /// A verdict on each subject of a batch, in order, and what the conclusion needs.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn inspect(&self, batch: &[Subject<'_>]) -> Result<Called<Inspection>, CallError> {
        let Called { mut value, output, files, memory } = self.inspect_each(&[batch]).await?;
        // One batch was asked for and answered.
        let value = value.pop().unwrap_or(Inspection { verdicts: Vec::new(), partial: Vec::new() });
        Ok(Called { value, output, files, memory })
    }

    /// As [`Self::inspect`] for several batches, each with a partial and a deadline of its
    /// own, one after the other in the same instance: making an instance takes longer than
    /// most verdicts.
    ///
    /// # Errors
    /// If one of the calls fails; none of them has a result then.
    pub async fn inspect_each<'s, B: AsRef<[Subject<'s>]>>(
        &self,
        batches: &[B],
    ) -> Result<Called<Vec<Inspection>>, CallError> {
        let id = |subject: &Subject<'_>| match subject {
            Subject::Conversation(id, ..) => Some(*id),
            Subject::Example(_) => None,
        };
        let subjects = batches.iter().flat_map(|batch| batch.as_ref());
        let ids: Vec<_> = subjects.filter_map(id).collect();
        let mut session = self.0.start("inspect", &ids).await?;
        let mut answers = Vec::with_capacity(batches.len());
        let mut failed = Ok(());
        for batch in batches.iter().map(AsRef::as_ref) {
            session.deadline.restart(self.0.limits().deadline);
            let parts: Vec<_> = batch.iter().map(Parts::new).collect();
            let views: Vec<_> = parts.iter().map(Parts::view).collect();
            let call = session.guest.call_inspect(&mut session.store, &views);
            match session.deadline.limit(call).await {
                Ok(answer) => answers.push((answer, batch.len())),
                Err(error) => {
                    failed = Err(error);
                    break;
                }
            }
        }
        session.finish(failed.map(|()| answers), |lift, answers, _| {
            answers.into_iter().map(|(answer, asked)| inspection(lift, answer, asked)).collect()
        })
    }

    /// One partial of many. Any order and grouping gives the same conclusion.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn merge(&self, partials: &[&[u8]]) -> Result<Called<Vec<u8>>, CallError> {
        let mut session = self.0.start("merge", &[]).await?;
        let call = session.guest.call_merge(&mut session.store, partials);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            let merged = answer.map_err(|error| Failure::Plugin(error.into()))?;
            Ok(partial(lift, merged)?)
        })
    }

    /// The report over all that went into a partial.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn conclude(&self, partial: &[u8]) -> Result<Called<Report>, CallError> {
        let mut session = self.0.start("conclude", &[]).await?;
        let call = session.guest.call_conclude(&mut session.store, partial);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            let report = answer.map_err(|error| Failure::Plugin(error.into()))?;
            let metrics = lift.list(report.metrics)?.into_iter();
            let metrics = metrics.map(|metric| {
                if !metric.value.is_finite() {
                    let problem = format!("the metric `{}` is {}", metric.name, metric.value);
                    return Err(Failure::Contract(problem));
                }
                Ok(Metric {
                    name: lift.string(metric.name)?,
                    value: metric.value,
                    unit: lift.string(metric.unit)?,
                })
            });
            Ok(Report {
                summary: lift.string(report.summary)?,
                metrics: metrics.collect::<Result<_, Failure>>()?,
                details: lift.string(report.details)?,
            })
        })
    }
}

fn inspection(
    lift: Lift<'_>,
    answer: Result<wit::Inspection, wit_types::Error>,
    asked: usize,
) -> Result<Inspection, Failure> {
    let inspection = answer.map_err(|error| Failure::Plugin(error.into()))?;
    check_rows("verdicts", inspection.verdicts.len(), asked)?;
    let verdicts = inspection.verdicts.into_iter().map(|said| verdict(lift, said));
    Ok(Inspection {
        verdicts: verdicts.collect::<Result<_, _>>()?,
        partial: partial(lift, inspection.partial)?,
    })
}

fn partial(lift: Lift<'_>, bytes: Vec<u8>) -> Result<Vec<u8>, LimitExceeded> {
    LimitExceeded::check("bytes of a partial", lift.0.partial, 0, bytes.len())?;
    Ok(bytes)
}

fn verdict(lift: Lift<'_>, verdict: wit::Verdict) -> Result<Verdict, LimitExceeded> {
    let finding = |finding: wit::Finding| {
        Ok(Finding { check: lift.string(finding.check)?, reason: lift.string(finding.reason)? })
    };
    Ok(match verdict {
        wit::Verdict::Accept => Verdict::Accept,
        wit::Verdict::Reject(why) => Verdict::Reject(finding(why)?),
        wit::Verdict::Flag(why) => Verdict::Flag(finding(why)?),
    })
}
