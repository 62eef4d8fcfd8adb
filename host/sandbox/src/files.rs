//! Files that the operator granted: a folder and what in it is meant.
//!
//! A plugin knows a file by its name relative to the folder, `/` between the parts,
//! and cannot name one outside: the name must be one that [`FileGrant::list`] would
//! give, and what it stands for, with all links resolved, must lie in the folder.
//! (Somebody who can replace parts of the folder while it is read could still swap a
//! link in between; such a person can read the folder anyway.)

mod fingerprint;
mod listing;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use globset::GlobSet;
use rehearsal_model::Digest;

pub use self::fingerprint::{FingerprintStore, Fingerprints, Stamp};
pub(crate) use self::listing::Listing;

/// Why a folder cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The folder cannot be read.
    #[error("cannot read the folder {}: {error}", root.display())]
    Root {
        /// As given.
        root: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// It is something else.
    #[error("{} is not a folder; grant the folder and name the file in `include`", root.display())]
    NotAFolder {
        /// As given.
        root: PathBuf,
    },
}

/// A granted folder.
#[derive(Debug, Clone)]
pub struct FileGrant {
    root: PathBuf,
    include: GlobSet,
    /// A folder that is never a part of it, links resolved.
    without: Option<PathBuf>,
    fingerprints: Arc<Fingerprints>,
    /// As a listing from the start found the folder; see [`FileGrant::listing`].
    found: Arc<Mutex<Option<Arc<Listing>>>>,
}

/// One file of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
}

/// An open file whose content is known.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) size: u64,
    pub(crate) fingerprint: Digest,
}

/// Why a name could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("`{0}` is not the name of a granted file")]
    Name(String),
    #[error("`{0}` is not among the granted files: `include` leaves it out")]
    NotIncluded(String),
    #[error("`{0}` leads out of the granted folder")]
    Outside(String),
    #[error("`{name}`: {error}")]
    Io { name: String, error: io::Error },
}

impl FileGrant {
    /// Grants the files under `root` whose names (relative to it, `/` between parts)
    /// `include` matches. Content is remembered in `fingerprints`, to be shared between
    /// grants.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn new(
        root: &Path,
        include: GlobSet,
        fingerprints: Arc<Fingerprints>,
    ) -> Result<Self, GrantError> {
        let resolved = root
            .canonicalize()
            .map_err(|error| GrantError::Root { root: root.to_owned(), error })?;
        if !resolved.is_dir() {
            return Err(GrantError::NotAFolder { root: root.to_owned() });
        }
        Ok(Self { root: resolved, include, without: None, fingerprints, found: Arc::default() })
    }

    /// Leaves a folder out, whatever the patterns say: the pipeline's own workspace is no
    /// source. A folder that is not there (yet) is left out by its path.
    #[must_use]
    pub fn without(mut self, folder: &Path) -> Self {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let parent = absolute.parent().and_then(|parent| parent.canonicalize().ok());
        let resolved = folder.canonicalize().ok();
        let by_parent = parent.zip(absolute.file_name()).map(|(parent, name)| parent.join(name));
        self.without = resolved.or(by_parent);
        self
    }

    /// Whether it is a part of the folder that is left out.
    fn left_out(&self, path: &Path) -> bool {
        self.without.as_ref().is_some_and(|folder| path.starts_with(folder))
    }

    /// The folder, with all links resolved.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All granted files, in byte order of their names. `anew` looks at the folder;
    /// otherwise what the last look found will do, so that the calls of one pass over a
    /// source see one state of it, and a pass over many files does not list all of them
    /// for each.
    pub(crate) fn listing(&self, anew: bool) -> io::Result<Arc<Listing>> {
        let found = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = found().as_ref().filter(|_| !anew) {
            return Ok(Arc::clone(listing));
        }
        let listing = Arc::new(Listing::of(self)?);
        *found() = Some(Arc::clone(&listing));
        Ok(listing)
    }

    /// One file of the listing, without walking the folder.
    pub(crate) fn find(&self, name: &str) -> io::Result<Option<Listed>> {
        let Some(relative) = listing::to_path(name).filter(|_| self.include.is_match(name)) else {
            return Ok(None);
        };
        let path = match self.root.join(relative).canonicalize() {
            Ok(path) if path.starts_with(&self.root) && !self.left_out(&path) => path,
            Ok(_) => return Ok(None),
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let meta = path.metadata()?;
        Ok(meta.is_file().then(|| Listed { name: name.to_owned(), path, size: meta.len() }))
    }

    /// What is in a listed file now.
    pub(crate) fn fingerprint(&self, file: &Listed) -> io::Result<Digest> {
        self.fingerprints.of(&file.path)
    }

    /// Opens a file by its name.
    pub(crate) fn open(&self, name: &str) -> Result<Opened, OpenError> {
        let relative = listing::to_path(name).ok_or_else(|| OpenError::Name(name.to_owned()))?;
        if !self.include.is_match(name) {
            return Err(OpenError::NotIncluded(name.to_owned()));
        }
        let io_error = |error| OpenError::Io { name: name.to_owned(), error };
        let path = self.root.join(relative).canonicalize().map_err(io_error)?;
        if self.left_out(&path) {
            return Err(OpenError::NotIncluded(name.to_owned()));
        }
        if !path.starts_with(&self.root) {
            return Err(OpenError::Outside(name.to_owned()));
        }
        // Only files: opening a pipe would wait for its writer.
        if !path.metadata().map_err(io_error)?.is_file() {
            return Err(OpenError::Name(name.to_owned()));
        }
        let fingerprint = self.fingerprints.of(&path).map_err(io_error)?;
        let file = File::open(&path).map_err(io_error)?;
        let size = file.metadata().map_err(io_error)?.len();
        Ok(Opened { name: name.to_owned(), path, file, size, fingerprint })
    }
}

/// Whether a path leads nowhere, be it for a part that is no folder.
fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn globs(include: &[&str]) -> GlobSet {
        let mut set = globset::GlobSetBuilder::new();
        for pattern in include {
            set.add(globset::Glob::new(pattern).expect("a pattern"));
        }
        set.build().expect("patterns")
    }

    fn grant(root: &Path, include: &[&str]) -> FileGrant {
        FileGrant::new(root, globs(include), Arc::default()).expect("the folder is granted")
    }

    #[test]
    fn a_listing_is_in_byte_order_and_tells_what_it_passes_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("granted");
        fs::create_dir_all(root.join("b/c")).expect("folders");
        for name in ["b/c/x.vtt", "b.vtt", "B.vtt", "ä.vtt", "notes.txt", "b/y.srt"] {
            fs::write(root.join(name), name).expect("a file");
        }
        fs::write(folder.path().join("out.vtt"), "").expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("../out.vtt", root.join("out.vtt")).expect("a link");
            symlink("b.vtt", root.join("link.vtt")).expect("a link");
            symlink("..", root.join("loop")).expect("a link");
        }
        let listing = grant(&root, &["**/*.{vtt,srt}"]).listing(true).expect("a listing");
        let names: Vec<_> = listing.page(None, 100).iter().map(|file| file.name.as_str()).collect();
        #[cfg(unix)]
        assert_eq!(names, ["B.vtt", "b.vtt", "b/c/x.vtt", "b/y.srt", "link.vtt", "ä.vtt"]);
        #[cfg(unix)]
        assert_eq!(listing.skipped, ["`out.vtt` was skipped: it leads out of the folder"]);
        for file in listing.page(None, 100) {
            let found = grant(&root, &["**/*.{vtt,srt}"]).find(&file.name).expect("a look");
            assert_eq!(
                found.map(|found| (found.path, found.size)),
                Some((file.path.clone(), file.size))
            );
        }
        for absent in ["none.vtt", "notes.txt", "b.vtt/x.vtt", "b", "../out.vtt", "out.vtt", ""] {
            let found = grant(&root, &["**/*.{vtt,srt}"]).find(absent).expect("a look");
            assert!(found.is_none(), "{absent} is not in the listing");
        }
        let page = listing.page(Some("b.vtt"), 2);
        assert_eq!(
            page.iter().map(|file| &file.name).collect::<Vec<_>>(),
            ["b/c/x.vtt", "b/y.srt"]
        );
        assert!(listing.page(Some("ä.vtt"), 2).is_empty());
    }

    #[test]
    fn a_folder_left_out_is_neither_listed_nor_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::write(root.join("a.txt"), "a").expect("a file");
        // Before the folder is there, and after.
        let early = grant(root, &["**"]).without(&root.join(".own"));
        fs::create_dir_all(root.join(".own/b")).expect("a folder");
        fs::write(root.join(".own/b/c.txt"), "c").expect("a file");
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join(".own/b/c.txt"), root.join("c.txt")).expect("a link");
        for grant in [early, grant(root, &["**"]).without(&root.join(".own"))] {
            let listing = grant.listing(true).expect("a listing");
            let names: Vec<&str> = listing.page(None, 9).iter().map(|f| f.name.as_str()).collect();
            assert_eq!(names, ["a.txt"]);
            for name in [".own/b/c.txt", "c.txt"] {
                assert!(grant.open(name).is_err(), "{name}");
                assert!(grant.find(name).expect("a look").is_none(), "{name}");
            }
        }
    }

    #[test]
    fn what_cannot_be_granted_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a file");
        let error = |root: &Path| {
            let refused = FileGrant::new(root, globs(&["**"]), Arc::default());
            refused.expect_err("it is refused").to_string()
        };
        assert!(error(&file).contains("is not a folder"));
        assert!(error(&folder.path().join("none")).starts_with("cannot read the folder"));
    }

    proptest! {
        /// Whatever the name, nothing outside the folder is opened, and what a listing
        /// does not give is not there.
        #[test]
        fn names_never_lead_out(parts in prop::collection::vec("(\\.\\.|\\.|in|out|a|/|\\PC{0,3})", 0..6)) {
            let folder = tempfile::tempdir().expect("a folder");
            let root = folder.path().join("in");
            fs::create_dir(&root).expect("a folder");
            fs::write(root.join("a"), "a").expect("a file");
            fs::write(folder.path().join("out"), "secret").expect("a file");
            let name = parts.join("/");
            match grant(&root, &["**"]).open(&name) {
                Ok(opened) => prop_assert_eq!(opened.name, "a"),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
