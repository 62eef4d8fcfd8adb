//! `blobs`: bytes that the host holds for a plugin.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use rehearsal_gate::Kept;
use rehearsal_model::Digest;
use wasmtime::component::Resource;

use super::blocking;
use crate::bindings::rehearsal::plugin::blobs::{Host, HostBlob};
use crate::bindings::rehearsal::plugin::types::Error;
use crate::files::Opened;
use crate::state::State;

/// As `wit/host.wit` promises.
const MAX_READ: u32 = 16 * 1024 * 1024;

/// What the plugin holds.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Blob(pub(crate) Held);

/// Where its bytes are.
pub(crate) enum Held {
    /// A granted file, or an answer that was kept as one.
    File(Arc<Opened>),
    /// The body of an answer, which counts as the plugin's memory.
    Body {
        /// Where it came from.
        name: String,
        /// The whole of it.
        bytes: Arc<[u8]>,
    },
}

impl Held {
    /// Bytes of the host's memory.
    fn memory(&self) -> usize {
        match self {
            Self::File(_) => 0,
            Self::Body { bytes, .. } => bytes.len(),
        }
    }
}

impl State {
    /// Gives the plugin the body of an answer.
    pub(super) fn hand_out_body(
        &mut self,
        name: String,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Resource<Blob>> {
        self.limiter.hold("bytes of answers and memory", bytes.len())?;
        self.hand_out(Blob(Held::Body { name, bytes: bytes.into() }))
    }
}

impl State {
    /// Gives the plugin an answer that was kept as a file.
    pub(super) fn hand_out_file(
        &mut self,
        name: String,
        kept: Kept,
    ) -> wasmtime::Result<Resource<Blob>> {
        let Kept { path, size, digest } = kept;
        let file = File::open(&path)?;
        let fingerprint = Digest::from_bytes(digest);
        let opened = Opened { name, path, file, size, fingerprint };
        self.hand_out(Blob(Held::File(Arc::new(opened))))
    }
}

impl Host for State {}

impl HostBlob for State {
    async fn len(&mut self, blob: Resource<Blob>) -> wasmtime::Result<u64> {
        Ok(match &self.table.get(&blob)?.0 {
            Held::File(opened) => opened.size,
            Held::Body { bytes, .. } => bytes.len() as u64,
        })
    }

    async fn read(
        &mut self,
        blob: Resource<Blob>,
        offset: u64,
        len: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        if len > MAX_READ {
            let message = format!("{len} bytes at once are too many; at most {MAX_READ}");
            return Ok(Err(Error::InvalidInput(message)));
        }
        match &self.table.get(&blob)?.0 {
            Held::File(opened) => {
                let opened = Arc::clone(opened);
                let bytes = blocking(move || read(&opened, offset, len)).await?;
                Ok(bytes.map_err(Error::InvalidInput))
            }
            Held::Body { bytes, .. } => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(len as usize).min(bytes.len());
                Ok(Ok(bytes[start..end].to_vec()))
            }
        }
    }

    async fn name(&mut self, blob: Resource<Blob>) -> wasmtime::Result<String> {
        Ok(match &self.table.get(&blob)?.0 {
            Held::File(opened) => opened.name.clone(),
            Held::Body { name, .. } => name.clone(),
        })
    }

    async fn drop(&mut self, blob: Resource<Blob>) -> wasmtime::Result<()> {
        let blob = self.take_back(blob)?;
        self.limiter.release(blob.0.memory());
        Ok(())
    }
}

/// A store makes one host call at a time, so nobody else moves the file's position.
fn read(opened: &Opened, offset: u64, len: u32) -> Result<Vec<u8>, String> {
    let mut file = &opened.file;
    let rest = opened.size.saturating_sub(offset).min(u64::from(len));
    let mut bytes = Vec::with_capacity(rest as usize);
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.take(rest).read_to_end(&mut bytes))
        .map_err(|error| format!("`{}`: {error}", opened.name))?;
    Ok(bytes)
}
