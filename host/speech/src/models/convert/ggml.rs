//! whisper.cpp's own file format.
//!
//! Little endian: i32 magic, eleven i32 hyper-parameters, i32 mels, i32 bins, the mel
//! filters, i32 count of tokens { u32 length, bytes }, then tensors to the end: i32
//! rank, i32 name length, i32 type (0 f32, 1 f16), i32 dimensions innermost first,
//! name, data. Matrices are f16; vectors, biases and position tables f32.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::mel::{self, BINS};
use super::{Checkpoint, Tensor};

const MAGIC: i32 = 0x6767_6d6c;
const F32: i32 = 0;
const F16: i32 = 1;
/// Every Whisper attention head is 64 wide.
const HEAD: usize = 64;

/// Says whether a file begins as a whisper.cpp model does.
pub(super) fn check(path: &Path) -> Result<(), String> {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut f| f.read_exact(&mut magic));
    match read {
        Ok(()) if i32::from_le_bytes(magic) == MAGIC => Ok(()),
        Ok(()) => Err("it is a file, and not a whisper.cpp model; name the model's folder \
                       (HuggingFace or CTranslate2)"
            .into()),
        Err(e) => Err(e.to_string()),
    }
}

/// Writes a checkpoint; matrices as f16.
pub(super) fn write(
    checkpoint: &dyn Checkpoint,
    words: &[Vec<u8>],
    mut sink: impl Write,
) -> Result<(), String> {
    let dimension = |name: &str, axis: usize| {
        let tensor = checkpoint.tensor(name)?;
        tensor.shape.get(axis).copied().ok_or_else(|| format!("{name} has too few dimensions"))
    };
    let (encoder, decoder) = checkpoint.layers();
    if encoder == 0 || decoder == 0 {
        return Err("it has no encoder or decoder layers of a Whisper model".into());
    }
    let mels = dimension("encoder.conv1.weight", 1)?;
    let width = dimension("encoder.positional_embedding", 1)?;
    let header = [
        dimension("decoder.token_embedding.weight", 0)?,
        dimension("encoder.positional_embedding", 0)?,
        width,
        width / HEAD,
        encoder,
        dimension("decoder.positional_embedding", 0)?,
        width,
        width / HEAD,
        decoder,
        mels,
        F16 as usize,
        mels,
        BINS,
    ];
    let mut out = Vec::new();
    integer(&mut out, MAGIC as usize);
    header.iter().for_each(|n| integer(&mut out, *n));
    mel::filters(mels).iter().for_each(|v| out.extend(v.to_le_bytes()));
    integer(&mut out, words.len());
    for word in words {
        integer(&mut out, word.len());
        out.extend(word);
    }
    let failed = |e: std::io::Error| e.to_string();
    sink.write_all(&out).map_err(failed)?;
    for name in tensor_names(encoder, decoder) {
        let tensor = checkpoint.tensor(&name)?;
        sink.write_all(&encoded(&name, &tensor)).map_err(failed)?;
    }
    sink.flush().map_err(failed)
}

fn integer(out: &mut Vec<u8>, value: usize) {
    out.extend((value as u32).to_le_bytes());
}

fn encoded(name: &str, tensor: &Tensor) -> Vec<u8> {
    let mut shape = tensor.shape.clone();
    if name.starts_with("encoder.conv") && name.ends_with(".bias") {
        shape.push(1);
    }
    let single =
        shape.len() < 2 || name.ends_with(".bias") || name.ends_with("positional_embedding");
    let mut out = Vec::new();
    integer(&mut out, shape.len());
    integer(&mut out, name.len());
    integer(&mut out, if single { F32 } else { F16 } as usize);
    shape.iter().rev().for_each(|n| integer(&mut out, *n));
    out.extend(name.as_bytes());
    if single {
        out.extend(tensor.data.to_f32().iter().flat_map(|v| v.to_le_bytes()));
    } else {
        out.extend(tensor.data.to_f16().iter().flat_map(|v| v.to_le_bytes()));
    }
    out
}

/// OpenAI's names in the order of OpenAI's checkpoints.
fn tensor_names(encoder: usize, decoder: usize) -> Vec<String> {
    let mut names = vec![
        "decoder.positional_embedding".to_owned(),
        "encoder.positional_embedding".to_owned(),
        "decoder.token_embedding.weight".to_owned(),
    ];
    for i in 0..decoder {
        block(&mut names, &format!("decoder.blocks.{i}"), true);
    }
    both(&mut names, "decoder.ln");
    both(&mut names, "encoder.conv1");
    both(&mut names, "encoder.conv2");
    for i in 0..encoder {
        block(&mut names, &format!("encoder.blocks.{i}"), false);
    }
    both(&mut names, "encoder.ln_post");
    names
}

fn both(names: &mut Vec<String>, name: &str) {
    names.push(format!("{name}.weight"));
    names.push(format!("{name}.bias"));
}

fn block(names: &mut Vec<String>, block: &str, cross: bool) {
    for part in ["mlp_ln", "mlp.0", "mlp.2"] {
        both(names, &format!("{block}.{part}"));
    }
    let attentions: &[&str] = if cross { &["attn", "cross_attn"] } else { &["attn"] };
    for attention in attentions {
        both(names, &format!("{block}.{attention}_ln"));
        both(names, &format!("{block}.{attention}.query"));
        names.push(format!("{block}.{attention}.key.weight"));
        both(names, &format!("{block}.{attention}.value"));
        both(names, &format!("{block}.{attention}.out"));
    }
}
