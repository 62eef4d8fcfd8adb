//! Where plugins come from and go to: files, `https://` addresses, registries of the
//! Open Container Initiative, and packages by name as the WebAssembly package tools
//! (`wkg`) find them.
//!
//! Everything that arrives is bytes and nothing else here: this crate knows sizes and
//! digests; whether they are a plugin, and what that plugin asks for, is the sandbox's to
//! tell. Nothing is fetched unless a user named it, nothing over an unencrypted line
//! unless it stays on this machine, nothing larger than [`Settings::max_bytes`].

mod error;
mod reference;
mod registry;
mod url;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use error::Error;
pub use reference::{Package, Reference};
pub use registry::Release;
pub use wasm_pkg_client::Version;

/// How things are fetched.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Certificates (PEM) that vouch for servers beside the public authorities'.
    pub ca: Option<PathBuf>,
    /// Nothing larger is taken.
    pub max_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        // Components with an interpreter inside (Python) have some 20 to 40 MiB.
        Self { ca: None, max_bytes: 128 << 20 }
    }
}

/// A component that arrived.
#[derive(Debug)]
pub struct Fetched {
    /// The file.
    pub bytes: Vec<u8>,
    /// Where it came from, with the version that it is; none for a file of this machine.
    pub source: Option<Reference>,
}

/// Fetches what a reference names; of a package without a version, the newest.
///
/// # Errors
/// It cannot be had, or is too large.
pub fn fetch(reference: &Reference, settings: &Settings) -> Result<Fetched, Error> {
    match reference {
        Reference::File(path) => {
            Ok(Fetched { bytes: read(path, settings.max_bytes)?, source: None })
        }
        Reference::Url(address) => {
            Ok(Fetched { bytes: url::get(address, settings)?, source: Some(reference.clone()) })
        }
        Reference::Package(package) => {
            let (bytes, package) = registry::pull(package, settings)?;
            Ok(Fetched { bytes, source: Some(Reference::Package(package)) })
        }
    }
}

/// Puts a component into a registry under a version that is not taken.
///
/// # Errors
/// The registry refuses, or has that version: what is published never changes.
pub fn publish(
    package: &Package,
    bytes: Vec<u8>,
    summary: &str,
    settings: &Settings,
) -> Result<Release, Error> {
    registry::push(package, bytes, summary, settings)
}

/// A file of at most `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    // One byte more than is allowed tells a full file from a cut one.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge { reference: path.display().to_string(), limit });
    }
    Ok(bytes)
}
