//! `semantics`: embeddings of texts.

use std::sync::Arc;

use super::blocking;
use crate::EmbedError;
use crate::bindings::rehearsal::plugin::semantics::{Embeddings, Host, Refusal};
use crate::state::State;

/// As `wit/host.wit` promises.
const MAX_TEXTS: usize = 4096;
/// As `wit/host.wit` promises.
const MAX_TEXT_BYTES: usize = 64 * 1024;

impl Host for State {
    async fn embed(&mut self, texts: Vec<String>) -> wasmtime::Result<Result<Embeddings, Refusal>> {
        let Some(source) = self.grants.semantics.as_ref().map(Arc::clone) else {
            let message = "`semantics` is not granted: add `grant.semantics = true`".to_owned();
            return Ok(Err(Refusal::Denied(message)));
        };
        if let Err(message) = check(&texts) {
            return Ok(Err(Refusal::InvalidInput(message)));
        }
        let rows = texts.len();
        let embedded = match blocking(move || source.embed(&texts)).await? {
            Ok(embedded) => embedded,
            Err(EmbedError::Unavailable(reason)) => return Ok(Err(Refusal::Unavailable(reason))),
            Err(EmbedError::Failed(reason)) => wasmtime::bail!("embedding failed: {reason}"),
        };
        debug_assert_eq!(embedded.values.len(), rows * embedded.dimensions as usize);
        Ok(Ok(Embeddings {
            model: embedded.model,
            dimensions: embedded.dimensions,
            values: embedded.values,
        }))
    }
}

fn check(texts: &[String]) -> Result<(), String> {
    if texts.len() > MAX_TEXTS {
        return Err(format!("{} texts at once are too many; at most {MAX_TEXTS}", texts.len()));
    }
    match texts.iter().position(|text| text.len() > MAX_TEXT_BYTES) {
        Some(at) => Err(format!(
            "text {at} has {} bytes, which are too many; at most {MAX_TEXT_BYTES}",
            texts[at].len()
        )),
        None => Ok(()),
    }
}
