//! What several tests need.

use std::path::{Path, PathBuf};

/// The recordings beside the checkout, where they are; says so where they are not.
#[allow(dead_code, reason = "not every test file needs them")]
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/speech");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

/// The best model that is installed; says so where there is none.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn model(names: &[&str]) -> Option<PathBuf> {
    let store = rehearsal_speech::models::Store::open_default().ok()?;
    let found = names.iter().find_map(|name| store.locate(name).ok().flatten());
    if found.is_none() {
        println!("skipped: none of {names:?} in {}", store.directory().display());
    }
    found
}

/// 16-bit WAV, one vector a channel.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn write_wav(path: &Path, rate: u32, planes: &[Vec<f32>]) {
    let spec = hound::WavSpec {
        channels: planes.len() as u16,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in 0..planes[0].len() {
        for plane in planes {
            writer.write_sample((plane[frame].clamp(-1.0, 1.0) * 32_767.0) as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}
