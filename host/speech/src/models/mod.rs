//! Model files: where they lie, where they come from, and that they are what they say.
//!
//! A [`Store`] is a directory. A file gets its name only once it is complete and its
//! sha256 is right, and a lock file keeps two processes from fetching the same one.

mod catalogue;
mod convert;
mod error;
mod fetch;
mod package;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use catalogue::{CATALOGUE, DEFAULT_MODEL, Kind, Model, ModelFile, Origin, Recipe, find};
pub use error::ModelError;

/// Environment variable that names the model directory.
pub const DIRECTORY_VARIABLE: &str = "REHEARSAL_MODELS";

/// Environment variable that, when it is set, keeps pulls from reaching out.
pub const OFFLINE_VARIABLE: &str = "REHEARSAL_OFFLINE";

/// What a pull is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullEvent<'a> {
    /// Another process fetches the same model; this one waits for it.
    Waiting,
    /// An origin is being tried.
    Trying {
        /// The file.
        file: &'a str,
        /// The origin, in words.
        origin: &'a str,
    },
    /// An origin did not work; the next is tried.
    Failed {
        /// The origin, in words.
        origin: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// Bytes of the file that are here.
    Progress {
        /// The file.
        file: &'a str,
        /// So many.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// The file is being converted or checked.
    Preparing {
        /// The file.
        file: &'a str,
    },
}

/// A model on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// Name, as in the catalogue or as imported.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// The file to load.
    pub path: PathBuf,
    /// Size of all its files.
    pub bytes: u64,
    /// Whether it is the catalogue's (pinned) or was imported.
    pub pinned: bool,
}

/// A directory of model files.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// The directory that `$REHEARSAL_MODELS` names, else `rehearsal/models` in the
    /// platform's cache directory. Created when something is put into it.
    ///
    /// # Errors
    /// [`ModelError::NoDirectory`] if neither exists.
    pub fn open_default() -> Result<Self, ModelError> {
        let named = std::env::var_os(DIRECTORY_VARIABLE).filter(|v| !v.is_empty());
        let directory = match named {
            Some(named) => PathBuf::from(named),
            None => directories::BaseDirs::new()
                .ok_or(ModelError::NoDirectory)?
                .cache_dir()
                .join("rehearsal")
                .join("models"),
        };
        Ok(Self { directory })
    }

    /// A store in the given directory.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file to load for a model's name, or for a path of a model file; `None` if it
    /// is not here (then [`pull`](Self::pull) it).
    ///
    /// # Errors
    /// [`ModelError::Unknown`] if the name is no model's and no file's.
    pub fn locate(&self, name: &str) -> Result<Option<PathBuf>, ModelError> {
        if let Some(model) = find(name) {
            let whole = model.files.iter().all(|f| self.has(f));
            return Ok(whole.then(|| self.directory.join(model.files[0].name)));
        }
        let imported = self.imported_path(name);
        if is_plain_name(name) && imported.is_file() {
            return Ok(Some(imported));
        }
        let path = Path::new(name);
        if path.is_file() {
            return Ok(Some(path.to_owned()));
        }
        Err(ModelError::Unknown { name: name.to_owned() })
    }

    /// As [`locate`](Self::locate), and pulls what is missing.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    pub fn ensure(
        &self,
        name: &str,
        tell: &mut dyn FnMut(PullEvent<'_>),
    ) -> Result<PathBuf, ModelError> {
        match self.locate(name)? {
            Some(path) => Ok(path),
            None => self.pull(name, tell),
        }
    }

    /// Fetches a model of the catalogue from the first origin that answers, and
    /// returns the file to load. Does nothing for what is already here; an interrupted
    /// download goes on where it stopped; safe with several processes at once.
    ///
    /// # Errors
    /// [`ModelError::Unknown`], [`ModelError::Unreachable`] (with what each origin
    /// said), [`ModelError::Io`].
    pub fn pull(
        &self,
        name: &str,
        tell: &mut dyn FnMut(PullEvent<'_>),
    ) -> Result<PathBuf, ModelError> {
        let model = find(name).ok_or_else(|| ModelError::Unknown { name: name.to_owned() })?;
        if model.files.iter().all(|f| self.has(f)) {
            return Ok(self.directory.join(model.files[0].name));
        }
        if std::env::var_os(OFFLINE_VARIABLE).is_some_and(|value| !value.is_empty()) {
            let attempts = vec![format!("nothing is fetched while {OFFLINE_VARIABLE} is set")];
            return Err(ModelError::Unreachable { name: name.to_owned(), attempts });
        }
        self.fetch(model, tell)
    }

    /// Fetches the files of a model that are not here.
    fn fetch(
        &self,
        model: &Model,
        tell: &mut dyn FnMut(PullEvent<'_>),
    ) -> Result<PathBuf, ModelError> {
        let _lock = self.lock(model, tell)?;
        for file in model.files {
            // Another process may have fetched it while this one waited.
            if !self.has(file) {
                fetch::file(&self.directory, model, file, tell)?;
            }
        }
        Ok(self.directory.join(model.files[0].name))
    }

    /// Converts a fine-tuned Whisper in HuggingFace's safetensors form (a folder) or
    /// CTranslate2's (a folder), or takes a whisper.cpp file, under a name of its own
    /// (letters, digits, `-`, `_`, `.`). Returns the file to load.
    ///
    /// # Errors
    /// [`ModelError::Import`] if the source is none of these or the name is taken.
    pub fn import(&self, source: &Path, name: &str) -> Result<PathBuf, ModelError> {
        let refuse = |reason: &str| ModelError::Import {
            path: source.to_owned(),
            reason: reason.to_owned(),
        };
        if !is_plain_name(name) {
            return Err(refuse("its name may have letters, digits, `-`, `_` and `.` only"));
        }
        if find(name).is_some() {
            return Err(refuse("a model of the catalogue has this name already"));
        }
        let target = self.imported_path(name);
        let io = |source| ModelError::Io { path: target.clone(), source };
        fs::create_dir_all(&self.directory).map_err(io)?;
        // Unique a process, so that two imports at once cannot mix.
        let part = target.with_extension(format!("{}.part", std::process::id()));
        let written = convert::import(source, &part);
        if let Err(reason) = written {
            let _ = fs::remove_file(&part);
            return Err(ModelError::Import { path: source.to_owned(), reason });
        }
        fs::rename(&part, &target).map_err(io)?;
        Ok(target)
    }

    /// The models that are here, catalogue first, then imported ones by name.
    ///
    /// # Errors
    /// [`ModelError::Io`] if the directory exists and cannot be read.
    pub fn list(&self) -> Result<Vec<Installed>, ModelError> {
        let mut found: Vec<Installed> = CATALOGUE
            .iter()
            .filter(|model| model.files.iter().all(|f| self.has(f)))
            .map(|model| Installed {
                name: model.name.to_owned(),
                kind: model.kind,
                path: self.directory.join(model.files[0].name),
                bytes: model.bytes(),
                pinned: true,
            })
            .collect();
        let io = |source| ModelError::Io { path: self.directory.clone(), source };
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(io)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(io(e)),
        };
        let mut imported: Vec<Installed> = entries
            .iter()
            .filter_map(|entry| {
                let file = entry.file_name();
                let name = file.to_str()?.strip_prefix("imported-")?.strip_suffix(".bin")?;
                let bytes = entry.metadata().ok()?.len();
                let (name, path) = (name.to_owned(), entry.path());
                Some(Installed { name, kind: Kind::Speech, path, bytes, pinned: false })
            })
            .collect();
        imported.sort_by(|a, b| a.name.cmp(&b.name));
        found.extend(imported);
        Ok(found)
    }

    /// Reads a catalogue model's files again and compares them with their pins.
    ///
    /// # Errors
    /// [`ModelError::WrongDigest`], [`ModelError::Io`] (also for a missing file),
    /// [`ModelError::Unknown`].
    pub fn verify(&self, name: &str) -> Result<(), ModelError> {
        let model = find(name).ok_or_else(|| ModelError::Unknown { name: name.to_owned() })?;
        for file in model.files {
            let path = self.directory.join(file.name);
            let found = sha256_of_file(&path)
                .map_err(|source| ModelError::Io { path: path.clone(), source })?;
            if found != file.sha256 {
                let expected = file.sha256.to_owned();
                return Err(ModelError::WrongDigest { path, expected, found });
            }
        }
        Ok(())
    }

    fn has(&self, file: &ModelFile) -> bool {
        let path = self.directory.join(file.name);
        // It got its name only after its sha256 was right; a size is a quick check
        // that nobody has cut it since.
        path.metadata().is_ok_and(|m| m.is_file() && m.len() == file.bytes)
    }

    fn imported_path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("imported-{name}.bin"))
    }

    fn lock(&self, model: &Model, tell: &mut dyn FnMut(PullEvent<'_>)) -> Result<File, ModelError> {
        let path = self.directory.join(format!(".{}.lock", model.name));
        let io = |source| ModelError::Io { path: path.clone(), source };
        fs::create_dir_all(&self.directory).map_err(io)?;
        let file = File::create(&path).map_err(io)?;
        if file.try_lock().is_err() {
            tell(PullEvent::Waiting);
            file.lock().map_err(io)?;
        }
        Ok(file)
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Lower-case hexadecimal sha256 of a file, read in blocks.
///
/// # Errors
/// What reading the file says.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        hash.update(&block[..read]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
