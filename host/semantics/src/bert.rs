//! BERT's encoder (Devlin et al. 2018) as far as sentence embeddings need it: no
//! training, no token types but the first, no padding.
//!
//! Texts of a pack stand one after the other in the rows of one matrix. All layers but
//! attention work on rows, so they take the whole pack at once; attention takes texts of
//! one length at a time.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, Module, VarBuilder};

use crate::activation::Gelu;

/// Attention heads; the weights do not tell. 12 in all MiniLM and BERT-base models.
const HEADS: usize = 12;
/// As BERT's configuration has it.
const EPSILON: f64 = 1e-12;

pub(crate) struct Bert {
    words: Embedding,
    /// Of positions, with the first token type's added.
    places: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    width: usize,
}

/// Texts of one length that stand together in a pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) texts: usize,
    pub(crate) tokens: usize,
}

impl Bert {
    /// From weights under their names in the original.
    pub(crate) fn load(weights: &VarBuilder<'_>) -> Result<Self> {
        let embeddings = weights.pp("embeddings");
        let table = |name: &str| embeddings.get_unchecked(&format!("{name}.weight"));
        let words = table("word_embeddings")?;
        let width = words.dim(D::Minus1)?;
        let first_type = table("token_type_embeddings")?.narrow(0, 0, 1)?;
        let places = table("position_embeddings")?.broadcast_add(&first_type)?;
        let encoder = weights.pp("encoder.layer");
        let layers = (0..)
            .map(|index| encoder.pp(index))
            .take_while(|layer| layer.contains_tensor("output.dense.weight"))
            .map(|layer| Layer::load(&layer, width))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: Embedding::new(words, width),
            places,
            norm: norm(&embeddings.pp("LayerNorm"), width)?,
            layers,
            width,
        })
    }

    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    /// A row a token. `tokens` are those of all runs, text after text.
    pub(crate) fn forward(&self, tokens: &[u32], runs: &[Run]) -> Result<Tensor> {
        let tokens = Tensor::new(tokens, &Device::Cpu)?;
        let places: Vec<u32> =
            runs.iter().flat_map(|run| (0..run.texts).flat_map(|_| 0..run.tokens as u32)).collect();
        let places = self.places.embedding(&Tensor::new(places, &Device::Cpu)?)?;
        let mut rows = self.norm.forward(&(self.words.forward(&tokens)? + places)?)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, runs)?;
        }
        Ok(rows)
    }
}

struct Layer {
    /// Query, key and value side by side; the query is divided by the root of a head's
    /// width already.
    query_key_value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    norm: LayerNorm,
}

impl Layer {
    fn load(weights: &VarBuilder<'_>, width: usize) -> Result<Self> {
        let attention = weights.pp("attention");
        let own = attention.pp("self");
        let scale = 1.0 / ((width / HEADS) as f64).sqrt();
        let stacked = |name: &str| {
            let part = |part: &str| own.get_unchecked(&format!("{part}.{name}"));
            Tensor::cat(&[(part("query")? * scale)?, part("key")?, part("value")?], 0)
        };
        Ok(Self {
            query_key_value: Linear::new(stacked("weight")?, Some(stacked("bias")?)),
            attended: linear(&attention.pp("output.dense"))?,
            attended_norm: norm(&attention.pp("output.LayerNorm"), width)?,
            wide: linear(&weights.pp("intermediate.dense"))?,
            narrow: linear(&weights.pp("output.dense"))?,
            norm: norm(&weights.pp("output.LayerNorm"), width)?,
        })
    }

    fn forward(&self, rows: &Tensor, runs: &[Run]) -> Result<Tensor> {
        let attended = self.attend(&self.query_key_value.forward(rows)?, runs)?;
        let rows = self.attended_norm.forward(&(self.attended.forward(&attended)? + rows)?)?;
        let wide = self.wide.forward(&rows)?;
        wide.inplace_op1(&Gelu)?;
        self.norm.forward(&(self.narrow.forward(&wide)? + rows)?)
    }

    fn attend(&self, query_key_value: &Tensor, runs: &[Run]) -> Result<Tensor> {
        let mut start = 0;
        let mut attended = Vec::with_capacity(runs.len());
        for run in runs {
            let rows = run.texts * run.tokens;
            let own = query_key_value.narrow(0, start, rows)?;
            start += rows;
            // texts, tokens, which of the three, heads, width of a head
            let parts = own
                .reshape((run.texts, run.tokens, 3, HEADS, ()))?
                .permute((2, 0, 3, 1, 4))?
                .contiguous()?;
            let (query, key, value) = (parts.get(0)?, parts.get(1)?, parts.get(2)?);
            let weights = candle_nn::ops::softmax_last_dim(&query.matmul(&key.t()?)?)?;
            let mixed = weights.matmul(&value)?.transpose(1, 2)?.contiguous()?;
            attended.push(mixed.reshape((rows, ()))?);
        }
        Tensor::cat(&attended, 0)
    }
}

fn linear(weights: &VarBuilder<'_>) -> Result<Linear> {
    Ok(Linear::new(weights.get_unchecked("weight")?, Some(weights.get_unchecked("bias")?)))
}

fn norm(weights: &VarBuilder<'_>, width: usize) -> Result<LayerNorm> {
    Ok(LayerNorm::new(weights.get(width, "weight")?, weights.get(width, "bias")?, EPSILON))
}

/// The type that weights are computed in.
pub(crate) const PRECISION: DType = DType::F32;
