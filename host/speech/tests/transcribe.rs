//! Recordings to transcripts, with a real model where one is installed
//! (`rehearsal model pull`), else skipped with a line that says so.

mod common;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use common::{model, shared, write_wav};
use rehearsal_speech::{Options, Settings, SpeechError, Transcriber, Transcript};

/// Quick ones first: what is tested here does not depend on size.
const MODELS: &[&str] = &["tiny.en", "base", "base.en", "tiny"];

fn transcriber(threads: usize) -> Option<Transcriber> {
    let options = Options { threads: NonZeroUsize::new(threads) };
    Some(Transcriber::load(&model(MODELS)?, &options).unwrap())
}

fn run(transcriber: &Transcriber, path: &Path, settings: &Settings) -> Transcript {
    transcriber.transcribe(path, settings, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// A minute of the shared two-channel call as a WAV file of its own.
fn opening_of_the_call(folder: &Path) -> std::path::PathBuf {
    let call = shared().unwrap().join("sales_call_stereo.opus.ogg");
    let planes: Vec<Vec<f32>> =
        (0..2).map(|c| rehearsal_speech::samples(&call, c, 0, 26_000).unwrap()).collect();
    let path = folder.join("opening.wav");
    write_wav(&path, 16_000, &planes);
    path
}

#[test]
fn a_speech_is_heard_word_for_word() {
    let (Some(folder), Some(transcriber)) = (shared(), transcriber(2)) else { return };
    let transcript = run(&transcriber, &folder.join("jfk.mp4"), &Settings::default());
    let text = transcript.segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
    let plain: String =
        text.to_lowercase().chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    assert_eq!(
        plain,
        "and so my fellow americans ask not what your country can do for you \
         ask what you can do for your country"
    );
    assert_eq!(transcript.language, "en");
    let words: Vec<_> = transcript.segments.iter().flat_map(|s| &s.words).collect();
    assert!(words.windows(2).all(|w| w[0].start_ms <= w[1].start_ms));
    assert!(words.iter().all(|w| w.start_ms <= w.end_ms && w.end_ms <= transcript.duration_ms));
    assert!(words.iter().all(|w| (0.0..=1.0).contains(&w.confidence)));
}

#[test]
fn two_channels_are_two_speakers_and_the_bytes_are_the_same_on_any_number_of_threads() {
    if shared().is_none() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = opening_of_the_call(scratch.path());
    let mut outputs = Vec::new();
    for threads in [1, 3] {
        let Some(transcriber) = transcriber(threads) else { return };
        // Twice on one transcriber: used states must leave no trace either.
        for _ in 0..2 {
            let transcript = run(&transcriber, &path, &Settings::default());
            outputs.push(serde_json::to_string(&transcript).unwrap());
        }
    }
    assert!(outputs.windows(2).all(|w| w[0] == w[1]));
    let transcript: Transcript = serde_json::from_str(&outputs[0]).unwrap();
    assert_eq!(transcript.speakers.len(), 2);
    let said = |speaker: usize, word: &str| {
        transcript.segments.iter().any(|s| s.speaker == speaker && s.text.contains(word))
    };
    assert!(said(0, "Daniel") && said(1, "Margaret"), "{:#?}", transcript.segments);
    assert!(said(0, "proposal") && said(1, "price") && !said(0, "operations"));
    assert!(transcript.segments.windows(2).all(|w| w[0].start_ms <= w[1].start_ms));
}

#[test]
fn silence_and_noise_cost_nothing_and_say_nothing() {
    let Some(transcriber) = transcriber(1) else { return };
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("noise.wav");
    let mut seed = 1_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let samples: Vec<f32> =
        (0..16_000 * 20).map(|i| if i < 16_000 * 10 { 0.0 } else { 0.02 * noise() }).collect();
    write_wav(&path, 16_000, &[samples]);
    let transcript = run(&transcriber, &path, &Settings::default());
    assert!(transcript.segments.is_empty(), "{:?}", transcript.segments);
    assert_eq!(transcript.duration_ms, 20_000);
}

#[test]
fn a_cut_recording_is_transcribed_as_far_as_it_goes() {
    let (Some(folder), Some(transcriber)) = (shared(), transcriber(1)) else { return };
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("cut.wav");
    let bytes = std::fs::read(folder.join("jfk.wav")).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let transcript = run(&transcriber, &path, &Settings::default());
    assert!(transcript.segments[0].text.contains("fellow Americans"));
    assert_eq!(transcript.faults.len(), 1);
}

#[test]
fn settings_that_cannot_be_served_are_named() {
    let Some(transcriber) = transcriber(1) else { return };
    let file = Path::new("does-not-matter.wav");
    for (settings, name) in [
        (Settings { language: Some("klingon".into()), ..Settings::default() }, "language"),
        (Settings { prompt: Some("word ".repeat(400)), ..Settings::default() }, "prompt"),
    ] {
        let error = transcriber
            .transcribe(file, &settings, &mut |_| ControlFlow::Continue(()))
            .unwrap_err();
        assert!(matches!(error, SpeechError::Setting { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_caller_can_stop_it() {
    let (Some(folder), Some(transcriber)) = (shared(), transcriber(1)) else { return };
    let mut calls = 0;
    let result = transcriber.transcribe(
        &folder.join("sales_call_stereo.webm"),
        &Settings::default(),
        &mut |_| {
            calls += 1;
            if calls < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    );
    assert!(matches!(result, Err(SpeechError::Cancelled)));
}

#[test]
fn what_is_no_model_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("model.bin");
    std::fs::write(&path, b"not a model").unwrap();
    for path in [path, scratch.path().join("absent.bin")] {
        let error = Transcriber::load(&path, &Options::default()).err().unwrap();
        assert!(matches!(error, SpeechError::Model { .. }), "{error}");
    }
}

#[test]
fn the_digest_follows_the_settings() {
    let Some(transcriber) = transcriber(1) else { return };
    let plain = transcriber.digest(&Settings::default());
    let prompted =
        transcriber.digest(&Settings { prompt: Some("Brightline".into()), ..Settings::default() });
    assert_eq!(plain.len(), 64);
    assert_ne!(plain, prompted);
    assert_eq!(plain, transcriber.digest(&Settings::default()));
}
