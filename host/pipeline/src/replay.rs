//! A dead letter once more: the same stage on the same input, and nothing kept.

use rehearsal_model::{Annotation, ConversationId, Digest};
use rehearsal_repository::Repository;
use rehearsal_sandbox::{CallError, ItemBody, Subject};

use crate::batch::{self, Trouble};
use crate::experts::Experts;
use crate::letters::{DeadLetter, Input, written};
use crate::outside::kept_in;
use crate::plan::{Plan, Ready, ReadySource};
use crate::records::{ANALYSES, Analysis, CALLS, Subjects};
use crate::{PipelineError, text};

/// What came of a replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// How things are no longer as they were when the item failed.
    pub changed: Vec<String>,
    /// What came of it.
    pub outcome: ReplayOutcome,
}

/// What came of a replay.
#[derive(Debug, Clone)]
pub enum ReplayOutcome {
    /// It failed again.
    Failed {
        /// What happened.
        error: String,
        /// What the plugin wrote.
        output: String,
        /// Whether it is what happened then, word for word.
        same: bool,
    },
    /// It no longer fails; `retry` would settle it.
    Worked,
    /// It cannot be told; why, and what to do instead.
    Unknown(String),
}

/// Calls the stage of a letter with what it was given. Nothing is kept.
///
/// # Errors
/// When the repository or the machine fails.
pub async fn replay(
    plan: &Plan,
    repository: &Repository,
    letter: &DeadLetter,
) -> Result<Replay, PipelineError> {
    let mut replay = Replaying { repository, letter, changed: Vec::new() };
    let id = &letter.stage;
    let trouble = if let Some(source) = plan.sources.iter().find(|s| s.stage.id == *id) {
        replay.compare(&source.stage);
        replay.load(source).await?
    } else if let Some(stage) = plan.extractors.iter().find(|s| s.id == *id) {
        replay.compare(stage);
        let Some((call, _)) = replay.call()? else { return Ok(replay.gone()) };
        if let Some(reason) = kept_in(&call.1).filter(|_| stage.outside.is_some()) {
            return Ok(replay.unknown(reason));
        }
        let batch = [(call.0, &call.1.conversation)];
        one(batch::each(&batch, async |part| stage.handle.extract(part).await).await?)
    } else if let Some(path) = plan.paths.iter().find(|p| p.stage.id == *id) {
        replay.compare(&path.stage);
        let Some((call, analysis)) = replay.call()? else { return Ok(replay.gone()) };
        let found = path.read(&plan.extractors, &analysis);
        let batch = [(call.0, &call.1.conversation, found.as_slice())];
        one(batch::each(&batch, async |part| path.stage.handle.build(part).await).await?)
    } else if let Some(validator) = plan.validators.iter().find(|v| v.stage.id == *id) {
        replay.compare(&validator.stage);
        let inspected = match (&letter.input, validator.inspects) {
            (Input::Examples { examples, .. }, Subjects::Examples) => {
                let subjects: Vec<_> = examples.iter().map(Subject::Example).collect();
                validator.stage.handle.inspect(&subjects).await
            }
            (Input::Whole, _) => {
                return Ok(replay.unknown("a conclusion is drawn again by each run"));
            }
            _ => {
                let Some((call, analysis)) = replay.call()? else { return Ok(replay.gone()) };
                let mut found: Vec<Annotation> = analysis.annotations().cloned().collect();
                found.extend_from_slice(Experts::gather(plan, repository)?.of(call.0));
                let subject = Subject::Conversation(call.0, &call.1.conversation, &found);
                validator.stage.handle.inspect(&[subject]).await
            }
        };
        inspected.err().map(batch::trouble_of).transpose()?
    } else if id == "speech" {
        return Ok(replay.unknown(
            "speech recognition is the host's own; `rehearsal transcribe FILE` shows it by itself",
        ));
    } else {
        return Ok(replay.unknown("the pipeline has no stage of this name any more"));
    };
    let outcome = match trouble {
        None => ReplayOutcome::Worked,
        Some(Trouble { error, output, .. }) => {
            let same = error == letter.error;
            ReplayOutcome::Failed { error, output, same }
        }
    };
    Ok(Replay { changed: replay.changed, outcome })
}

struct Replaying<'a> {
    repository: &'a Repository,
    letter: &'a DeadLetter,
    changed: Vec<String>,
}

type Call = (ConversationId, crate::CallRecord);

impl Replaying<'_> {
    fn compare<T>(&mut self, stage: &Ready<T>) {
        let now = stage.component.digest();
        if let Some(then) = self.letter.component.filter(|then| *then != now) {
            self.changed.push(format!("the component is another: {then} then, {now} now"));
        }
        if stage.config != self.letter.config {
            let then = &self.letter.config;
            self.changed.push(format!("the configuration was {then}, and is {}", stage.config));
        }
    }

    /// The call with what was found in it.
    fn call(&mut self) -> Result<Option<(Call, Analysis)>, PipelineError> {
        let known = match &self.letter.input {
            Input::Call { id, digest } | Input::Examples { id, digest, .. } => Some((*id, *digest)),
            _ => None,
        };
        let Some((id, then)) = known else { return Ok(None) };
        let Some(record) = self.repository.get(&CALLS, id.as_bytes())? else { return Ok(None) };
        // Letters of an older version do not know what the call was.
        if then != Digest::from_bytes([0; 32]) && record.digest() != then {
            self.changed.push("the call is no longer as it was".to_owned());
        }
        let analysis = self.repository.get(&ANALYSES, id.as_bytes())?.unwrap_or_default();
        Ok(Some(((id, record), analysis)))
    }

    async fn load(&self, source: &ReadySource) -> Result<Option<Trouble>, PipelineError> {
        let handle = &source.stage.handle;
        let Input::Entry { key, offset, .. } = &self.letter.input else {
            return failed(handle.list(None).await);
        };
        let chunk = match handle.load(key, *offset).await {
            Ok(chunk) => chunk,
            Err(error) => return failed::<()>(Err(error)),
        };
        let output = written(&chunk.output);
        let trouble = |error: String| Trouble { error, output: output.clone(), transient: false };
        for item in chunk.value.items {
            match item {
                Err(failed) if self.letter.item.ends_with(&failed.position) => {
                    return Ok(Some(trouble(crate::draft::said(&failed.error))));
                }
                Ok(item) if self.letter.item.ends_with(&item.key) => {
                    if let ItemBody::Conversation(call) = item.body
                        && text::normalise(call).turns.is_empty()
                    {
                        return Ok(Some(trouble("nothing is said in it".to_owned())));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn gone(self) -> Replay {
        self.unknown("what it was given is no longer in the repository")
    }

    fn unknown(self, why: &str) -> Replay {
        Replay { changed: self.changed, outcome: ReplayOutcome::Unknown(why.to_owned()) }
    }
}

fn one<T>(rows: Vec<Result<T, Trouble>>) -> Option<Trouble> {
    rows.into_iter().next().and_then(Result::err)
}

/// What a call failed of, worded as [`crate::load`] words it.
fn failed<T>(called: Result<T, CallError>) -> Result<Option<Trouble>, PipelineError> {
    let Err(error) = called else { return Ok(None) };
    let plain = crate::draft::plain(&error);
    Ok(Some(Trouble { error: plain, ..batch::trouble_of(error)? }))
}
