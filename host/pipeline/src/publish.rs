//! Products to data sets and reports: one pass over all calls in the order of their
//! ids, so that the bytes depend on nothing but what is in them.

use std::collections::{BTreeMap, HashMap};

use rehearsal_dataset::{DatasetWriter, Groups, Manifest, Origin};
use rehearsal_model::{ConversationId, Digest, ExampleId, Finding, Hasher, Report, Verdict};
use rehearsal_repository::{Fingerprint, Kind, Repository};
use rehearsal_sandbox::CallError;

use crate::letters::{DeadLetter, Input, dead_letter_key};
use crate::live::LiveCall;
use crate::plan::{Plan, ReadyPath, ReadyValidator};
use crate::records::{DEAD_LETTERS, PRODUCTS, Product, REPORTS, Subjects, fingerprint};
use crate::report::{Reporter, Severity};
use crate::summary::DatasetSummary;
use crate::{PipelineError, batch};

/// Partials merged in one call.
const MERGED_AT_ONCE: usize = 256;

/// Calls with what splits need to know.
pub(crate) type Live = BTreeMap<ConversationId, LiveCall>;

/// Writes every data set and report whose inputs changed.
pub(crate) async fn publish(
    plan: &Plan,
    repository: &Repository,
    live: &Live,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<String, DatasetSummary>, PipelineError> {
    let inputs = inputs(plan, repository, live)?;
    let folder = plan.datasets();
    let mut summaries = BTreeMap::new();
    let mut due = Vec::new();
    for path in &plan.paths {
        let target = folder.join(&path.stage.id);
        // A manifest that cannot be read is written anew.
        let manifest = Manifest::read(&target).ok().flatten();
        match manifest.filter(|m| m.inputs == inputs.to_string() && m.stands_in(&target)) {
            Some(manifest) => {
                summaries.insert(path.stage.id.clone(), summary_of(&manifest, false));
            }
            None => due.push(path),
        }
    }
    let mark = fingerprint(&inputs);
    let reports_stand = plan.validators.iter().all(|validator| {
        matches!(repository.fingerprint(Kind::Report, &validator.stage.id), Ok(Some(m)) if m == mark)
    });
    if due.is_empty() && reports_stand {
        return Ok(summaries);
    }
    let mut groups = groups(live);
    let mut writers = Vec::new();
    for path in due {
        writers.push((path, DatasetWriter::create(&folder, &path.stage.id)?));
    }
    let mut merges: Vec<Merge<'_>> = plan.validators.iter().map(Merge::new).collect();
    for (done, (id, call)) in live.iter().enumerate() {
        let Some(product) = repository.get(&PRODUCTS, id.as_bytes())? else { continue };
        let kept_out = kept_out(&product);
        for (path, writer) in &mut writers {
            let split = groups.split(*id, &path.shares, plan.seed);
            write_path(path, writer, *id, call, &product, &kept_out, split)?;
        }
        for merge in &mut merges {
            merge.take(&product).await?;
        }
        if done % 1000 == 0 {
            reporter.progress("data sets", done as u64, Some(live.len() as u64), "calls");
        }
    }
    for (path, writer) in writers {
        let manifest = writer.finish(&inputs.to_string())?;
        summaries.insert(path.stage.id.clone(), summary_of(&manifest, true));
    }
    conclude(repository, merges, mark, reporter).await?;
    reporter.finished("data sets");
    Ok(summaries)
}

fn summary_of(manifest: &Manifest, written: bool) -> DatasetSummary {
    DatasetSummary {
        rows: manifest.rows(),
        rejected: manifest.rejected.values().sum(),
        merkle_root: manifest.merkle_root.clone(),
        written,
    }
}

/// Digest of everything that data sets and reports are made from.
fn inputs(plan: &Plan, repository: &Repository, live: &Live) -> Result<Digest, PipelineError> {
    let mut hasher = Hasher::new("data sets");
    hasher.part(&plan.seed.to_le_bytes()).part(plan.stages_key().as_bytes());
    for path in &plan.paths {
        let shares = path.shares;
        hasher.part(path.stage.id.as_bytes());
        for share in [shares.train, shares.validation, shares.test] {
            hasher.part(&share.to_le_bytes());
        }
    }
    for (id, call) in live {
        let mark = repository.fingerprint(Kind::Examples, id.as_bytes())?.unwrap_or_default();
        let text = |name: &Option<std::sync::Arc<str>>| name.as_deref().unwrap_or("").to_owned();
        hasher
            .part(id.as_bytes())
            .part(&mark.0)
            .part(call.source.as_bytes())
            .part(text(&call.account).as_bytes())
            .part(text(&call.licence).as_bytes());
    }
    Ok(hasher.finish())
}

fn groups(live: &Live) -> Groups {
    let mut groups = Groups::new();
    for (id, call) in live {
        groups.add(*id);
        if let Some(account) = &call.account {
            groups.tie(*id, "account", account);
        }
    }
    groups
}

/// Examples that a validator rejected: by path, then position in its list.
fn kept_out(product: &Product) -> HashMap<(usize, usize), &Finding> {
    let places: Vec<(usize, usize)> = product
        .paths
        .iter()
        .enumerate()
        .flat_map(|(path, made)| (0..made.examples.len()).map(move |at| (path, at)))
        .collect();
    let mut kept_out = HashMap::new();
    for inspection in &product.inspections {
        if inspection.subjects != Subjects::Examples {
            continue;
        }
        for (place, verdict) in places.iter().zip(&inspection.verdicts) {
            if let Verdict::Reject(finding) = verdict {
                // The first validator in pipeline order gives the reason.
                kept_out.entry(*place).or_insert(finding);
            }
        }
    }
    kept_out
}

fn write_path(
    path: &ReadyPath,
    writer: &mut DatasetWriter,
    id: ConversationId,
    call: &LiveCall,
    product: &Product,
    kept_out: &HashMap<(usize, usize), &Finding>,
    split: rehearsal_dataset::Split,
) -> Result<(), PipelineError> {
    let origin = Origin {
        source: call.source.as_ref().to_owned(),
        licence: call.licence.as_deref().map(ToOwned::to_owned),
    };
    for (slot, made) in product.paths.iter().enumerate() {
        if made.path != path.stage.id {
            continue;
        }
        for (at, example) in made.examples.iter().enumerate() {
            if let Some(finding) = kept_out.get(&(slot, at)) {
                writer.reject(&finding.check);
                continue;
            }
            let id = ExampleId {
                path: path.stage.id.clone(),
                conversation: id,
                key: example.key.clone(),
            };
            writer.write(&id, example, &origin, split)?;
        }
    }
    Ok(())
}

/// A validator's partials, merged as they come: memory stays flat.
struct Merge<'a> {
    validator: &'a ReadyValidator,
    waiting: Vec<Vec<u8>>,
    /// Why it will have no conclusion. That costs its report, not the data sets.
    failed: Option<CallError>,
}

impl<'a> Merge<'a> {
    const fn new(validator: &'a ReadyValidator) -> Self {
        Self { validator, waiting: Vec::new(), failed: None }
    }

    async fn take(&mut self, product: &Product) -> Result<(), PipelineError> {
        let id = &self.validator.stage.id;
        let own = product.inspections.iter().filter(|inspection| inspection.validator == *id);
        self.waiting.extend(own.map(|inspection| inspection.partial.clone()));
        if self.waiting.len() >= MERGED_AT_ONCE {
            self.merge().await?;
        }
        Ok(())
    }

    async fn merge(&mut self) -> Result<(), PipelineError> {
        let partials = std::mem::take(&mut self.waiting);
        if self.failed.is_some() {
            return Ok(());
        }
        let partials: Vec<&[u8]> = partials.iter().map(Vec::as_slice).collect();
        match self.validator.stage.handle.merge(&partials).await {
            Ok(merged) => self.waiting = vec![merged.value],
            Err(error) => self.failed = Some(error),
        }
        Ok(())
    }

    async fn conclude(mut self) -> Result<Report, CallError> {
        let partial = self.waiting.pop().unwrap_or_default();
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.validator.stage.handle.conclude(&partial).await?.value),
        }
    }
}

async fn conclude(
    repository: &Repository,
    merges: Vec<Merge<'_>>,
    mark: Fingerprint,
    reporter: &dyn Reporter,
) -> Result<(), PipelineError> {
    let mut unit = repository.unit();
    for mut merge in merges {
        merge.merge().await?;
        let stage = &merge.validator.stage;
        let slot = dead_letter_key(&stage.id, "");
        match merge.conclude().await {
            Ok(report) => {
                unit.put(&REPORTS, &stage.id, mark, &report)?;
                unit.delete(Kind::DeadLetter, slot)?;
            }
            Err(error) => {
                let trouble = batch::trouble_of(error)?;
                reporter.note(Severity::Error, &format!("{}: {}", stage.id, trouble.error));
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
                unit.put(&DEAD_LETTERS, slot, mark, &letter)?;
            }
        }
    }
    repository.commit(unit)?;
    Ok(())
}
