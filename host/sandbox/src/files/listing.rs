//! What is in a granted folder.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{FileGrant, Listed};

/// Granted files in byte order of their names, and what was passed over.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<Listed>,
    /// One sentence for each thing that `include` meant but that cannot be given.
    pub(crate) skipped: Vec<String>,
}

impl Listing {
    pub(super) fn of(grant: &FileGrant) -> io::Result<Self> {
        let mut listing = Self::default();
        listing.folder(grant, &grant.root, "")?;
        listing.files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(listing)
    }

    fn folder(&mut self, grant: &FileGrant, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}"))
            else {
                self.skipped
                    .push(format!("{} was skipped: its name is not UTF-8", entry.path().display()));
                continue;
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !grant.left_out(&entry.path()) {
                    self.folder(grant, &entry.path(), &format!("{name}/"))?;
                }
            } else if grant.include.is_match(&name) {
                if kind.is_file() {
                    let size = entry.metadata()?.len();
                    self.files.push(Listed { name, path: entry.path(), size });
                } else if kind.is_symlink() {
                    self.link(grant, name, &entry.path());
                }
            }
        }
        Ok(())
    }

    /// A link counts as the file it leads to. Linked folders are not entered: inside
    /// the grant their files are listed already, under their real names.
    fn link(&mut self, grant: &FileGrant, name: String, path: &Path) {
        match path.canonicalize() {
            Ok(target) if !target.starts_with(&grant.root) || grant.left_out(&target) => {
                self.skipped.push(format!("`{name}` was skipped: it leads out of the folder"));
            }
            Ok(target) => {
                if let Ok(meta) = target.metadata()
                    && meta.is_file()
                {
                    self.files.push(Listed { name, path: target, size: meta.len() });
                }
            }
            Err(error) => self.skipped.push(format!("`{name}` was skipped: {error}")),
        }
    }

    /// Those after `after`, at most `limit`.
    pub(crate) fn page(&self, after: Option<&str>, limit: usize) -> &[Listed] {
        let start =
            after.map_or(0, |after| self.files.partition_point(|file| file.name.as_str() <= after));
        let rest = &self.files[start..];
        &rest[..limit.min(rest.len())]
    }
}

/// A name as a path, if it is one that a listing could give: relative, without `.`,
/// `..` or empty parts.
pub(super) fn to_path(name: &str) -> Option<PathBuf> {
    let plain = !name.is_empty()
        && !name.contains(['\\', '\0'])
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let path = PathBuf::from(name);
    // On Windows `C:x` is not relative, either.
    let relative = path.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && relative).then_some(path)
}
