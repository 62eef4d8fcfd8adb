//! HuggingFace's form: one or several safetensors files in a folder.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::{Checkpoint, Data, Tensor, bf16s, f16s, f32s};

/// The weight files of a model folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let single = folder.join("model.safetensors");
    if single.is_file() {
        return Ok(vec![single]);
    }
    let index = folder.join("model.safetensors.index.json");
    let text = fs::read_to_string(&index).map_err(|_| {
        "it holds neither model.bin (CTranslate2) nor model.safetensors (HuggingFace)".to_owned()
    })?;
    let json: Value =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", index.display()))?;
    let shards: BTreeSet<&str> = json
        .get("weight_map")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, file)| file.as_str())
        // A shard lies beside its index; anything else is not followed.
        .filter(|file| !file.contains(['/', '\\']))
        .collect();
    if shards.is_empty() {
        return Err(format!("{} names no files", index.display()));
    }
    Ok(shards.into_iter().map(|shard| folder.join(shard)).collect())
}

/// Weights by their HuggingFace names.
pub(super) struct SafeTensorFiles {
    weights: HashMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl SafeTensorFiles {
    pub(super) fn open(files: &[PathBuf]) -> Result<Self, String> {
        let mut weights = HashMap::new();
        for file in files {
            let bytes = super::read(file)?;
            let tensors =
                SafeTensors::deserialize(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
            for (name, view) in tensors.tensors() {
                let name = name.strip_prefix("model.").unwrap_or(&name).to_owned();
                weights.insert(name, (view.dtype(), view.shape().to_vec(), view.data().to_vec()));
            }
        }
        Ok(Self { weights })
    }
}

/// OpenAI's name of a weight to HuggingFace's.
fn translate(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('.').collect();
    Some(match parts[..] {
        [side, "positional_embedding"] => format!("{side}.embed_positions.weight"),
        ["decoder", "token_embedding", kind] => format!("decoder.embed_tokens.{kind}"),
        ["encoder", conv @ ("conv1" | "conv2"), kind] => format!("encoder.{conv}.{kind}"),
        [side, "ln" | "ln_post", kind] => format!("{side}.layer_norm.{kind}"),
        [side, "blocks", index, ref rest @ ..] => {
            let rest = match *rest {
                ["mlp_ln", kind] => format!("final_layer_norm.{kind}"),
                ["mlp", "0", kind] => format!("fc1.{kind}"),
                ["mlp", "2", kind] => format!("fc2.{kind}"),
                ["attn_ln", kind] => format!("self_attn_layer_norm.{kind}"),
                ["cross_attn_ln", kind] => format!("encoder_attn_layer_norm.{kind}"),
                [attention, part, kind] => {
                    let attention = match attention {
                        "attn" => "self_attn",
                        "cross_attn" => "encoder_attn",
                        _ => return None,
                    };
                    let part = match part {
                        "query" => "q_proj",
                        "key" => "k_proj",
                        "value" => "v_proj",
                        "out" => "out_proj",
                        _ => return None,
                    };
                    format!("{attention}.{part}.{kind}")
                }
                _ => return None,
            };
            format!("{side}.layers.{index}.{rest}")
        }
        _ => return None,
    })
}

impl Checkpoint for SafeTensorFiles {
    fn tensor(&self, name: &str) -> Result<Tensor, String> {
        let theirs = translate(name).ok_or_else(|| format!("it has no weight {name}"))?;
        let (kind, shape, bytes) =
            self.weights.get(&theirs).ok_or_else(|| format!("it has no weight {theirs}"))?;
        let data = match kind {
            Dtype::F32 => Data::F32(f32s(bytes)),
            Dtype::F16 => Data::F16(f16s(bytes)),
            Dtype::BF16 => Data::F32(bf16s(bytes)),
            kind => return Err(format!("{theirs} has the type {kind:?}, which is not supported")),
        };
        Ok(Tensor { shape: shape.clone(), data })
    }

    fn layers(&self) -> (usize, usize) {
        let count = |side: &str| {
            let has =
                |i: usize| self.weights.contains_key(&format!("{side}.layers.{i}.fc1.weight"));
            (0..).take_while(|i| has(*i)).count()
        };
        (count("encoder"), count("decoder"))
    }
}
