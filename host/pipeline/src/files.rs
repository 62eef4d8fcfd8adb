//! Digests of files, remembered between runs: a recording is read once, not once a run.

use std::sync::{Arc, OnceLock};

use rehearsal_model::{Digest, Hasher};
use rehearsal_repository::{Kind, Repository, Table};
use rehearsal_sandbox::{FingerprintStore, Stamp};

use crate::records::fingerprint;

/// Under a digest of the path: a digest of size and time of change, and of the content.
const FILES: Table<(Digest, Digest)> = Table::new(Kind::File, 1);

/// Remembers in a repository, once there is one.
#[derive(Default)]
pub struct FileDigests {
    repository: OnceLock<Arc<Repository>>,
}

impl FileDigests {
    /// From here on, in this repository. Only the first one counts.
    pub fn attach(&self, repository: Arc<Repository>) {
        // A second one would be the same: a process opens one repository.
        let _ = self.repository.set(repository);
    }
}

impl FingerprintStore for FileDigests {
    fn get(&self, stamp: &Stamp) -> Option<Digest> {
        let (place, state) = keys(stamp);
        // What cannot be read is computed again.
        let (known, digest) = self.repository.get()?.get(&FILES, place.as_bytes()).ok()??;
        (known == state).then_some(digest)
    }

    fn put(&self, stamp: &Stamp, digest: Digest) {
        let Some(repository) = self.repository.get() else { return };
        let (place, state) = keys(stamp);
        let mut unit = repository.unit();
        let written =
            unit.put(&FILES, place.as_bytes(), fingerprint(&state), &(state, digest)).is_ok();
        if written {
            // Losing it costs time only; a failing disk shows in what must be kept.
            let _ = repository.commit(unit);
        }
    }
}

fn keys(stamp: &Stamp) -> (Digest, Digest) {
    let mut state = Hasher::new("file");
    state.part(&stamp.size.to_le_bytes()).part(&stamp.modified.to_le_bytes());
    (Digest::of(stamp.path.as_os_str().as_encoded_bytes()), state.finish())
}
