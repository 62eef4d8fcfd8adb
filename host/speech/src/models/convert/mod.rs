//! Whisper checkpoints to whisper.cpp's file format.
//!
//! The order of tensors, their types and the mel filters are those of the published
//! files, so that a converted OpenAI model is equal to them byte for byte.

mod ctranslate2;
mod ggml;
mod huggingface;
mod mel;
mod vocabulary;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use half::{bf16, f16};

/// A weight with its dimensions, outermost first.
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
}

/// Values of a weight, as they lie in the source.
pub(super) enum Data {
    F32(Vec<f32>),
    F16(Vec<f16>),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
        }
    }

    fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::F32(values) => values.clone(),
            Self::F16(values) => values.iter().map(|v| v.to_f32()).collect(),
        }
    }

    fn to_f16(&self) -> Vec<f16> {
        match self {
            Self::F32(values) => values.iter().map(|v| f16::from_f32(*v)).collect(),
            Self::F16(values) => values.clone(),
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            Self::F32(values) => values.iter().all(|v| *v == 0.0),
            Self::F16(values) => values.iter().all(|v| v.to_f32() == 0.0),
        }
    }

    /// The `index`th of `of` equal slices along the outermost dimension.
    fn slice(&self, index: usize, of: usize) -> Self {
        let len = self.len() / of;
        let range = index * len..(index + 1) * len;
        match self {
            Self::F32(values) => Self::F32(values[range].to_vec()),
            Self::F16(values) => Self::F16(values[range].to_vec()),
        }
    }
}

/// Little-endian bytes to values; a trailing partial value is an error of the caller.
fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn f16s(bytes: &[u8]) -> Vec<f16> {
    bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b)).collect()
}

fn bf16s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect()
}

/// Which weights a checkpoint has, under OpenAI's names.
pub(super) trait Checkpoint {
    /// The weight that OpenAI calls `name`.
    fn tensor(&self, name: &str) -> Result<Tensor, String>;
    /// Layers of the encoder and of the decoder.
    fn layers(&self) -> (usize, usize);
}

/// CTranslate2 weights and a vocabulary file to a whisper.cpp file.
pub(super) fn ctranslate2(weights: &Path, vocabulary: &Path, out: &Path) -> Result<(), String> {
    let bytes = read(weights)?;
    let checkpoint = ctranslate2::CTranslate2::parse(&bytes)?;
    write(&checkpoint, &vocabulary::read(vocabulary)?, out)
}

/// Whatever `source` is, as a whisper.cpp file at `out`.
pub(super) fn import(source: &Path, out: &Path) -> Result<(), String> {
    if source.is_file() {
        return ggml::check(source)
            .and_then(|()| fs::copy(source, out).map(|_| ()).map_err(|e| e.to_string()));
    }
    if !source.is_dir() {
        return Err("there is no such file or folder".into());
    }
    let vocabulary = vocabulary::find(source)?;
    if source.join("model.bin").is_file() {
        return ctranslate2(&source.join("model.bin"), &vocabulary, out);
    }
    let files = huggingface::files(source)?;
    let checkpoint = huggingface::SafeTensorFiles::open(&files)?;
    write(&checkpoint, &vocabulary::read(&vocabulary)?, out)
}

fn write(checkpoint: &dyn Checkpoint, words: &[Vec<u8>], out: &Path) -> Result<(), String> {
    let file = File::create(out).map_err(|e| e.to_string())?;
    ggml::write(checkpoint, words, BufWriter::new(file))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}
