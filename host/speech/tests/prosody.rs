//! Prosody against signals whose pitch, level and noise are known.

use std::f32::consts::TAU;

use rehearsal_speech::decode::SAMPLE_RATE;
use rehearsal_speech::prosody::{Prosody, prosody};

/// A buzz with overtones, as a voice has, whose pitch follows `hz` over time.
fn voice(seconds: f32, level: f32, hz: impl Fn(f32) -> f32) -> Vec<f32> {
    let mut phase = 0.0_f32;
    (0..(seconds * SAMPLE_RATE as f32) as usize)
        .map(|i| {
            phase += hz(i as f32 / SAMPLE_RATE as f32) / SAMPLE_RATE as f32;
            level * (1..=8).map(|k| (TAU * phase * k as f32).sin() / k as f32).sum::<f32>()
        })
        .collect()
}

fn noise(count: usize, level: f32) -> Vec<f32> {
    let mut seed = 7_u32;
    (0..count)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level * ((seed >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

/// Share of frames between two times whose pitch is within 1 % of what it should be.
fn right(prosody: &Prosody, from: f32, to: f32, hz: impl Fn(f32) -> f32) -> f32 {
    let range = (from * 100.0) as usize..(to * 100.0) as usize;
    let hits = range.clone().filter(|i| {
        let wanted = hz(*i as f32 / 100.0);
        prosody.frames[*i].f0_hz.is_some_and(|f0| (f0 / wanted - 1.0).abs() < 0.01)
    });
    hits.count() as f32 / range.len() as f32
}

#[test]
fn steady_voices_have_their_pitch() {
    for hz in [75.0, 110.0, 147.0, 220.0, 330.0, 390.0] {
        let measured = prosody(&voice(1.0, 0.2, |_| hz));
        assert_eq!(measured.frames.len(), 100);
        assert!(right(&measured, 0.1, 0.9, |_| hz) > 0.98, "{hz}: {:?}", measured.median_f0_hz);
    }
}

#[test]
fn a_gliding_voice_is_followed() {
    let glide = |t: f32| 120.0 * 2.0_f32.powf(t / 2.0);
    let measured = prosody(&voice(2.0, 0.2, glide));
    assert!(right(&measured, 0.1, 1.9, glide) > 0.95);
}

#[test]
fn noise_and_silence_have_no_pitch() {
    for signal in [noise(16_000, 0.1), vec![0.0; 16_000]] {
        let measured = prosody(&signal);
        assert!(measured.voiced_share < 0.1, "{}", measured.voiced_share);
    }
    assert_eq!(prosody(&[]), Prosody::default());
    assert_eq!(prosody(&[0.0; 10]).frames.len(), 1);
}

#[test]
fn level_and_noise_are_measured() {
    let mut signal = noise(32_000, 0.001);
    for (sample, voice) in signal[16_000..].iter_mut().zip(voice(1.0, 0.1, |_| 150.0)) {
        *sample += voice;
    }
    let measured = prosody(&signal);
    assert!((0.4..0.6).contains(&measured.voiced_share), "{}", measured.voiced_share);
    // Noise is uniform in ±0.001: -64.8 dBFS. The buzz: 0.1² × Σ 1/2k² ≈ -21.2 dBFS.
    assert!((measured.frames[50].energy_db + 64.8).abs() < 1.0);
    assert!(
        (measured.frames[150].energy_db + 21.2).abs() < 1.0,
        "{}",
        measured.frames[150].energy_db
    );
    assert!((measured.snr_db.unwrap() - 43.6).abs() < 2.0, "{:?}", measured.snr_db);
}
