//! Reading calls and applying heads through the public door.

use proptest::prelude::*;
use rehearsal_heads::{
    Block, Calibration, Decision, Grams, Head, Line, Model, Part, Reading, Row, Side, Spread,
    Vectors, raw_features,
};

const WIDTH: usize = 4;

/// Vectors that follow from the texts alone.
fn values(reading: &Reading) -> Vec<f32> {
    let value = |text: &str, at: usize| text.bytes().map(|b| f32::from(b % (7 + at as u8))).sum();
    let texts = reading.texts().iter();
    texts.flat_map(|text| (0..WIDTH).map(move |at| value(text, at))).collect()
}

fn reading(turns: &[&str]) -> Reading {
    let lines: Vec<Line<'_>> = turns
        .iter()
        .enumerate()
        .map(|(at, text)| Line { text, speaker: at as u32 % 2, seller: at % 2 == 0 })
        .collect();
    Reading::new(&lines)
}

fn flat_spread(features: usize) -> Spread {
    Spread {
        mean: vec![0.0; features],
        deviation: vec![1.0; features],
        rarity: Grams::ALL.iter().map(|kind| vec![16; kind.buckets()]).collect(),
    }
}

/// The bucket of a word: what two texts share that share nothing else.
fn bucket(word: &str) -> usize {
    let buckets = |text: String| Grams::Words.count(&reading(&[text.as_str()]), 0);
    let (left, right) = (buckets(format!("a {word} b")), buckets(format!("c {word} d")));
    let shared = left.iter().find(|(at, _)| right.iter().any(|(other, _)| other == at));
    shared.expect("they share the word").0 as usize
}

/// A head that looks for the word `nephew`.
fn nephew(features: usize) -> Model {
    let mut steps = vec![0_u8; Grams::Words.buckets()];
    steps[bucket("nephew")] = 100;
    Model {
        embeddings: "test".to_owned(),
        width: WIDTH as u32,
        spread: flat_spread(features),
        heads: vec![Head {
            name: "family".to_owned(),
            labels: vec!["nephew".to_owned()],
            side: Side::Prospect,
            bias: vec![-1.0],
            blocks: vec![Part { number: 0, scale: vec![0.0], steps: vec![1; WIDTH] }],
            features: vec![0.0; features],
            grams: vec![Part { number: 0, scale: vec![0.2], steps }],
            decision: Decision::Each { threshold: vec![0.0] },
            calibration: Calibration { slope: 1.0, offset: 0.0 },
        }],
    }
}

fn count_of_features() -> usize {
    let reading = reading(&["One.", "Two?"]);
    let values = values(&reading);
    raw_features(&reading, &Vectors::new(&reading, &values, WIDTH).unwrap(), 1).len()
}

#[test]
fn a_head_survives_its_file_and_finds_its_word_on_its_side_only() {
    let model = nephew(count_of_features());
    let bytes = model.to_bytes().unwrap();
    let model = Model::load(&bytes).unwrap();
    let call = reading(&["My nephew says so.", "I could hire my nephew!", "Fine.", "Yes."]);
    let values = values(&call);
    let vectors = Vectors::new(&call, &values, WIDTH).unwrap();
    let found = model.predict(&call, &vectors, "family").unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].turn, found[0].label.as_str()), (1, "nephew"));
    assert!(found[0].confidence > 0.5 && found[0].confidence < 1.0);
    assert_eq!(model.predict(&call, &vectors, "weather"), None);
}

#[test]
fn bytes_that_are_no_model_say_what_to_do() {
    let error = Model::load(b"nothing").unwrap_err().to_string();
    assert!(error.contains("train-extractors"), "{error}");
    let mut other = nephew(count_of_features());
    other.spread.mean.pop();
    let error = Model::load(&other.to_bytes().unwrap()).unwrap_err().to_string();
    assert!(error.contains("features"), "{error}");
}

#[test]
fn vectors_of_another_number_of_texts_are_refused() {
    let call = reading(&["One.", "Two."]);
    assert!(Vectors::new(&call, &[0.0; WIDTH], WIDTH).is_none());
    assert!(Vectors::new(&call, &[], 0).is_none());
}

proptest! {
    #[test]
    fn any_text_has_as_many_finite_inputs(
        turns in proptest::collection::vec("(what|so|—|…|'s|\\?|\"|É|\\PC| |\n|[a-z]{1,5}){0,40}", 1..6)
    ) {
        let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
        let call = reading(&turns);
        let values = values(&call);
        let vectors = Vectors::new(&call, &values, WIDTH).unwrap();
        let spread = flat_spread(count_of_features());
        for turn in 0..call.len() {
            let row = Row::new(&call, &vectors, &spread, turn, false);
            prop_assert_eq!(row.blocks.len(), Block::ALL.len() * WIDTH);
            prop_assert_eq!(row.features.len(), spread.mean.len());
            prop_assert!(row.features.iter().chain(&row.blocks).all(|value| value.is_finite()));
        }
    }
}
