//! Encodings that need a writer of their own, or a file made beforehand: every form of WAV
//! that telephone systems leave behind, ALAC, QuickTime and Matroska; whole and cut off.
//!
//! Each holds two seconds of a tone of 440 Hz. Those in `tests/data` were made with
//! ffmpeg's encoders; the others are written here.

mod common;

use std::f32::consts::TAU;
use std::fs;
use std::path::Path;

use rehearsal_speech::decode::{PcmStream, SAMPLE_RATE};
use rehearsal_speech::{Fault, SpeechError};

const RATE: u32 = 8_000;
const SECONDS: usize = 2;

fn tone(rate: u32) -> Vec<f32> {
    let step = TAU * 440.0 / rate as f32;
    (0..SECONDS * rate as usize).map(|i| 0.5 * (step * i as f32).sin()).collect()
}

fn steps(wave: &[f32]) -> Vec<i16> {
    wave.iter().map(|s| (s * 32_767.0) as i16).collect()
}

fn decode(path: &Path) -> Result<(Vec<f32>, Vec<Fault>), SpeechError> {
    let mut stream = PcmStream::open(path)?;
    let mut all = Vec::new();
    while let Some(block) = stream.next_block()? {
        all.extend(&block[0]);
    }
    Ok((all, stream.faults().to_vec()))
}

/// How much of the sound is the tone, wherever it begins: coders delay.
fn purity(sound: &[f32]) -> f32 {
    let turn = |i: usize| TAU * 440.0 * i as f32 / SAMPLE_RATE as f32;
    let against = |wave: fn(f32) -> f32| {
        sound.iter().enumerate().map(|(i, s)| s * wave(turn(i))).sum::<f32>()
    };
    let power = sound.iter().map(|s| s * s).sum::<f32>() * sound.len() as f32 / 2.0;
    against(f32::sin).hypot(against(f32::cos)) / power.sqrt()
}

/// Decodes the file and the first part of it.
fn is_heard(path: &Path) {
    let name = path.display();
    let (sound, faults) = decode(path).unwrap();
    let whole = SECONDS * SAMPLE_RATE as usize;
    assert!(sound.len().abs_diff(whole) < 3_000, "{name}: {} samples", sound.len());
    let middle = &sound[whole / 4..whole * 3 / 4];
    assert!(purity(middle) > 0.97, "{name}: {}", purity(middle));
    let loud = middle.iter().fold(0.0_f32, |most, s| most.max(s.abs()));
    assert!((0.45..0.56).contains(&loud), "{name}: {loud}");
    assert_eq!(faults, [], "{name}");

    let bytes = fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join(path.file_name().unwrap());
    fs::write(&cut, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let (sound, faults) = decode(&cut).unwrap();
    let kept = sound.len() as f32 / whole as f32;
    assert!((0.3..0.75).contains(&kept), "{name}: {kept} of a cut file");
    assert!(!faults.is_empty(), "{name}: the cut goes unreported");
}

/// A WAV file of one channel: `extra` goes behind the format's sixteen bytes.
fn wav(path: &Path, tag: u16, bits: u16, block: u16, extra: &[u8], data: &[u8]) {
    let per_second = match tag {
        2 | 0x11 => RATE * u32::from(block) / u32::from(samples_a_block(tag, block)),
        _ => RATE * u32::from(block),
    };
    let mut format = Vec::new();
    format.extend(tag.to_le_bytes());
    format.extend(1_u16.to_le_bytes());
    format.extend(RATE.to_le_bytes());
    format.extend(per_second.to_le_bytes());
    format.extend(block.to_le_bytes());
    format.extend(bits.to_le_bytes());
    format.extend(extra);
    let mut file = b"RIFF".to_vec();
    file.extend((20 + format.len() as u32 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend((format.len() as u32).to_le_bytes());
    file.extend(&format);
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    fs::write(path, file).unwrap();
}

fn samples_a_block(tag: u16, block: u16) -> u16 {
    if tag == 2 { (block - 7) * 2 + 2 } else { (block - 4) * 2 + 1 }
}

#[test]
fn integers_of_every_width_and_floats() {
    let folder = tempfile::tempdir().unwrap();
    for bits in [8_u16, 16, 24, 32] {
        let path = folder.path().join(format!("pcm{bits}.wav"));
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        let full = f64::from(1_u32 << (bits - 1)) - 1.0;
        for sample in tone(RATE) {
            writer.write_sample((f64::from(sample) * full) as i32).unwrap();
        }
        writer.finalize().unwrap();
        is_heard(&path);
    }
    let path = folder.path().join("float32.wav");
    let data: Vec<u8> = tone(RATE).iter().flat_map(|s| s.to_le_bytes()).collect();
    wav(&path, 3, 32, 4, &[], &data);
    is_heard(&path);
    let path = folder.path().join("float64.wav");
    let data: Vec<u8> = tone(RATE).iter().flat_map(|s| f64::from(*s).to_le_bytes()).collect();
    wav(&path, 3, 64, 8, &[], &data);
    is_heard(&path);
}

/// G.711: a sign, three bits of segment, four of step.
fn mu_law(sample: i16) -> u8 {
    let magnitude = (i32::from(sample).abs() + 132).min(32_767);
    let segment = (magnitude.ilog2() - 7).min(7);
    let step = (magnitude >> (segment + 3)) & 15;
    !((if sample < 0 { 0x80 } else { 0 }) | (segment as u8) << 4 | step as u8)
}

fn a_law(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs() >> 4;
    let (segment, step) = match magnitude {
        0..16 => (0, magnitude),
        _ => {
            let segment = magnitude.ilog2() - 3;
            (segment, (magnitude >> (segment - 1)) & 15)
        }
    };
    ((if sample < 0 { 0 } else { 0x80 }) | (segment as u8) << 4 | step as u8) ^ 0x55
}

#[test]
fn the_two_laws_of_telephony() {
    let folder = tempfile::tempdir().unwrap();
    for (name, tag, law) in [("a", 6, a_law as fn(i16) -> u8), ("mu", 7, mu_law)] {
        let path = folder.path().join(format!("{name}-law.wav"));
        let data: Vec<u8> = steps(&tone(RATE)).into_iter().map(law).collect();
        wav(&path, tag, 8, 1, &[0, 0], &data);
        is_heard(&path);
    }
}

/// IMA's table: each step 1.1 times the last.
fn ima_step(index: i32) -> i32 {
    const STEPS: [i32; 89] = [
        7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60,
        66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371,
        408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878,
        2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845,
        8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086,
        29794, 32767,
    ];
    STEPS[index as usize]
}

/// One sample as four bits; `state` is the predicted sample and the step's index.
fn ima_nibble(sample: i32, state: &mut (i32, i32)) -> u8 {
    let (predicted, index) = *state;
    let mut step = ima_step(index);
    let mut left = (sample - predicted).abs();
    let (mut nibble, mut change) = (0_u8, step >> 3);
    for bit in [4, 2, 1] {
        if left >= step {
            nibble |= bit;
            left -= step;
            change += step;
        }
        step >>= 1;
    }
    let negative = sample < predicted;
    let next = if negative { predicted - change } else { predicted + change };
    let turn = [-1, -1, -1, -1, 2, 4, 6, 8][usize::from(nibble)];
    *state = (next.clamp(-32_768, 32_767), (index + turn).clamp(0, 88));
    nibble | if negative { 8 } else { 0 }
}

fn ima(samples: &[i16], block: u16) -> Vec<u8> {
    let mut index = 0;
    let mut data = Vec::new();
    for part in samples.chunks_exact(usize::from(samples_a_block(0x11, block))) {
        data.extend(part[0].to_le_bytes());
        data.extend([index as u8, 0]);
        let mut state = (i32::from(part[0]), index);
        for pair in part[1..].chunks(2) {
            let low = ima_nibble(i32::from(pair[0]), &mut state);
            data.push(low | ima_nibble(i32::from(pair[1]), &mut state) << 4);
        }
        index = state.1;
    }
    data
}

/// Microsoft's: a sample is predicted by the last two (here by the last alone, the first
/// of the seven predictors), and the error is coded in four bits of an adaptive step.
fn microsoft(samples: &[i16], block: u16) -> Vec<u8> {
    const ADAPT: [i32; 16] =
        [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
    let mut data = Vec::new();
    let mut delta = 512_i32;
    for part in samples.chunks_exact(usize::from(samples_a_block(2, block))) {
        data.push(0);
        data.extend((delta as i16).to_le_bytes());
        data.extend(part[1].to_le_bytes());
        data.extend(part[0].to_le_bytes());
        let mut last = i32::from(part[1]);
        let mut nibble = |sample: i16| {
            let error = (i32::from(sample) - last) / delta;
            let code = error.clamp(-8, 7);
            last = (last + code * delta).clamp(-32_768, 32_767);
            let code = (code & 15) as u8;
            delta = (ADAPT[usize::from(code)] * delta / 256).max(16);
            code
        };
        for pair in part[2..].chunks(2) {
            let high = nibble(pair[0]) << 4;
            data.push(high | nibble(pair[1]));
        }
    }
    data
}

#[test]
fn both_kinds_of_adpcm() {
    let folder = tempfile::tempdir().unwrap();
    let wave = steps(&tone(RATE));
    let path = folder.path().join("ima.wav");
    let mut extra = 2_u16.to_le_bytes().to_vec();
    extra.extend(samples_a_block(0x11, 256).to_le_bytes());
    wav(&path, 0x11, 4, 256, &extra, &ima(&wave, 256));
    is_heard(&path);

    let path = folder.path().join("microsoft.wav");
    let mut extra = 32_u16.to_le_bytes().to_vec();
    extra.extend(samples_a_block(2, 256).to_le_bytes());
    extra.extend(7_u16.to_le_bytes());
    let predictors: [i16; 14] = [256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232];
    extra.extend(predictors.iter().flat_map(|p| p.to_le_bytes()));
    wav(&path, 2, 4, 256, &extra, &microsoft(&wave, 256));
    is_heard(&path);
}

#[test]
fn alac_quicktime_and_matroska() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["tone.alac.m4a", "tone.aac.mov", "tone.aac.mkv"] {
        is_heard(&folder.join(name));
    }
}

/// What QuickTime says about a coding lies elsewhere than in MP4; wide samples are
/// big-endian there.
#[test]
fn quicktime_alac_wide_samples_and_mu_law() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["tone.alac.mov", "tone.s24.mov", "tone.ulaw.mov"] {
        is_heard(&folder.join(name));
    }
}

/// Found by the fuzz target: a damaged table of lengths made hours of silence.
#[test]
fn a_broken_clock_makes_no_hours_of_silence() {
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tone.alac.m4a");
    let mut bytes = fs::read(original).unwrap();
    // Each of the four packets claims to last 29 minutes.
    let lasting = 29 * 60 * RATE;
    let table = [2, 3, lasting, 1, lasting].map(u32::to_be_bytes).concat();
    let at = bytes.windows(4).position(|w| w == b"stts").unwrap() + 8;
    bytes[at..at + table.len()].copy_from_slice(&table);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.m4a");
    fs::write(&path, bytes).unwrap();
    let (sound, faults) = decode(&path).unwrap();
    let minutes = sound.len() / SAMPLE_RATE as usize / 60;
    assert!((1..=31).contains(&minutes), "{minutes} min of sound, {faults:?}");
}
