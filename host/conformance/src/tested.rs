//! A plugin under test: one way to call it with a batch, whatever its world.

use rehearsal_model::{Body, Example, Message, Role, Speaker, Verdict};
use rehearsal_sandbox::{
    CallError, Component, Details, Extractor, Grants, ItemError, Limits, LoadError, Loader,
    PathBuilder, Subject, SubjectKind, Validator, World,
};
use serde_json::Value as Json;

use crate::calls::Case;
use crate::described;

/// A plugin with what was granted to it.
pub(crate) enum Tested {
    Loader(Loader),
    Extractor(Extractor),
    PathBuilder(PathBuilder),
    Validator(Validator, SubjectKind),
}

/// What came of a batch: a row an item, and a validator's partial.
pub(crate) struct Answer {
    pub(crate) rows: Vec<Result<Json, ItemError>>,
    pub(crate) partial: Vec<u8>,
    pub(crate) memory: usize,
}

impl Tested {
    pub(crate) fn new(
        component: &Component,
        grants: Grants,
        details: &Details,
    ) -> Result<Self, LoadError> {
        let (id, limits) = ("tested", Limits::default());
        Ok(match component.world() {
            World::Loader => Self::Loader(Loader::rehearse(id, component, grants, limits)?),
            World::Extractor => {
                Self::Extractor(Extractor::rehearse(id, component, grants, limits)?)
            }
            World::PathBuilder => {
                Self::PathBuilder(PathBuilder::rehearse(id, component, grants, limits)?)
            }
            World::Validator => {
                let inspects = match details {
                    Details::Validator { inspects, .. } => *inspects,
                    _ => SubjectKind::Conversations,
                };
                Self::Validator(Validator::rehearse(id, component, grants, limits)?, inspects)
            }
        })
    }

    /// Calls it with a batch, and holds what comes to what it declared.
    pub(crate) async fn call(&self, cases: &[&Case], details: &Details) -> Result<Answer, String> {
        self.answer(cases, details).await.map_err(|error| error.to_string())?
    }

    async fn answer(
        &self,
        cases: &[&Case],
        details: &Details,
    ) -> Result<Result<Answer, String>, CallError> {
        match self {
            Self::Loader(_) => Ok(Ok(Answer { rows: Vec::new(), partial: Vec::new(), memory: 0 })),
            Self::Extractor(plugin) => {
                let batch: Vec<_> = cases.iter().map(|case| (case.id, &case.call)).collect();
                let called = plugin.extract(&batch).await?;
                let declared = |row: &[_]| described::annotations(details, row);
                Ok(rows(called.value, called.memory, declared))
            }
            Self::PathBuilder(plugin) => {
                let batch: Vec<_> = cases
                    .iter()
                    .map(|case| (case.id, &case.call, case.annotations.as_slice()))
                    .collect();
                let called = plugin.build(&batch).await?;
                let declared = |row: &[_]| described::examples(details, row);
                Ok(rows(called.value, called.memory, declared))
            }
            Self::Validator(plugin, inspects) => {
                let examples: Vec<_> = cases.iter().map(|case| example(case)).collect();
                let batch: Vec<_> = cases
                    .iter()
                    .zip(&examples)
                    .map(|(case, example)| match inspects {
                        SubjectKind::Conversations => {
                            Subject::Conversation(case.id, &case.call, &case.annotations)
                        }
                        SubjectKind::Examples => Subject::Example(example),
                    })
                    .collect();
                let called = plugin.inspect(&batch).await?;
                for verdict in &called.value.verdicts {
                    if let Verdict::Reject(finding) | Verdict::Flag(finding) = verdict
                        && let Err(undeclared) = described::check(details, &finding.check)
                    {
                        return Ok(Err(undeclared));
                    }
                }
                let rows = called.value.verdicts.iter().map(|verdict| Ok(json(verdict)));
                Ok(Ok(Answer {
                    rows: rows.collect(),
                    partial: called.value.partial,
                    memory: called.memory,
                }))
            }
        }
    }
}

fn rows<T: serde::Serialize>(
    rows: Vec<Result<Vec<T>, ItemError>>,
    memory: usize,
    declared: impl Fn(&[T]) -> Result<(), String>,
) -> Result<Answer, String> {
    rows.iter().flatten().try_for_each(|row| declared(row))?;
    let rows = rows.into_iter().map(|row| row.map(|found| json(&found))).collect();
    Ok(Answer { rows, partial: Vec::new(), memory })
}

/// As JSON, to be compared and shown. Types of the model always have such a form.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// A dialogue made of a call, for validators of examples.
fn example(case: &Case) -> Example {
    let message = |(index, turn)| {
        let turn: &rehearsal_model::Turn = turn;
        let seller = case.call.role(turn) == Role::Seller;
        Message {
            role: if seller { Speaker::User } else { Speaker::Assistant },
            content: case.call.turn_text(turn).to_owned(),
            train: !seller,
            turns: vec![index as u32],
        }
    };
    Example {
        key: format!("conformance.{}", case.name.replace(' ', "-")),
        family: "dialogue".to_owned(),
        body: Body::Chat { messages: case.call.turns.iter().enumerate().map(message).collect() },
        turns: (0..case.call.turns.len() as u32).collect(),
        because: Vec::new(),
        tags: Vec::new(),
    }
}
