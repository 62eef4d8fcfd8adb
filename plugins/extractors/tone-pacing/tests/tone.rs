//! Tone and pacing through the public door, on signals whose values are known.

use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{CallBuilder, MemoryRecording};
use tone_pacing::{Config, TonePacing};

fn extract(call: &Call<'_>) -> Vec<Annotation> {
    TonePacing::new(Config::default()).unwrap().extract(call).unwrap()
}

fn value(found: &[Annotation], name: &str, speaker: u32) -> Value {
    let rule = format!("speaker {speaker}");
    let mut all = found.iter().filter(|one| one.name == name && one.rule == rule);
    let value = all.next().unwrap_or_else(|| panic!("no {name}")).value.clone();
    assert!(all.next().is_none(), "{name} comes twice");
    value
}

fn number(found: &[Annotation], name: &str, speaker: u32) -> f64 {
    match value(found, name, speaker) {
        Value::Number(number) => number,
        other => panic!("{name} is {other:?}"),
    }
}

/// Eight words of 250 ms; after the fourth a pause of 500 ms: 2 s of speech in 2.5 s.
fn timed() -> CallBuilder {
    let words = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let timed: Vec<(&str, u32, u32)> = words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            let start = 1_000 + index as u32 * 250 + if index > 3 { 500 } else { 0 };
            (*word, start, start + 250)
        })
        .collect();
    CallBuilder::new()
        .participant(None, Role::Seller)
        .participant(None, Role::Prospect)
        .words(1, &[("Ready?", 0, 400)])
        .words(0, &timed)
}

#[test]
fn pace_and_pauses_of_known_times() {
    let call = timed().build();
    let found = extract(&Call::new(&call));
    assert_eq!(number(&found, "words_per_minute", 0), 240.0);
    assert_eq!(number(&found, "words_per_turn_minute", 0), 192.0);
    assert_eq!(number(&found, "articulation_rate", 0), 4.0);
    assert_eq!(number(&found, "pause_p50", 0), 500.0);
    assert_eq!(number(&found, "answer_pause", 0), 600.0);
    assert!(
        matches!(value(&found, "acceleration", 0), Value::Unavailable(why) if why.contains("at least 6"))
    );
    assert!(
        matches!(value(&found, "f0_median", 0), Value::Unavailable(why) if why.contains("no recording"))
    );
}

#[test]
fn what_a_source_cannot_support_is_unavailable_with_the_reason() {
    let call = CallBuilder::dialogue(&[(Role::Seller, "Hi, how are you all today?")]).build();
    let found = extract(&Call::new(&call));
    assert!(found.len() > 10);
    assert!(
        found.iter().all(|one| matches!(&one.value, Value::Unavailable(why) if !why.is_empty()))
    );
    let starts = CallBuilder::dialogue(&[(Role::Seller, "Hi.")])
        .with(|call| {
            call.turns[0].start_ms = Some(0);
            call.timing = Timing::Starts;
        })
        .build();
    let found = extract(&Call::new(&starts));
    assert!(
        matches!(value(&found, "answer_pause", 0), Value::Unavailable(why) if why.contains("no ends"))
    );
}

/// Ten seconds a channel: 100 Hz with an octave's jump for the first, 200 Hz for the second.
fn recording(snr_db: f32) -> MemoryRecording {
    let first: Vec<f32> = (0..1_000).map(|frame| if frame < 500 { 100.0 } else { 200.0 }).collect();
    let loud: Vec<f32> = (0..1_000).map(|frame| if frame < 500 { -30.0 } else { -20.0 }).collect();
    MemoryRecording::new().channel(first, loud, snr_db).channel(
        vec![200.0; 1_000],
        vec![-25.0; 1_000],
        30.0,
    )
}

fn spoken() -> Conversation {
    CallBuilder::new()
        .participant(None, Role::Seller)
        .participant(None, Role::Prospect)
        .turn(0, "one two three four five", Some((0, 4_000)))
        .turn(1, "yes", Some((4_000, 5_500)))
        .turn(0, "one two three four five", Some((6_000, 10_000)))
        .channels(2)
        .build()
}

#[test]
fn pitch_and_energy_are_relative_to_the_speaker_on_their_own_channel() {
    let (call, recording) = (spoken(), recording(30.0));
    let found = extract(&Call::with_recording(&call, &recording));
    assert!((number(&found, "f0_median", 1) - 200.0).abs() < 0.01);
    assert!((number(&found, "expressiveness_pitch", 0) - 12.0).abs() < 1e-4);
    assert_eq!(number(&found, "voiced_share", 0), 1.0);
    assert_eq!(number(&found, "expressiveness_energy", 0), 10.0);
    let of_turn = |turn: u32, name: &str| {
        let one =
            found.iter().find(|one| one.name == name && one.scope == Scope::Turn(turn)).unwrap();
        match one.value {
            Value::Number(number) => number,
            _ => panic!("{name}"),
        }
    };
    assert!((of_turn(2, "turn_f0") - of_turn(0, "turn_f0") - 12.0).abs() < 1e-4);
    assert_eq!(of_turn(0, "turn_f0_slope"), 0.0);
    assert_eq!(of_turn(2, "turn_energy") - of_turn(0, "turn_energy"), 10.0);
}

#[test]
fn noise_and_unassigned_channels_are_gated() {
    let (call, noisy) = (spoken(), recording(4.0));
    let found = extract(&Call::with_recording(&call, &noisy));
    assert!(
        matches!(value(&found, "f0_median", 0), Value::Unavailable(why) if why.contains("4 dB"))
    );
    let three = CallBuilder::new()
        .participant(None, Role::Seller)
        .participant(None, Role::Prospect)
        .participant(None, Role::Other)
        .turn(0, "hello", Some((0, 4_000)))
        .channels(2)
        .build();
    let clear = recording(30.0);
    let found = extract(&Call::with_recording(&three, &clear));
    assert!(
        matches!(value(&found, "energy", 0), Value::Unavailable(why) if why.contains("3 speakers"))
    );
}

#[test]
fn somebody_who_speeds_up_accelerates() {
    let mut builder = CallBuilder::new().participant(None, Role::Seller);
    for minute in 0..8_u32 {
        // 100 words a minute at first, 10 more each minute.
        let ms = 5 * 60_000 / (100 + 10 * minute);
        builder = builder.turn(
            0,
            "one two three four five",
            Some((minute * 60_000, minute * 60_000 + ms)),
        );
    }
    let call = builder.build();
    assert!((number(&extract(&Call::new(&call)), "acceleration", 0) - 10.0).abs() < 0.1);
}

proptest! {
    #[test]
    fn no_times_however_odd_panic_or_give_numbers_that_are_none(
        turns in proptest::collection::vec((0_usize..2, any::<u32>(), any::<u32>(), "\\PC{0,20}"), 0..20)
    ) {
        let mut builder = CallBuilder::new().participant(None, Role::Seller).participant(None, Role::Prospect).channels(2);
        for (speaker, left, right, text) in &turns {
            builder = builder.turn(*speaker, text, Some((*left.min(right), *left.max(right))));
        }
        let (call, recording) = (builder.build(), recording(30.0));
        for annotation in extract(&Call::with_recording(&call, &recording)) {
            let finite = match annotation.value {
                Value::Number(number) => number.is_finite(),
                _ => true,
            };
            prop_assert!(finite, "{}", annotation.name);
        }
    }
}
