//! Texts to vectors.

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use half::f16;
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};

use crate::SemanticsError;
use crate::bert::{Bert, PRECISION, Run};

/// Word pieces of a text that count, with the two that mark its ends; what comes after
/// has no effect. As sentence-transformers sets it for its MiniLM models.
pub const MAX_TOKENS: usize = 256;

/// Tokens of a pack: enough rows for matrix products to run at full speed, few enough
/// that the widest layer stays in the second-level cache.
const PACK: usize = 512;

/// A sentence embedding model, loaded.
pub struct Embedder {
    tokenizer: Tokenizer,
    bert: Bert,
}

impl Embedder {
    /// Reads a model's safetensors file, and `tokenizer.json` beside it.
    ///
    /// # Errors
    /// Either file is missing, broken, or of another kind of model.
    pub fn load(weights: &Path) -> Result<Self, SemanticsError> {
        let tokenizer = tokenizer(&weights.with_file_name("tokenizer.json"))?;
        let refuse = |error: candle_core::Error| SemanticsError::Weights {
            path: weights.to_owned(),
            reason: error.to_string(),
        };
        let tensors = candle_core::safetensors::load(weights, &Device::Cpu).map_err(refuse)?;
        let weights = VarBuilder::from_tensors(tensors, PRECISION, &Device::Cpu);
        let bert = Bert::load(&weights).map_err(refuse)?;
        Ok(Self { tokenizer, bert })
    }

    /// Values of a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.bert.width()
    }

    /// A vector of length 1 for each text, in their order, in half precision. The same text has the same vector in any company.
    ///
    /// # Errors
    /// A computation failed: a bug here, or no memory.
    pub fn embed<S: AsRef<str> + Sync>(
        &self,
        texts: &[S],
    ) -> Result<Vec<Vec<f16>>, SemanticsError> {
        let tokens: Vec<Vec<u32>> = texts
            .par_iter()
            .map(|text| {
                let encoding = self.tokenizer.encode_fast(text.as_ref(), true);
                encoding.map(|encoding| encoding.get_ids().to_vec())
            })
            .collect::<Result<_, _>>()
            .map_err(|error| SemanticsError::Compute(error.to_string()))?;
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&text| tokens[text].len());
        let rows = packs(&order, |text| tokens[text].len())
            .into_par_iter()
            .map(|pack| self.pack(pack, &tokens))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| SemanticsError::Compute(error.to_string()))?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for (text, row) in order.into_iter().zip(rows.into_iter().flatten()) {
            vectors[text] = row;
        }
        Ok(vectors)
    }

    /// Vectors of some texts, which are sorted by length.
    fn pack(&self, texts: &[usize], tokens: &[Vec<u32>]) -> candle_core::Result<Vec<Vec<f16>>> {
        let runs: Vec<Run> = texts
            .chunk_by(|left, right| tokens[*left].len() == tokens[*right].len())
            .map(|run| Run { texts: run.len(), tokens: tokens[run[0]].len() })
            .collect();
        let input: Vec<u32> = texts.iter().flat_map(|text| tokens[*text].iter().copied()).collect();
        let output: Tensor = self.bert.forward(&input, &runs)?;
        let values = output.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = values.as_slice();
        Ok(texts
            .iter()
            .map(|text| {
                let (own, after) = rest.split_at(tokens[*text].len() * self.dimensions());
                rest = after;
                pooled(own, self.dimensions())
            })
            .collect())
    }
}

/// Texts in packs of about [`PACK`] tokens.
fn packs(order: &[usize], tokens: impl Fn(usize) -> usize) -> Vec<&[usize]> {
    let mut packs = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let mut sum = 0;
        let fit = rest.iter().take_while(|&&text| {
            sum += tokens(text);
            sum <= PACK
        });
        let (pack, after) = rest.split_at(fit.count().max(1));
        packs.push(pack);
        rest = after;
    }
    packs
}

/// The mean of a text's rows, made 1 long and rounded.
fn pooled(rows: &[f32], width: usize) -> Vec<f16> {
    let mut sum = vec![0.0_f32; width];
    for row in rows.chunks_exact(width) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    sum.iter().map(|value| f16::from_f32(value / length)).collect()
}

fn tokenizer(path: &Path) -> Result<Tokenizer, SemanticsError> {
    let refuse = |error: tokenizers::Error| SemanticsError::Tokenizer {
        path: PathBuf::from(path),
        reason: error.to_string(),
    };
    let mut tokenizer = Tokenizer::from_file(path).map_err(refuse)?;
    let limit = TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(limit)).map_err(refuse)?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}
