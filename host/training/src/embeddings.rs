//! Embeddings of the corpus, kept between runs under `target/heads`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rehearsal_semantics::{Embedder, f16};
use rehearsal_speech::models::{Store, find};

/// The model that heads are trained on, by its name in the catalogue.
const MODEL: &str = "all-minilm-l6-v2";

/// Vectors by text.
pub(crate) struct Embeddings {
    /// Name and digest, as the host tells plugins.
    pub(crate) model: String,
    vectors: BTreeMap<String, Vec<u16>>,
}

impl Embeddings {
    /// Embeds what is not kept from an earlier run; fetches the model if it is not here.
    pub(crate) fn of(texts: &[&str], root: &Path) -> Result<Self> {
        let digest = find(MODEL).context("the catalogue has no such model")?.files[0].sha256;
        let model = format!("{MODEL}@{}", &digest[..12]);
        let kept = root.join("target/heads").join(format!("{model}.embeddings"));
        let mut vectors: BTreeMap<String, Vec<u16>> = fs::read(&kept)
            .ok()
            .and_then(|bytes| postcard::from_bytes(&bytes).ok())
            .unwrap_or_default();
        let mut fresh: Vec<&str> =
            texts.iter().copied().filter(|text| !vectors.contains_key(*text)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        if !fresh.is_empty() {
            let weights = Store::open_default()?.ensure(MODEL, &mut |_| {})?;
            eprintln!("embedding {} texts", fresh.len());
            let made = Embedder::load(&weights)?.embed(&fresh)?;
            for (text, vector) in fresh.into_iter().zip(made) {
                vectors.insert(text.to_owned(), vector.iter().map(|v| v.to_bits()).collect());
            }
            fs::create_dir_all(root.join("target/heads"))?;
            fs::write(&kept, postcard::to_allocvec(&vectors)?)?;
        }
        Ok(Self { model, vectors })
    }

    /// Values of a text that was asked for.
    pub(crate) fn get(&self, text: &str) -> impl Iterator<Item = f32> + '_ {
        let vector = self.vectors.get(text).map_or(&[][..], Vec::as_slice);
        vector.iter().map(|bits| f16::from_bits(*bits).to_f32())
    }
}
