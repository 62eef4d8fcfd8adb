//! What a stage may see, as sentences that a person reads and a lock compares.

use std::collections::BTreeSet;
use std::path::Path;

use rehearsal_config::Stage;

/// The grants of a stage, one sentence a permission. Folders are written as the
/// pipeline's file sees them, so that a lock holds on every machine.
pub(super) fn permissions(stage: &Stage, folder: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let grants = &stage.grants;
    if let Some(files) = &grants.files {
        let root = files.root.strip_prefix(folder).unwrap_or(&files.root).display();
        if files.include.is_empty() {
            all.insert(format!("files {EVERYTHING} of {root}"));
        }
        all.extend(files.include.iter().map(|pattern| format!("files {pattern} of {root}")));
    }
    for http in &grants.http {
        for method in &http.methods {
            all.insert(format!("http {method} {}", http.url));
        }
        if http.allow_private {
            all.insert(format!("http to private addresses of {}", http.url));
        }
        if http.media {
            all.insert(format!("recordings kept from {}", http.url));
        }
        if let Some(secret) = &http.secret {
            all.insert(format!("secret in {} to {}", secret.header, http.url));
        }
    }
    for (name, granted) in [("audio", grants.audio), ("semantics", grants.semantics)] {
        if granted {
            all.insert(name.to_owned());
        }
    }
    all
}

/// What stands for all files of a folder.
const EVERYTHING: &str = "**";

/// Whether something accepted allows as much: the same, all files of the same folder, or
/// an address above.
pub(super) fn covered(accepted: &BTreeSet<String>, wanted: &str) -> bool {
    if accepted.contains(wanted) {
        return true;
    }
    if let Some((_, root)) = wanted.strip_prefix("files ").and_then(|rest| rest.split_once(" of "))
    {
        return accepted.contains(&format!("files {EVERYTHING} of {root}"));
    }
    wanted.starts_with("http ")
        && accepted
            .iter()
            .filter_map(|grant| grant.strip_suffix('*'))
            .any(|above| above.starts_with("http ") && wanted.starts_with(above))
}
