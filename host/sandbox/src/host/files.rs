//! `files`: granted files.

use std::io;
use std::sync::Arc;

use wasmtime::component::Resource;

use super::blobs::{Blob, Held};
use super::{NotGranted, blocking};
use crate::Capability;
use crate::bindings::rehearsal::plugin::files::{File, Host};
use crate::bindings::rehearsal::plugin::types::Error;
use crate::files::{FileGrant, Listed, Listing, OpenError};
use crate::output::Level;
use crate::state::State;

/// As `wit/host.wit` promises.
const MAX_PAGE: u32 = 10_000;

impl State {
    /// The interface is linked only where files are granted.
    fn granted(&self) -> wasmtime::Result<FileGrant> {
        let grant = self.grants.files.clone();
        grant.ok_or_else(|| NotGranted(Capability::Files).into())
    }

    /// The listing that holds for the whole call. A call that starts a pass over the
    /// source looks at the folder, others take what it found.
    async fn listing(&mut self, grant: &FileGrant) -> wasmtime::Result<io::Result<Arc<Listing>>> {
        if let Some(listing) = &self.listing {
            return Ok(Ok(Arc::clone(listing)));
        }
        let (grant, anew) = (grant.clone(), self.starts_pass);
        match blocking(move || grant.listing(anew)).await? {
            Ok(listing) => {
                for sentence in listing.skipped.iter().filter(|_| anew) {
                    self.log.write(self.limits.output, Level::Warn, sentence);
                }
                self.listing = Some(Arc::clone(&listing));
                Ok(Ok(listing))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

impl Host for State {
    async fn list(
        &mut self,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<File>, Error>> {
        let grant = self.granted()?;
        let listing = match self.listing(&grant).await? {
            Ok(listing) => listing,
            Err(error) => return Ok(Err(Error::Transient(error.to_string()))),
        };
        let page = move || -> io::Result<Vec<File>> {
            let page = listing.page(after.as_deref(), limit.min(MAX_PAGE) as usize);
            page.iter().map(|file| facts(&grant, file)).collect()
        };
        Ok(blocking(page).await?.map_err(|error| Error::Transient(error.to_string())))
    }

    async fn find(&mut self, name: String) -> wasmtime::Result<Result<Option<File>, Error>> {
        let grant = self.granted()?;
        let look = move || -> io::Result<Option<File>> {
            grant.find(&name)?.map(|file| facts(&grant, &file)).transpose()
        };
        Ok(blocking(look).await?.map_err(|error| Error::Transient(error.to_string())))
    }

    async fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        let grant = self.granted()?;
        match blocking(move || grant.open(&name)).await? {
            Ok(opened) => {
                self.read.insert(opened.name.clone(), opened.fingerprint);
                Ok(Ok(self.hand_out(Blob(Held::File(Arc::new(opened))))?))
            }
            Err(error) => Ok(Err(match error {
                OpenError::Io { .. } => Error::InvalidInput(error.to_string()),
                _ => Error::Denied(error.to_string()),
            })),
        }
    }
}

/// A listed file as the contract says it.
fn facts(grant: &FileGrant, file: &Listed) -> io::Result<File> {
    let fingerprint = grant
        .fingerprint(file)
        .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", file.name)))?;
    Ok(File { name: file.name.clone(), size: file.size, fingerprint: fingerprint.to_string() })
}
