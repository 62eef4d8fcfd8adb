//! Embeddings for plugins that were granted them: remembered, from the repository, or
//! from the model.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rehearsal_model::{Digest, Hasher};
use rehearsal_repository::{Repository, RepositoryError};
use rehearsal_sandbox::{EmbedError, Embeddings, SemanticsSource};
use rehearsal_semantics::{Embedder, SemanticsError, f16};
use rehearsal_speech::models::{self, ModelError, Store};

use crate::hear::ensure;
use crate::records::{EMBEDDINGS, fingerprint};
use crate::report::Reporter;

/// Vectors kept in memory: extractors that follow one another ask for the same texts.
/// 50 MB of the 384 values that a MiniLM vector has.
const REMEMBERED: usize = 1 << 16;

/// The embedding model that pipeline.toml names, and what it said before.
pub struct CallSemantics {
    model: String,
    /// Digest of the weights, as the catalogue pins them.
    digest: String,
    weights: Result<PathBuf, String>,
    embedder: OnceLock<Result<Embedder, String>>,
    repository: OnceLock<Arc<Repository>>,
    recent: Mutex<HashMap<Digest, Arc<[f16]>>>,
}

impl CallSemantics {
    /// The model if it is here.
    #[must_use]
    pub fn locate(settings: &rehearsal_config::Semantics) -> Self {
        let name = &settings.model;
        let here = Store::open_default().and_then(|store| store.locate(name));
        let weights = here.map_err(|error| error.to_string()).and_then(|here| {
            here.ok_or_else(|| {
                format!(
                    "the embedding model `{name}` is not here; `rehearsal run` and `rehearsal \
                     model pull {name}` fetch it"
                )
            })
        });
        Self::new(name, weights)
    }

    /// The model, fetched if it is not here.
    #[must_use]
    pub fn fetch(settings: &rehearsal_config::Semantics, reporter: &dyn Reporter) -> Self {
        let name = &settings.model;
        let weights = Store::open_default().and_then(|store| ensure(&store, name, reporter));
        let unavailable = |error: ModelError| {
            format!("nothing can be embedded without the model `{name}`: {error}")
        };
        Self::new(name, weights.map_err(unavailable))
    }

    fn new(name: &str, weights: Result<PathBuf, String>) -> Self {
        let pinned = models::find(name).map_or("", |model| model.files[0].sha256);
        Self {
            model: name.to_owned(),
            digest: pinned.to_owned(),
            weights,
            embedder: OnceLock::new(),
            repository: OnceLock::new(),
            recent: Mutex::default(),
        }
    }

    /// Name and digest of the model, which results depend on; none where it is not here.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        self.weights.is_ok().then(|| self.name_and_digest())
    }

    /// Why there is no model.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.weights.as_ref().err().map(String::as_str)
    }

    /// From here on, vectors are kept in this repository. Only the first one counts.
    pub fn attach(&self, repository: Arc<Repository>) {
        // A second one would be the same: a process opens one repository.
        let _ = self.repository.set(repository);
    }

    /// A vector a text, in the order of the texts.
    ///
    /// # Errors
    /// There is no model, or it cannot be used; a sentence that says so.
    pub fn vectors(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let found = self.embed(texts).map_err(|error| match error {
            EmbedError::Unavailable(reason) | EmbedError::Failed(reason) => reason,
        })?;
        let width = (found.dimensions as usize).max(1);
        Ok(found.values.chunks_exact(width).map(<[f32]>::to_vec).collect())
    }

    fn name_and_digest(&self) -> String {
        format!("{}@{}", self.model, self.digest.get(..12).unwrap_or_default())
    }

    fn embedder(&self) -> Result<&Embedder, EmbedError> {
        let load = || {
            let weights = self.weights.clone()?;
            Embedder::load(&weights).map_err(|error: SemanticsError| error.to_string())
        };
        let loaded = self.embedder.get_or_init(load);
        // Results are kept under the model's name from here on: doing without it now would
        // be remembered.
        loaded.as_ref().map_err(|reason| EmbedError::Failed(reason.clone()))
    }

    fn key(&self, text: &str) -> Digest {
        let mut hasher = Hasher::new("embedding");
        hasher.part(self.digest.as_bytes()).part(text.as_bytes());
        hasher.finish()
    }

    fn recall(&self, key: &Digest) -> Option<Arc<[f16]>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn remember(&self, vectors: &HashMap<Digest, Arc<[f16]>>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() + vectors.len() > REMEMBERED {
            recent.clear();
        }
        recent.extend(vectors.iter().map(|(key, vector)| (*key, Arc::clone(vector))));
    }

    fn stored(&self, key: &Digest) -> Option<Arc<[f16]>> {
        // What cannot be read any more is made again.
        let bytes = self.repository.get()?.get(&EMBEDDINGS, key.as_bytes()).ok().flatten()?;
        Some(bytes.as_chunks::<2>().0.iter().map(|pair| f16::from_le_bytes(*pair)).collect())
    }

    fn store(&self, vectors: &HashMap<Digest, Arc<[f16]>>) -> Result<(), RepositoryError> {
        let Some(repository) = self.repository.get() else { return Ok(()) };
        let mut unit = repository.unit();
        for (key, vector) in vectors {
            let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            unit.put(&EMBEDDINGS, key.as_bytes(), fingerprint(key), &bytes)?;
        }
        repository.commit(unit).map(drop)
    }
}

impl std::fmt::Debug for CallSemantics {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CallSemantics").field("model", &self.model).finish_non_exhaustive()
    }
}

impl SemanticsSource for CallSemantics {
    fn embed(&self, texts: &[String]) -> Result<Embeddings, EmbedError> {
        let failed = |error: RepositoryError| EmbedError::Failed(error.to_string());
        if let Some(reason) = self.missing() {
            return Err(EmbedError::Unavailable(reason.to_owned()));
        }
        let keys: Vec<Digest> = texts.iter().map(|text| self.key(text)).collect();
        let mut known: HashMap<Digest, Arc<[f16]>> = HashMap::with_capacity(texts.len());
        let mut fresh: BTreeMap<Digest, &str> = BTreeMap::new();
        for (key, text) in keys.iter().zip(texts) {
            if known.contains_key(key) || fresh.contains_key(key) {
                continue;
            }
            match self.recall(key).or_else(|| self.stored(key)) {
                Some(vector) => {
                    known.insert(*key, vector);
                }
                None => {
                    fresh.insert(*key, text);
                }
            }
        }
        if !fresh.is_empty() {
            let texts: Vec<&str> = fresh.values().copied().collect();
            let vectors = self.embedder()?.embed(&texts);
            let vectors = vectors.map_err(|error| EmbedError::Failed(error.to_string()))?;
            let made: HashMap<Digest, Arc<[f16]>> =
                fresh.keys().copied().zip(vectors.into_iter().map(Arc::from)).collect();
            self.store(&made).map_err(failed)?;
            known.extend(made);
        }
        self.remember(&known);
        let mut values = Vec::new();
        for key in &keys {
            values.extend(known[key].iter().map(|value| value.to_f32()));
        }
        let dimensions = values.len().checked_div(keys.len()).unwrap_or_default() as u32;
        Ok(Embeddings { model: self.name_and_digest(), dimensions, values })
    }
}
