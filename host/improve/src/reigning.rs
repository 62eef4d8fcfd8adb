//! Champions that extractors get: heads in the place of those that ship.

use std::collections::BTreeMap;
use std::path::Path;

use rehearsal_config::{Learner, Pipeline};
use rehearsal_heads::Tuned;
use rehearsal_pipeline::TunedHead;
use rehearsal_repository::Repository;
use rehearsal_training::Ground;

use crate::ImproveError;
use crate::files::record;
use crate::head::head_of;
use crate::make::MODEL;
use crate::registry::{JOURNAL, Line, Registry, Stage, Version, told};

/// Champions of a pipeline's heads, by what the journal of models says: nothing else has
/// to be open for it. Where the journal is gone, the repository writes it anew.
///
/// # Errors
/// The journal cannot be read, or a champion is not the file that it was registered with.
pub fn reigning(pipeline: &Pipeline) -> Result<Vec<TunedHead>, ImproveError> {
    let mut found = Vec::new();
    let heads = pipeline.trainers.iter().filter_map(|trainer| match &trainer.learner {
        Learner::Classifier { extractor: Some(extractor), task, .. } => {
            Some((trainer, extractor, head_of(task)?))
        }
        _ => None,
    });
    let heads: Vec<_> = heads.collect();
    if heads.is_empty() {
        return Ok(found);
    }
    let folder = pipeline.workspace.join("models");
    let champions = champions(&pipeline.workspace, &folder)?;
    for (trainer, extractor, head) in heads {
        let Some(version) = champions.get(&trainer.id) else { continue };
        let model = format!("{}@{}", version.trainer, version.version);
        let weights = weights(&folder, version, &model, head)?;
        found.push(TunedHead {
            extractor: extractor.clone(),
            head: head.to_owned(),
            model,
            weights,
        });
    }
    Ok(found)
}

fn champions(workspace: &Path, folder: &Path) -> Result<BTreeMap<String, Version>, ImproveError> {
    let journal = folder.join(JOURNAL);
    let repository = workspace.join("repository");
    if !journal.is_file() && repository.is_dir() {
        let repository = Repository::open(&repository)?;
        let _ = Registry::open(&repository, workspace)?;
        repository.close()?;
    }
    let mut newest: BTreeMap<(String, u32), Version> = BTreeMap::new();
    for line in told(&journal)? {
        let Line::Model(version) = line else { continue };
        let key = (version.trainer.clone(), version.version);
        if newest.get(&key).is_none_or(|known| known.revision < version.revision) {
            newest.insert(key, *version);
        }
    }
    let champions = newest.into_values().filter(|version| version.stage == Stage::Champion);
    Ok(champions.map(|version| (version.trainer.clone(), version)).collect())
}

fn weights(
    folder: &Path,
    version: &Version,
    model: &str,
    head: &str,
) -> Result<Result<String, String>, ImproveError> {
    let own = folder.join(&version.folder);
    let Some(registered) = version.files.iter().find(|file| file.path == MODEL) else {
        return Ok(Err(format!("{model} has no {MODEL}")));
    };
    if record(&own, MODEL)? != *registered {
        return Err(ImproveError::NoModel(format!(
            "{} is not the file that {model} was registered with; `rehearsal rollback {}` puts \
             the one before in its place",
            own.join(MODEL).display(),
            version.trainer
        )));
    }
    let path = own.join(MODEL);
    let bytes = std::fs::read(&path).map_err(ImproveError::io("read", &path))?;
    let fits = Ground::of(head).map_err(|error| error.to_string()).and_then(|ground| {
        let tuned = Tuned::from_bytes(&bytes).map_err(|error| error.to_string())?;
        ground.change(&tuned).map(drop).map_err(|error| error.to_string())
    });
    Ok(fits.map(|()| Tuned::to_text(&bytes)))
}
