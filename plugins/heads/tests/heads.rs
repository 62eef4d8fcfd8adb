//! Reading calls and applying heads through the public door.

use proptest::prelude::*;
use rehearsal_heads::{
    Block, Calibration, Context, Decision, Grams, Head, Layer, Line, Look, Model, Net, Part,
    Reading, Row, Sequence, Side, Spread, Units, Vectors, raw_features, weights,
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
        sequence: 0,
        heads: vec![Head {
            name: "family".to_owned(),
            labels: vec!["nephew".to_owned()],
            side: Side::Prospect,
            bias: vec![-1.0],
            blocks: vec![Part { number: 0, scale: vec![0.0], steps: vec![1; WIDTH] }],
            features: vec![0.0; features],
            grams: vec![Part { number: 0, scale: vec![0.2], steps }],
            share: 1.0,
            decision: Decision::Each { threshold: vec![0.0] },
            calibration: Calibration { slope: 1.0, offset: 0.0 },
        }],
    }
}

/// A layer whose weights follow from their places, all of them `step` at most.
fn layer(inputs: usize, outputs: usize, most: u8, scale: f32) -> Layer {
    let step = |at: usize| {
        let value = (at * 37 + 11) % (2 * usize::from(most) + 1);
        (value as i16 - i16::from(most)).to_le_bytes()[0]
    };
    Layer {
        bias: vec![0.0; outputs],
        scale: vec![scale; outputs],
        steps: (0..inputs * outputs).map(step).collect(),
    }
}

/// A net of two units each way that gives `family` one score, as loud as `scale`.
fn net(scale: f32) -> Sequence {
    let look = Look { width: WIDTH as u32, blocks: vec![0], gain: (0.001, 0.5) };
    let inputs = WIDTH + Look::features();
    let units = || Units { input: layer(3, 6, 100, 0.05), state: layer(2, 6, 100, 0.05) };
    let net = Net {
        projection: layer(inputs, 3, 100, 0.01),
        forwards: units(),
        backwards: units(),
        output: layer(7, 1, 100, scale),
    };
    Sequence {
        embeddings: "test".to_owned(),
        look,
        heads: vec![("family".to_owned(), 1)],
        nets: vec![net],
    }
}

/// A net that says nothing of any turn.
fn deaf() -> Sequence {
    net(0.0)
}

fn rows<'a>(call: &'a Reading, vectors: &'a Vectors<'a>) -> impl Iterator<Item = Row> {
    let spread = flat_spread(count_of_features());
    (0..call.len()).map(move |turn| Row::new(call, vectors, &spread, turn, false))
}

fn context(net: &Sequence, call: &Reading) -> Context {
    let values = values(call);
    net.read(rows(call, &Vectors::new(call, &values, WIDTH).unwrap()))
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
    let context = deaf().read(rows(&call, &vectors));
    let found = model.predict(&call, &vectors, &context, "family").unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].turn, found[0].label.as_str()), (1, "nephew"));
    assert!(found[0].confidence > 0.5 && found[0].confidence < 1.0);
    assert_eq!(model.predict(&call, &vectors, &context, "weather"), None);
}

#[test]
fn bytes_that_are_no_model_say_what_to_do() {
    let error = Model::load(b"nothing").unwrap_err().to_string();
    assert!(error.contains("no heads for this version"), "{error}");
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

#[test]
fn the_net_reads_the_whole_call_and_a_head_adds_what_it_says() {
    let net = Sequence::load(&net(0.01).to_bytes().unwrap()).unwrap();
    let say = |last: &str| {
        let call = reading(&["Who is it?", "Me.", "What do you want?", "My nephew.", last]);
        context(&net, &call).of("family", 0).unwrap()[0]
    };
    assert_ne!(say("Fine."), say("Why would you say such a thing to your own nephew?"));
    let call = reading(&["Fine.", "Yes."]);
    let heard = context(&net, &call);
    assert_eq!((heard.of("weather", 0), heard.of("family", 2)), (None, None));
    let around = heard.of("family", 1).unwrap();
    let values = values(&call);
    let row = rows(&call, &Vectors::new(&call, &values, WIDTH).unwrap()).nth(1).unwrap();
    let mut head = nephew(count_of_features()).heads.remove(0);
    let alone = head.scores(&row, WIDTH, &[0.0])[0];
    head.share = 0.5;
    assert_eq!(head.scores(&row, WIDTH, around)[0], alone + 0.5 * around[0]);
}

/// So a record of thousands of turns is read in time that grows with its length alone.
#[test]
fn a_turn_looks_back_to_some_hundred_turns_and_no_further() {
    let inputs = |first: &str, turns: usize| {
        let mut texts = vec![first.to_owned()];
        texts.extend((1..turns).map(|at| format!("And my nephew number {at}, what of him?")));
        let call = reading(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let values = values(&call);
        rows(&call, &Vectors::new(&call, &values, WIDTH).unwrap()).last().unwrap()
    };
    let (one, other) = ("My nephew.", "Nobody whom I would call so.");
    assert!(inputs(one, 200) != inputs(other, 200), "what was said this long ago is heard");
    assert!(inputs(one, 2000) == inputs(other, 2000), "what was said that long ago is not");
}

#[test]
fn thousands_of_turns_have_scores() {
    let call = reading(&["And then?"; 5000]);
    assert!(context(&net(0.01), &call).of("family", 4999).unwrap()[0].is_finite());
}

#[test]
fn a_net_whose_sizes_do_not_fit_is_refused() {
    for spoil in [
        (|net: &mut Sequence| net.look.blocks.push(99)) as fn(&mut Sequence),
        |net| net.look.width = 5,
        |net| net.nets.clear(),
        |net| net.nets[0].forwards.state.steps.truncate(3),
        |net| net.nets[0].backwards.input.bias.clear(),
        |net| net.heads.push(("weather".to_owned(), 2)),
        |net| net.nets[0].output.scale.clear(),
    ] {
        let mut net = net(1.0);
        spoil(&mut net);
        let error = Sequence::load(&net.to_bytes().unwrap()).unwrap_err().to_string();
        assert!(error.contains("no heads for this version"), "{error}");
    }
}

#[test]
fn what_ships_belongs_together() {
    let net = Sequence::load(weights::SEQUENCE).unwrap();
    for bytes in
        [weights::NEPQ, weights::OBJECTION, weights::MOVE, weights::TECHNIQUES, weights::LISTENING]
    {
        let model = Model::load(bytes).unwrap();
        assert_eq!(model.sequence, Sequence::mark(weights::SEQUENCE));
        assert_eq!(
            (&model.embeddings, model.width),
            (&net.embeddings, net.look.width),
            "heads and net look at the same embeddings"
        );
        for head in &model.heads {
            let classes = (head.name.clone(), head.bias.len() as u32);
            assert!(net.heads.contains(&classes), "{classes:?}");
        }
    }
}

/// Each turn with its speaker: 0 sells.
fn spoken(turns: &[(u32, &str)]) -> Reading {
    Reading::new(
        &turns
            .iter()
            .map(|(s, t)| Line { text: t, speaker: *s, seller: *s == 0 })
            .collect::<Vec<_>>(),
    )
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

    #[test]
    fn the_net_scores_every_turn_of_any_call(
        turns in proptest::collection::vec((0_u32..3, "(what|so|—|\\?|\\PC| |[a-z]{1,5}){0,10}"), 0..40),
        alone in any::<bool>(),
    ) {
        let turns: Vec<(u32, &str)> = turns
            .iter()
            .map(|(speaker, text)| (if alone { 1 } else { *speaker }, text.as_str()))
            .collect();
        let call = spoken(&turns);
        let heard = context(&net(0.01), &call);
        for turn in 0..turns.len() {
            prop_assert!(heard.of("family", turn).unwrap()[0].is_finite());
        }
        prop_assert_eq!(heard.of("family", turns.len()), None);
    }
}
