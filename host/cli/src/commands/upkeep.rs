//! `rehearsal repair` and `rehearsal backup`.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::print;

pub(crate) fn repair(file: &PipelineFile, json: bool) -> Result<Exit> {
    let mut repository = super::repository(file)?;
    let mut damage = repository.recovery().damage.clone();
    let repair = repository.repair()?;
    damage.extend(repair.damage);
    // What opening and repairing both met is one damage.
    let mut lines: Vec<String> = damage.iter().map(ToString::to_string).collect();
    lines.sort();
    lines.dedup();
    if json {
        print::json(&json!({
            "records": repair.records,
            "damage": lines,
            "quarantined": repair.quarantined,
        }));
    } else {
        lines.iter().for_each(|line| print::out(&format!("damaged: {line}")));
        if repair.quarantined > 0 {
            let kept = repository.path().join("quarantine");
            print::out(&format!("the originals of what was damaged are in {}", kept.display()));
        }
        let end = if lines.is_empty() {
            "nothing is damaged; the index was built anew"
        } else {
            "what can be made again is made by the next `rehearsal run`"
        };
        print::out(&format!("{} records are whole; {end}", repair.records));
    }
    repository.close()?;
    Ok(Exit::Done)
}

pub(crate) fn backup(to: &Path, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = super::repository(file)?;
    let backup = repository.backup_or_update(to)?;
    if json {
        print::json(&json!({
            "folder": to,
            "segments": backup.segments,
            "bytes": backup.bytes,
            "copied": backup.copied,
            "damage": backup.damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
    } else {
        backup.damage.iter().for_each(|damage| print::out(&format!("damaged: {damage}")));
        print::out(&format!(
            "{} holds all of the repository: {} segments, {} bytes, {} of them copied now",
            to.display(),
            backup.segments,
            backup.bytes,
            backup.copied
        ));
    }
    Ok(if backup.damage.is_empty() { Exit::Done } else { Exit::FailedItems })
}
