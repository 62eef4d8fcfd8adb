//! Compiled code on disk, so that a component is compiled once.
//!
//! Compiled code is run without further checks, so a file that somebody else made or
//! that rotted would be the end of the sandbox. Hence: the folder belongs to the user
//! and to nobody else (0700); each file is named by what it was made from (digest of
//! the component and of everything about the engine that changes code); and it ends with
//! a keyed digest over that name and its content. The key is made at random and never
//! leaves the folder. Whatever does not fit is compiled anew.
//!
//! A file that fits is mapped, not read: an interpreter's code is 35 MB, of which a call
//! touches little. Files are only ever replaced as a whole, so what is mapped never
//! changes underneath.

mod trusted;

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use rehearsal_model::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::SandboxError;

/// Bytes of a key and of a keyed digest.
const MAC: usize = blake3::OUT_LEN;
/// Bytes that are read at a time to be checked: enough for several threads to share.
const PIECE: usize = 4 * 1024 * 1024;
const KEY_FILE: &str = "key";

/// The folder and its key.
pub(crate) struct CodeCache {
    folder: PathBuf,
    key: [u8; MAC],
}

impl CodeCache {
    /// Opens the folder, or makes it.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let prepare = || {
            make_private(folder)?;
            let key = key(folder)?;
            Ok(Self { folder: folder.to_owned(), key })
        };
        prepare().map_err(|error| SandboxError::Cache { folder: folder.to_owned(), error })
    }

    /// Code for `component` that this engine made, if there is any.
    pub(crate) fn get(&self, engine: &Engine, component: &Digest) -> Option<Component> {
        let name = name(engine, component);
        let path = self.folder.join(&name);
        self.is_genuine(&name, &path).ok()?.then(|| trusted::map(engine, &path).ok())?
    }

    /// Whether a file is as it was written with this key.
    fn is_genuine(&self, name: &str, path: &Path) -> io::Result<bool> {
        let mut file = File::open(path)?;
        let Some(code) = file.metadata()?.len().checked_sub(MAC as u64) else {
            return Ok(false);
        };
        let mut mac = self.mac(name);
        let mut piece = vec![0; PIECE];
        let mut left = code;
        while left > 0 {
            let next = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            file.read_exact(&mut piece[..next])?;
            mac.update_rayon(&piece[..next]);
            left -= next as u64;
        }
        let mut written = [0; MAC];
        file.read_exact(&mut written)?;
        // Compares in constant time.
        Ok(mac.finalize() == blake3::Hash::from_bytes(written))
    }

    /// Keeps code. A cache that cannot be written costs time, so a failure is none.
    pub(crate) fn put(&self, engine: &Engine, component: &Digest, compiled: &Component) {
        let name = name(engine, component);
        if let Ok(code) = compiled.serialize() {
            let mac = self.mac(&name).update_rayon(&code).finalize();
            let _ = write_whole(&self.folder, &name, &[&code, mac.as_bytes()]);
        }
    }

    /// Wants the code. The name goes into the key and not before the code: pieces that begin
    /// where blocks do are hashed by several threads.
    fn mac(&self, name: &str) -> blake3::Hasher {
        blake3::Hasher::new_keyed(blake3::keyed_hash(&self.key, name.as_bytes()).as_bytes())
    }
}

/// The same code for another engine with the same settings for code.
pub(crate) fn copy(code: &Component, engine: &Engine) -> wasmtime::Result<Component> {
    trusted::deserialize(engine, &code.serialize()?)
}

/// What compiled code depends on.
fn name(engine: &Engine, component: &Digest) -> String {
    /// `std`'s interface for hashing, on a digest that is the same in every process
    /// and does not collide.
    struct Stable(blake3::Hasher);
    impl Hasher for Stable {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            let hash = self.0.finalize();
            u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap_or_default())
        }
    }
    let mut hasher = Stable(blake3::Hasher::new());
    component.as_bytes().hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}.code", hasher.0.finalize().to_hex())
}

/// Reads the key, or makes one.
fn key(folder: &Path) -> io::Result<[u8; MAC]> {
    let path = folder.join(KEY_FILE);
    for _ in 0..2 {
        match fs::read(&path) {
            Ok(bytes) => {
                if let Ok(key) = bytes.try_into() {
                    return Ok(key);
                }
                // Damaged: nothing made with it can be read any more.
                fs::remove_file(&path)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut key = [0; MAC];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        write_new(folder, KEY_FILE, &key)?;
    }
    Err(io::Error::other("the key changes while it is read"))
}

/// Writes a file that is either there as a whole or not at all, over an older one.
fn write_whole(folder: &Path, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = write_temporary(folder, parts)?;
    fs::rename(&temporary, folder.join(name)).inspect_err(|_| drop(fs::remove_file(&temporary)))
}

/// As [`write_whole`], unless the file is there already: of two processes that start
/// at the same time, both go on with the key of the first.
fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = write_temporary(folder, &[bytes])?;
    let linked = fs::hard_link(&temporary, folder.join(name));
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn write_temporary(folder: &Path, parts: &[&[u8]]) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{}.{count}.tmp", process::id()));
    let write = || {
        let mut file = create_private(&path)?;
        parts.iter().try_for_each(|part| file.write_all(part))
    };
    write().inspect_err(|_| drop(fs::remove_file(&path)))?;
    Ok(path)
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// Makes the folder and closes it to everybody else.
#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    // A folder of somebody else is theirs to open again, and its key is theirs, too.
    // Whose files a process makes is who it runs as.
    let probe = write_temporary(folder, &[])?;
    let (own, found) = (fs::metadata(&probe)?.uid(), fs::metadata(folder)?.uid());
    fs::remove_file(&probe)?;
    if own == found {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!("it belongs to user {found}, and this is user {own}"),
    ))
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
