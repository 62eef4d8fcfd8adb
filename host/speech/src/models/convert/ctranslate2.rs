//! CTranslate2's `model.bin`, versions 4 to 6.
//!
//! Little endian: u32 version, text spec name, u32 revision, u32 count of variables
//! { text name, u8 rank, u32 dimensions, u8 type, u32 bytes, data }, u32 count of
//! aliases { text alias, text name }; text is a u16 length that counts the closing
//! NUL, then the bytes. Whisper's attention weights are fused, and keys, which have no
//! bias, have one of zeros.

use std::collections::HashMap;

use super::{Checkpoint, Data, Tensor, bf16s, f16s, f32s};

/// Elements of the largest weight that is believed (large-v3's embedding has 66 million).
const MOST_BYTES: usize = 1 << 31;

pub(super) struct CTranslate2<'a> {
    variables: HashMap<String, Variable<'a>>,
    aliases: HashMap<String, String>,
}

struct Variable<'a> {
    shape: Vec<usize>,
    kind: u8,
    bytes: &'a [u8],
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or("the file is cut off inside a weight")?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Result<usize, String> {
        let taken = self.take(bytes)?;
        Ok(taken.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    fn text(&mut self) -> Result<String, String> {
        let size = self.number(2)?;
        let bytes = self.take(size)?;
        let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        String::from_utf8(bytes.to_vec()).map_err(|_| "a name in it is not text".to_owned())
    }
}

impl<'a> CTranslate2<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let mut cursor = Cursor(bytes);
        let version = cursor.number(4)?;
        if !(4..=6).contains(&version) {
            return Err(format!("CTranslate2 file version {version}; 4 to 6 are known"));
        }
        let spec = cursor.text()?;
        if spec != "WhisperSpec" {
            return Err(format!("it is a {spec}, not a Whisper model"));
        }
        let _revision = cursor.number(4)?;
        let mut variables = HashMap::new();
        for _ in 0..cursor.number(4)? {
            let name = cursor.text()?;
            let rank = cursor.number(1)?;
            let shape = (0..rank).map(|_| cursor.number(4)).collect::<Result<Vec<_>, _>>()?;
            let kind = cursor.number(1)? as u8;
            let size = cursor.number(4)?;
            if size > MOST_BYTES {
                return Err(format!("{name} claims {size} bytes"));
            }
            let bytes = cursor.take(size)?;
            variables.insert(name, Variable { shape, kind, bytes });
        }
        let mut aliases = HashMap::new();
        for _ in 0..cursor.number(4)? {
            let alias = cursor.text()?;
            aliases.insert(alias, cursor.text()?);
        }
        Ok(Self { variables, aliases })
    }

    fn variable(&self, name: &str) -> Result<&Variable<'a>, String> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.variables.get(name).ok_or_else(|| format!("it has no weight {name}"))
    }

    fn whole(&self, name: &str) -> Result<Tensor, String> {
        let variable = self.variable(name)?;
        let data = match variable.kind {
            0 => Data::F32(f32s(variable.bytes)),
            4 => Data::F16(f16s(variable.bytes)),
            5 => Data::F32(bf16s(variable.bytes)),
            1 => Data::F32(self.dequantised(name, variable)?),
            kind => return Err(format!("{name} has the unknown type {kind}")),
        };
        if data.len() != variable.shape.iter().product::<usize>() {
            return Err(format!("{name} does not fill its dimensions"));
        }
        Ok(Tensor { shape: variable.shape.clone(), data })
    }

    /// 8-bit rows are divided by their scales.
    fn dequantised(&self, name: &str, variable: &Variable<'_>) -> Result<Vec<f32>, String> {
        let scales = self.variable(&format!("{name}_scale"))?;
        let scales = f32s(scales.bytes);
        if scales.is_empty() || !variable.bytes.len().is_multiple_of(scales.len()) {
            return Err(format!("{name} has scales that do not fit"));
        }
        let row = variable.bytes.len() / scales.len();
        let rows = variable.bytes.chunks(row.max(1)).zip(&scales);
        Ok(rows.flat_map(|(r, s)| r.iter().map(move |b| f32::from(*b as i8) / s)).collect())
    }

    /// One of the equal parts that are fused in a weight.
    fn part(&self, name: &str, index: usize, of: usize) -> Result<Tensor, String> {
        let mut whole = self.whole(name)?;
        match whole.shape.first_mut() {
            Some(rows) if rows.is_multiple_of(of) => *rows /= of,
            _ => return Err(format!("{name} cannot be split into {of}")),
        }
        whole.data = whole.data.slice(index, of);
        Ok(whole)
    }

    fn attention(
        &self,
        block: &str,
        cross: bool,
        part: &str,
        kind: &str,
    ) -> Result<Tensor, String> {
        // Self-attention fuses query, key, value; cross-attention key and value.
        let (layer, index, of) = match (part, cross) {
            ("out", false) => ("linear_1", 0, 1),
            ("out", true) => ("linear_2", 0, 1),
            ("query", false) => ("linear_0", 0, 3),
            ("key", false) => ("linear_0", 1, 3),
            ("value", false) => ("linear_0", 2, 3),
            ("query", true) => ("linear_0", 0, 1),
            ("key", true) => ("linear_1", 0, 2),
            ("value", true) => ("linear_1", 1, 2),
            _ => return Err(format!("it has no attention weight {part}")),
        };
        let name = if cross { "attention" } else { "self_attention" };
        if part == "key" && kind == "weight" {
            let bias = self.part(&format!("{block}/{name}/{layer}/bias"), index, of)?;
            if !bias.data.is_zero() {
                return Err("an attention key has a bias, so this is no Whisper layer".into());
            }
        }
        self.part(&format!("{block}/{name}/{layer}/{kind}"), index, of)
    }

    fn in_block(&self, side: &str, index: &str, rest: &[&str]) -> Result<Tensor, String> {
        let block = format!("{side}/layer_{index}");
        let norm = |name: &str, kind: &str| {
            let kind = if kind == "weight" { "gamma" } else { "beta" };
            self.whole(&format!("{block}/{name}/layer_norm/{kind}"))
        };
        match *rest {
            ["mlp_ln", kind] => norm("ffn", kind),
            ["mlp", "0", kind] => self.whole(&format!("{block}/ffn/linear_0/{kind}")),
            ["mlp", "2", kind] => self.whole(&format!("{block}/ffn/linear_1/{kind}")),
            ["attn_ln", kind] => norm("self_attention", kind),
            ["cross_attn_ln", kind] => norm("attention", kind),
            ["attn", part, kind] => self.attention(&block, false, part, kind),
            ["cross_attn", part, kind] => self.attention(&block, true, part, kind),
            _ => Err(format!("it has no weight {}", rest.join("."))),
        }
    }
}

impl Checkpoint for CTranslate2<'_> {
    fn tensor(&self, name: &str) -> Result<Tensor, String> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts[..] {
            [side, "positional_embedding"] => {
                self.whole(&format!("{side}/position_encodings/encodings"))
            }
            ["decoder", "token_embedding", kind] => {
                self.whole(&format!("decoder/embeddings/{kind}"))
            }
            ["encoder", conv @ ("conv1" | "conv2"), kind] => {
                self.whole(&format!("encoder/{conv}/{kind}"))
            }
            [side, "ln" | "ln_post", kind] => {
                let kind = if kind == "weight" { "gamma" } else { "beta" };
                self.whole(&format!("{side}/layer_norm/{kind}"))
            }
            [side, "blocks", index, ref rest @ ..] => self.in_block(side, index, rest),
            _ => Err(format!("it has no weight {name}")),
        }
    }

    fn layers(&self) -> (usize, usize) {
        let count = |side: &str| {
            let has = |i: usize| {
                self.variables.contains_key(&format!("{side}/layer_{i}/ffn/layer_norm/gamma"))
            };
            (0..).take_while(|i| has(*i)).count()
        };
        (count("encoder"), count("decoder"))
    }
}
