//! Validators' conclusions: their partials are merged shard by shard and kept, so that a
//! new call costs the merging of one shard.

use rehearsal_repository::{Fingerprint, Kind, Repository, Unit};
use rehearsal_sandbox::CallError;

use crate::letters::{DeadLetter, Input, dead_letter_key};
use crate::plan::{Plan, ReadyValidator};
use crate::records::{DEAD_LETTERS, PARTIALS, Product, REPORTS, partial_key};
use crate::report::{Reporter, Severity};
use crate::{PipelineError, batch};

/// Partials merged in one call.
const MERGED_AT_ONCE: usize = 256;

/// Whether the merged partials of a shard are those of its products.
pub(super) fn partials_stand(
    plan: &Plan,
    repository: &Repository,
    shard: u32,
    mark: Fingerprint,
) -> Result<bool, PipelineError> {
    for validator in &plan.validators {
        let key = partial_key(&validator.stage.id, shard);
        if repository.fingerprint(Kind::Partial, key)? != Some(mark) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The partials of a shard, one merging a validator.
pub(super) struct Partials<'a>(Vec<Merge<'a>>);

impl<'a> Partials<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self(plan.validators.iter().map(Merge::new).collect())
    }

    pub(super) async fn take(&mut self, product: &Product) -> Result<(), PipelineError> {
        for merge in &mut self.0 {
            let id = &merge.validator.stage.id;
            let own = product.inspections.iter().filter(|inspection| inspection.validator == *id);
            for inspection in own {
                merge.add(inspection.partial.clone()).await;
            }
        }
        Ok(())
    }

    pub(super) async fn keep(
        self,
        repository: &Repository,
        shard: u32,
        mark: Fingerprint,
    ) -> Result<(), PipelineError> {
        let mut unit = repository.unit();
        for merge in self.0 {
            let validator = merge.validator;
            let key = partial_key(&validator.stage.id, shard);
            match merge.whole().await {
                Ok(partial) => {
                    unit.put(&PARTIALS, key, mark, &partial)?;
                }
                Err(error) => {
                    unit.delete(Kind::Partial, key)?;
                    no_conclusion(&mut unit, validator, error, mark)?;
                }
            }
        }
        repository.commit(unit)?;
        Ok(())
    }
}

/// A validator's partials, merged as they come: memory stays flat.
struct Merge<'a> {
    validator: &'a ReadyValidator,
    waiting: Vec<Vec<u8>>,
    failed: Option<CallError>,
}

impl<'a> Merge<'a> {
    const fn new(validator: &'a ReadyValidator) -> Self {
        Self { validator, waiting: Vec::new(), failed: None }
    }

    async fn add(&mut self, partial: Vec<u8>) {
        self.waiting.push(partial);
        if self.waiting.len() >= MERGED_AT_ONCE {
            self.merge().await;
        }
    }

    async fn merge(&mut self) {
        let partials = std::mem::take(&mut self.waiting);
        if self.failed.is_some() {
            return;
        }
        let partials: Vec<&[u8]> = partials.iter().map(Vec::as_slice).collect();
        match self.validator.stage.handle.merge(&partials).await {
            Ok(merged) => self.waiting = vec![merged.value],
            Err(error) => self.failed = Some(error),
        }
    }

    async fn whole(mut self) -> Result<Vec<u8>, CallError> {
        self.merge().await;
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.waiting.pop().unwrap_or_default()),
        }
    }
}

/// Keeps why a validator has no conclusion. That costs its report, not the data sets.
fn no_conclusion(
    unit: &mut Unit,
    validator: &ReadyValidator,
    error: CallError,
    mark: Fingerprint,
) -> Result<(), PipelineError> {
    let stage = &validator.stage;
    let trouble = batch::trouble_of(error)?;
    let letter = DeadLetter {
        stage: stage.id.clone(),
        item: String::new(),
        error: trouble.error,
        component: Some(stage.component.digest()),
        config: stage.config.clone(),
        output: trouble.output,
        input: Input::Whole,
    };
    unit.delete(Kind::Report, &stage.id)?;
    unit.put(&DEAD_LETTERS, dead_letter_key(&stage.id, ""), mark, &letter)?;
    Ok(())
}

/// Merges the shards' partials and concludes.
pub(super) async fn conclude(
    plan: &Plan,
    repository: &Repository,
    shards: u32,
    mark: Fingerprint,
    reporter: &dyn Reporter,
) -> Result<(), PipelineError> {
    forget_strangers(plan, repository)?;
    for validator in &plan.validators {
        let mut unit = repository.unit();
        let stage = &validator.stage;
        let slot = dead_letter_key(&stage.id, "");
        let mut merge = Merge::new(validator);
        let mut whole = true;
        for shard in 0..shards {
            match repository.get(&PARTIALS, partial_key(&stage.id, shard))? {
                Some(partial) => merge.add(partial).await,
                // It could not be merged; the letter that says why is there.
                None => whole = false,
            }
        }
        if whole {
            let report = match merge.whole().await {
                Ok(partial) => stage.handle.conclude(&partial).await,
                Err(error) => Err(error),
            };
            match report {
                Ok(report) => {
                    unit.put(&REPORTS, &stage.id, mark, &report.value)?;
                    unit.delete(Kind::DeadLetter, &slot)?;
                }
                Err(error) => no_conclusion(&mut unit, validator, error, mark)?,
            }
        }
        // A corpus that shrank has fewer shards.
        for left in
            repository.entries(Kind::Partial, &partial_key(&stage.id, 0)[..=stage.id.len()])?
        {
            let key = left?.key;
            if key >= partial_key(&stage.id, shards) {
                unit.delete(Kind::Partial, key)?;
            }
        }
        repository.commit(unit)?;
        if let Some(letter) = repository.get(&DEAD_LETTERS, &slot)? {
            reporter.note(Severity::Error, &format!("{}: {}", stage.id, letter.error));
        }
    }
    Ok(())
}

/// Reports and partials of validators that the pipeline no longer has.
fn forget_strangers(plan: &Plan, repository: &Repository) -> Result<(), PipelineError> {
    let known = |id: &[u8]| plan.validators.iter().any(|v| v.stage.id.as_bytes() == id);
    let mut unit = repository.unit();
    for kind in [Kind::Report, Kind::Partial] {
        for left in repository.entries(kind, [])? {
            let key = left?.key;
            // A partial's key is the validator's id, a zero, and the shard.
            if !known(key.split(|byte| *byte == 0).next().unwrap_or_default()) {
                unit.delete(kind, key)?;
            }
        }
    }
    repository.commit(unit)?;
    Ok(())
}
