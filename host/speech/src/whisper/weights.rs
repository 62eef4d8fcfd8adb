//! Weights in the form that is fastest on the CPU at hand, made while they are read.
//!
//! Model files carry f16 matrices. Measured (see `bench/speech`): on x86-64 with AVX2
//! alone, where every f16 must be widened before it is multiplied, 8-bit blocks take
//! two thirds of the time at an equal word error rate; with AVX512-BF16, bf16 is the
//! fastest. Elsewhere the weights stay as they are.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use half::{bf16, f16};
use sha2::{Digest, Sha256};

const MAGIC: u32 = 0x6767_6d6c;
/// Number types as ggml numbers them, in tensors.
const TYPE_F32: u32 = 0;
const TYPE_F16: u32 = 1;
const TYPE_Q8_0: u32 = 8;
const TYPE_BF16: u32 = 30;
/// The same, of whole files; quantised ones carry the version of their blocks.
const FILE_F16: u32 = 1;
const FILE_Q8_0: u32 = 2007;
const FILE_BF16: u32 = 24;
/// Values of an 8-bit block, which share a scale.
const BLOCK: usize = 32;
/// Bounds of what is believed of a header.
const MOST_TOKENS: u32 = 1 << 20;
const MOST_ELEMENTS: u64 = 1 << 31;

/// How matrices are held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As in the file.
    AsIs,
    /// 8-bit integers in blocks of 32 with an f16 scale.
    Q8,
    /// The upper half of single precision.
    Bf16,
}

impl Form {
    /// The fastest on this CPU, as far as that was measured.
    pub(crate) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512bf16") {
                return Self::Bf16;
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                return Self::Q8;
            }
        }
        Self::AsIs
    }

    /// For digests: the form changes the words, if only by a rounding.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::Q8 => "q8_0",
            Self::Bf16 => "bf16",
        }
    }
}

/// A model ready to be handed to whisper.cpp.
pub(crate) struct Weights {
    /// A whisper.cpp file in memory.
    pub(crate) file: Vec<u8>,
    /// sha256 of the file on disk.
    pub(crate) sha256: String,
    /// The form that its matrices have now.
    pub(crate) form: Form,
}

/// Reads a model file and converts its matrices; an already quantised one stays.
pub(crate) fn load(path: &Path, form: Form) -> Result<Weights, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let size = file.metadata().map_err(|e| e.to_string())?.len();
    let mut source = Source { inner: BufReader::with_capacity(1 << 20, file), hash: Sha256::new() };
    let mut out = Vec::with_capacity(size as usize);
    let kept = convert(&mut source, &mut out, form)?;
    let sha256 = source.hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok(Weights { file: out, sha256, form: kept })
}

/// A reader that hashes what goes through it.
struct Source {
    inner: BufReader<File>,
    hash: Sha256,
}

impl Source {
    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(count as u64).read_to_end(&mut bytes);
        read.map_err(|e| e.to_string())?;
        if bytes.len() < count {
            return Err("the file is cut off".into());
        }
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn number(&mut self, out: &mut Vec<u8>) -> Result<u32, String> {
        let bytes = self.bytes(4)?;
        out.extend(&bytes);
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn copy(&mut self, count: u64, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend(self.bytes(count as usize)?);
        Ok(())
    }

    fn at_end(&mut self) -> Result<bool, String> {
        use std::io::BufRead;
        self.inner.fill_buf().map(<[u8]>::is_empty).map_err(|e| e.to_string())
    }
}

fn convert(source: &mut Source, out: &mut Vec<u8>, wanted: Form) -> Result<Form, String> {
    if source.number(out)? != MAGIC {
        return Err("it is not a whisper.cpp model".into());
    }
    for _ in 0..10 {
        source.number(out)?;
    }
    let kind = source.number(out)?;
    if kind == 0 {
        return Err("it holds f32 matrices, which whisper.cpp cannot run; convert it to f16".into());
    }
    // Only f16 is converted: what somebody has quantised is meant to be so.
    let form = if kind == FILE_F16 { wanted } else { Form::AsIs };
    let kind = match form {
        Form::AsIs => kind,
        Form::Q8 => FILE_Q8_0,
        Form::Bf16 => FILE_BF16,
    };
    let at = out.len() - 4;
    out[at..].copy_from_slice(&kind.to_le_bytes());
    let (mels, bins) = (source.number(out)?, source.number(out)?);
    source.copy(bounded(u64::from(mels) * u64::from(bins))? * 4, out)?;
    let tokens = source.number(out)?;
    if tokens > MOST_TOKENS {
        return Err(format!("it claims {tokens} tokens"));
    }
    for _ in 0..tokens {
        let length = source.number(out)?;
        source.copy(bounded(u64::from(length))?, out)?;
    }
    if form == Form::AsIs {
        while !source.at_end()? {
            let rest = source.inner.buffer().len() as u64;
            source.copy(rest, out)?;
        }
        return Ok(form);
    }
    while !source.at_end()? {
        tensor(source, out, form)?;
    }
    Ok(form)
}

fn bounded(elements: u64) -> Result<u64, String> {
    if elements > MOST_ELEMENTS {
        return Err(format!("it claims {elements} values in one place"));
    }
    Ok(elements)
}

fn tensor(source: &mut Source, out: &mut Vec<u8>, form: Form) -> Result<(), String> {
    let rank = source.number(out)?;
    let name = source.number(out)?;
    let kind_at = out.len();
    let kind = source.number(out)?;
    if rank > 4 || name > 1024 {
        return Err("a weight in it has an impossible header".into());
    }
    let mut elements = 1_u64;
    let mut row = 1;
    for axis in 0..rank {
        let length = source.number(out)?;
        row = if axis == 0 { length as usize } else { row };
        elements = bounded(elements.saturating_mul(u64::from(length)))?;
    }
    source.copy(u64::from(name), out)?;
    let size = match kind {
        TYPE_F32 => 4,
        TYPE_F16 => 2,
        _ => return Err(format!("a weight in it has the unknown type {kind}")),
    };
    // Convolutions (three dimensions) are run in f16 whatever the rest is.
    let matrix = kind == TYPE_F16 && rank == 2;
    let fits = form != Form::Q8 || row.is_multiple_of(BLOCK);
    if !matrix || !fits {
        return source.copy(elements * size, out);
    }
    let bytes = source.bytes((elements * size) as usize)?;
    let values = bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32());
    let kind = match form {
        Form::Q8 => TYPE_Q8_0,
        Form::Bf16 | Form::AsIs => TYPE_BF16,
    };
    out[kind_at..kind_at + 4].copy_from_slice(&kind.to_le_bytes());
    match form {
        Form::Q8 => quantise(&values.collect::<Vec<f32>>(), out),
        Form::Bf16 | Form::AsIs => {
            values.for_each(|v| out.extend(bf16::from_f32(v).to_le_bytes()));
        }
    }
    Ok(())
}

/// ggml's `q8_0`: a block's largest magnitude is 127 times its scale.
fn quantise(values: &[f32], out: &mut Vec<u8>) {
    for block in values.chunks(BLOCK) {
        let largest = block.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        let scale = largest / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        out.extend(f16::from_f32(scale).to_le_bytes());
        out.extend(block.iter().map(|v| (v * inverse).round() as i8 as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_within_half_a_step() {
        let values: Vec<f32> = (0..64).map(|i| (i as f32 * 0.37).sin() * 0.2).collect();
        let mut bytes = Vec::new();
        quantise(&values, &mut bytes);
        assert_eq!(bytes.len(), 2 * (2 + BLOCK));
        for (block, values) in bytes.chunks(2 + BLOCK).zip(values.chunks(BLOCK)) {
            let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
            for (byte, value) in block[2..].iter().zip(values) {
                let back = f32::from(*byte as i8) * scale;
                assert!((back - value).abs() <= scale * 0.6, "{back} {value}");
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_no_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.bin");
        for bytes in [&b"lmgg"[..], b"lmgg\0\0\0\0", b"hello world", b""] {
            std::fs::write(&path, bytes).unwrap();
            assert!(load(&path, Form::Q8).is_err());
        }
    }
}
