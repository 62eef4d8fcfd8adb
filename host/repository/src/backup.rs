//! A consistent copy while the repository is in use. Segments only grow, so a
//! copy of each up to where it ended at one moment is the state of that moment.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::damage::{Damage, verify};
use crate::error::RepositoryError;
use crate::repository::Repository;
use crate::segment::{Segments, create_directory, file_name, sync_directory};
use crate::store::Layout;

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// Segment files.
    pub segments: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// The last unit in the copy.
    pub sequence: u64,
    /// What does not match its CRC in the copy, because it did not in the
    /// original: `repair` that.
    pub damage: Vec<Damage>,
}

impl Repository {
    /// Copies the repository to `to`, which must not exist, and checks every
    /// CRC of the copy. Others may go on reading and committing; the copy ends
    /// with the last unit committed before. The folder appears under its name
    /// only when all of it is on disk.
    ///
    /// The copy is a repository like this one. Its index is built when it is
    /// first opened.
    ///
    /// # Errors
    /// [`RepositoryError::TargetExists`]; else what the file system said.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<Backup, RepositoryError> {
        let to = to.as_ref();
        if to.exists() {
            return Err(RepositoryError::TargetExists { path: to.to_owned() });
        }
        let (sequence, lengths) = self.snapshot()?;
        let mut name = to.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(RepositoryError::io("remove", &partial)(error));
            }
            _ => {}
        }
        let target = Segments::new(Layout(&partial).segments());
        create_directory(&target.directory)?;
        let mut report = Backup { sequence, ..Backup::default() };
        for (id, length) in lengths {
            let source = self.store().segments.directory.join(file_name(id));
            copy(&source, &target.directory.join(file_name(id)), length)?;
            let segment = target.get(id)?;
            let mut damage = verify(&segment)?;
            // Named as what the user has to mend, not as the folder in passing.
            damage.iter_mut().for_each(|damage| damage.path.clone_from(&source));
            report.damage.append(&mut damage);
            report.segments += 1;
            report.bytes += length;
        }
        sync_directory(&target.directory)?;
        sync_directory(&partial)?;
        fs::rename(&partial, to).map_err(RepositoryError::io("rename", &partial))?;
        if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_directory(parent)?;
        }
        Ok(report)
    }

    /// Each segment and its length at one moment, all of it on disk.
    fn snapshot(&self) -> Result<(u64, Vec<(u32, u64)>), RepositoryError> {
        let mut writer = self.writer();
        let sequence = writer.checkpoint(self.store())?;
        let active = writer.mark();
        let mut lengths = Vec::new();
        for id in self.store().segments.list()? {
            let length = match id == active.segment {
                true => active.offset,
                false => self.store().segments.get(id)?.len()?,
            };
            lengths.push((id, length));
        }
        Ok((sequence, lengths))
    }
}

fn copy(from: &Path, to: &Path, length: u64) -> Result<(), RepositoryError> {
    let source = File::open(from).map_err(RepositoryError::io("open", from))?;
    let mut target = File::create_new(to).map_err(RepositoryError::io("create", to))?;
    io::copy(&mut source.take(length), &mut target)
        .and_then(|_| target.sync_all())
        .map_err(RepositoryError::io("copy to", to))
}
