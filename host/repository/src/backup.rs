//! A consistent copy while the repository is in use. Segments only grow, so a
//! copy of each up to where it ended at one moment is the state of that moment, and a
//! later copy wants only what has grown since.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::damage::{Damage, verify};
use crate::error::RepositoryError;
use crate::frame::SEGMENT_HEADER;
use crate::lock::Lock;
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
    /// Bytes that had to be copied; fewer where an earlier copy was brought up to date.
    pub copied: u64,
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
        remove_folder(&partial)?;
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
            report.copied += length;
        }
        sync_directory(&target.directory)?;
        sync_directory(&partial)?;
        fs::rename(&partial, to).map_err(RepositoryError::io("rename", &partial))?;
        if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_directory(parent)?;
        }
        Ok(report)
    }

    /// As [`Self::backup`]; where `to` is an earlier copy of this repository, copies what
    /// is new and removes what is gone, so that what was erased leaves the copy, too.
    /// Interrupted, the copy is as it was at some moment in between: call it again.
    ///
    /// # Errors
    /// [`RepositoryError::TargetExists`] where `to` is anything else;
    /// [`RepositoryError::InUse`] while somebody works in the copy; else what the file
    /// system said.
    pub fn backup_or_update(&self, to: impl AsRef<Path>) -> Result<Backup, RepositoryError> {
        let to = to.as_ref();
        if !to.exists() {
            return self.backup(to);
        }
        let target = Segments::new(Layout(to).segments());
        if !target.directory.is_dir() || to == self.path() {
            return Err(RepositoryError::TargetExists { path: to.to_owned() });
        }
        let _lock = Lock::acquire(to)?;
        // Of the copy's former state; the next opening builds it anew.
        remove_folder(&Layout(to).index())?;
        let (sequence, lengths) = self.snapshot()?;
        let mut report = Backup { sequence, ..Backup::default() };
        // In ascending order: cut short, the copy has the beginning of everything.
        for &(id, length) in &lengths {
            let source = self.store().segments.directory.join(file_name(id));
            let copy_path = target.directory.join(file_name(id));
            let copied = update(&source, &copy_path, length)?;
            report.segments += 1;
            report.bytes += length;
            report.copied += copied;
            if copied > 0 {
                let mut damage = verify(&*target.get(id)?)?;
                damage.iter_mut().for_each(|damage| damage.path.clone_from(&source));
                report.damage.append(&mut damage);
            }
        }
        for id in target.list()? {
            if !lengths.iter().any(|(kept, _)| *kept == id) {
                let gone = target.directory.join(file_name(id));
                fs::remove_file(&gone).map_err(RepositoryError::io("remove", &gone))?;
            }
        }
        sync_directory(&target.directory)?;
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

/// Bytes before the end of a copy that are compared with the original.
const COMPARED: u64 = 64 * 1024;

/// Brings the copy of a segment to `length` and returns how many bytes that took.
fn update(from: &Path, to: &Path, length: u64) -> Result<u64, RepositoryError> {
    if let Some(held) = held(from, to, length).map_err(RepositoryError::io("compare", to))? {
        if held == length {
            return Ok(0);
        }
        let copy_tail = || -> io::Result<()> {
            let mut source = File::open(from)?;
            io::Seek::seek(&mut source, io::SeekFrom::Start(held))?;
            let mut target = File::options().append(true).open(to)?;
            io::copy(&mut source.take(length - held), &mut target)?;
            target.sync_all()
        };
        copy_tail().map_err(RepositoryError::io("copy to", to))?;
        return Ok(length - held);
    }
    let partial = to.with_extension("seg.partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(RepositoryError::io("remove", &partial)(error));
        }
        _ => {}
    }
    copy(from, &partial, length)?;
    fs::rename(&partial, to).map_err(RepositoryError::io("rename", &partial))?;
    Ok(length)
}

/// How much of a segment a copy has, if it is a copy of its beginning: the same header
/// with the same salt, and the same bytes at the copy's end.
fn held(from: &Path, to: &Path, length: u64) -> io::Result<Option<u64>> {
    let target = match File::open(to) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let source = File::open(from)?;
    let held = target.metadata()?.len();
    if held < SEGMENT_HEADER as u64 || held > length {
        return Ok(None);
    }
    let tail = held.saturating_sub(COMPARED);
    for (at, size) in [(0, SEGMENT_HEADER as u64), (tail, held - tail)] {
        let (mut left, mut right) = (vec![0; size as usize], vec![0; size as usize]);
        source.read_exact_at(&mut left, at)?;
        target.read_exact_at(&mut right, at)?;
        if left != right {
            return Ok(None);
        }
    }
    Ok(Some(held))
}

fn remove_folder(path: &Path) -> Result<(), RepositoryError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(RepositoryError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
