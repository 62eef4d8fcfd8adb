//! Every format that call systems write, and every way in which a file can be damaged.

mod common;

use std::f32::consts::TAU;
use std::fs;
use std::path::Path;

use common::{shared, write_wav};
use rehearsal_speech::decode::{PcmStream, SAMPLE_RATE};
use rehearsal_speech::{Fault, SpeechError, samples};

/// All channels of a file at 16 kHz, and what was reported.
fn decode(path: &Path) -> Result<(Vec<Vec<f32>>, Vec<Fault>), SpeechError> {
    let mut stream = PcmStream::open(path)?;
    let mut all: Vec<Vec<f32>> = Vec::new();
    while let Some(block) = stream.next_block()? {
        all.resize_with(block.len(), Vec::new);
        for (sink, plane) in all.iter_mut().zip(block) {
            sink.extend(plane);
        }
    }
    Ok((all, stream.faults().to_vec()))
}

fn tone(rate: u32, seconds: f32, hz: f32) -> Vec<f32> {
    let frames = (rate as f32 * seconds) as usize;
    (0..frames).map(|i| 0.5 * (TAU * hz * i as f32 / rate as f32).sin()).collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(p, q)| p * q).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn every_rate_arrives_as_sixteen_kilohertz_in_phase() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = tone(SAMPLE_RATE, 2.0, 440.0);
    for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000] {
        let path = folder.path().join(format!("{rate}.wav"));
        write_wav(&path, rate, &[tone(rate, 2.0, 440.0)]);
        let (planes, faults) = decode(&path).unwrap();
        assert_eq!(planes.len(), 1);
        assert!(planes[0].len().abs_diff(2 * SAMPLE_RATE as usize) <= 1, "{rate}");
        let middle = 4_000..28_000;
        let likeness = correlation(&planes[0][middle.clone()], &wanted[middle]);
        // Half a sample of phase is within the filter, and no ear's business.
        assert!(likeness > 0.99, "{rate}: {likeness}");
        assert_eq!(faults, []);
    }
}

#[test]
fn channels_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stereo.wav");
    write_wav(&path, 8_000, &[tone(8_000, 1.0, 300.0), tone(8_000, 1.0, 1_000.0)]);
    let (planes, _) = decode(&path).unwrap();
    assert_eq!(planes.len(), 2);
    assert!(correlation(&planes[0], &tone(SAMPLE_RATE, 1.0, 300.0)) > 0.99);
    assert!(correlation(&planes[1], &tone(SAMPLE_RATE, 1.0, 1_000.0)) > 0.99);
}

#[test]
fn the_shared_recording_sounds_the_same_in_every_format() {
    let Some(folder) = shared() else { return };
    let (original, _) = decode(&folder.join("jfk.wav")).unwrap();
    for name in [
        "jfk.flac",
        "jfk.mp3",
        "jfk.m4a",
        "jfk.opus.ogg",
        "jfk.vorbis.ogg",
        "jfk.webm",
        "jfk.alaw.wav",
        "jfk.mp4",
    ] {
        let (planes, faults) = decode(&folder.join(name)).unwrap();
        let best = (0..4_000)
            .step_by(1)
            .map(|lag| {
                let at = 32_000;
                correlation(&original[0][at..at + 8_000], &planes[0][at + lag - 2_000..][..8_000])
            })
            .fold(0.0_f32, f32::max);
        assert!(best > 0.9, "{name}: {best}");
        assert_eq!(faults, [], "{name}");
    }
}

#[test]
fn what_is_no_recording_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = decode(&path).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        error
    };
    assert!(matches!(refused("empty.wav", b""), SpeechError::NotAudio { .. }));
    assert!(matches!(
        refused(
            "notes.wav",
            "Dear Margaret, thank you for your time today. ".repeat(50).as_bytes()
        ),
        SpeechError::NotAudio { .. }
    ));
    assert!(matches!(refused("stub.wav", b"RIFF\x10\0\0\0WAVEfmt "), SpeechError::NotAudio { .. }));
    assert!(matches!(
        decode(&folder.path().join("absent.wav")).unwrap_err(),
        SpeechError::Io { .. }
    ));
    assert!(matches!(decode(folder.path()).unwrap_err(), SpeechError::NotAudio { .. }));
}

#[test]
fn a_truncated_file_keeps_its_beginning_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.wav");
    write_wav(&path, 16_000, &[tone(16_000, 10.0, 440.0)]);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 4 / 10]).unwrap();
    let (planes, faults) = decode(&path).unwrap();
    assert!((3.8..4.2).contains(&(planes[0].len() as f32 / 16_000.0)));
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert!(fault.position_ms.abs_diff(4_000) < 200 && fault.length_ms.abs_diff(6_000) < 200);
}

#[test]
fn damage_in_the_middle_keeps_both_ends_in_time() {
    let Some(folder) = shared() else { return };
    let scratch = tempfile::tempdir().unwrap();
    for name in ["jfk.mp3", "jfk.opus.ogg", "jfk.flac", "jfk.m4a", "jfk.webm"] {
        let mut bytes = fs::read(folder.join(name)).unwrap();
        let middle = bytes.len() / 2;
        for (i, byte) in bytes[middle..middle + middle / 8].iter_mut().enumerate() {
            *byte = (i as u8).wrapping_mul(151) ^ 0x5a;
        }
        let path = scratch.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (whole, _) = decode(&folder.join(name)).unwrap();
        let (planes, faults) = decode(&path).unwrap();
        let seconds = |n: usize| n as f32 / SAMPLE_RATE as f32;
        println!(
            "{name}: {:.2} of {:.2} s, {faults:?}",
            seconds(planes[0].len()),
            seconds(whole[0].len())
        );
        assert!(planes[0].len() > whole[0].len() / 3, "{name}");
    }
}

#[test]
fn a_stretch_is_the_same_as_in_the_whole() {
    let Some(folder) = shared() else { return };
    for name in ["jfk.wav", "jfk.alaw.wav", "jfk.flac", "jfk.mp3", "jfk.m4a", "jfk.opus.ogg"] {
        let path = folder.join(name);
        let (whole, _) = decode(&path).unwrap();
        let stretch = samples(&path, 0, 5_000, 1_000).unwrap();
        assert_eq!(stretch.len(), 16_000, "{name}");
        let best = (0..3_200)
            .map(|lag| correlation(&stretch, &whole[0][80_000 + lag - 1_600..][..16_000]))
            .fold(0.0_f32, f32::max);
        assert!(best > 0.98, "{name}: {best}");
        let there = correlation(&stretch, &whole[0][80_000..96_000]);
        println!("{name}: {there:.3} in place, {best:.3} at best");
        assert_eq!(
            samples(&path, 0, 10_500, 5_000).unwrap().len() / 16,
            whole[0].len() / 16 - 10_500,
            "{name}"
        );
        assert!(samples(&path, 0, 60_000, 1_000).unwrap().is_empty(), "{name}");
        let error = samples(&path, 5, 0, 1_000).unwrap_err();
        assert!(matches!(error, SpeechError::NoSuchChannel { channel: 5, .. }), "{error}");
    }
}
