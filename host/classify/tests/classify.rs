//! Classifiers through the public door.

use rehearsal_classify::{
    Classifier, ClassifyError, Example, Input, Judged, Measures, Settings, compare, out_of_sample,
    suspicious,
};
use rehearsal_statistics::Bootstrap;

const OPENERS: [&[&str]; 3] = [
    &["what happens if nothing changes", "suppose it stays like this", "where does that end"],
    &["how are you handling that today", "which tool do you use now", "who looks after it"],
    &["shall we put a time in the diary", "can i send you the papers", "are you ready to start"],
];
const FILLING: [&str; 6] =
    ["with the invoices", "in the clinic", "for the vans", "on the roof", "at the bakery", "there"];

fn classes() -> Vec<String> {
    ["consequence", "situation", "commitment"].map(str::to_owned).to_vec()
}

fn example(number: usize) -> Example {
    let label = number % 3;
    let opener = OPENERS[label][number / 3 % 3];
    let text = format!("[PROSPECT] well, you know\n[SELLER] {opener} {}?", FILLING[number % 6]);
    Example {
        input: Input { text, ..Input::default() },
        labels: vec![label],
        weight: 1.0,
        call: format!("call{}", number % 20),
    }
}

fn judged(classifier: &Classifier, examples: &[Example]) -> Vec<Judged> {
    let judge = |example: &Example| Judged {
        call: example.call.clone(),
        truth: example.labels.clone(),
        probabilities: classifier.probabilities(&example.input),
    };
    examples.iter().map(judge).collect()
}

#[test]
fn it_learns_tells_apart_and_survives_its_file() {
    let examples: Vec<Example> = (0..240).map(example).collect();
    let classifier =
        Classifier::train(&classes(), &examples, &[], Settings::default()).expect("it learns");
    let bytes = classifier.to_bytes().expect("bytes");
    assert_eq!(Classifier::from_bytes(&bytes).expect("a classifier"), classifier);
    let again = Classifier::train(&classes(), &examples, &[], Settings::default()).expect("again");
    assert_eq!(again.to_bytes().expect("bytes"), bytes, "the same examples, the same bytes");
    let input = Input { text: "[SELLER] which tool do you use there?".into(), ..Input::default() };
    let said = classifier.probabilities(&input);
    assert!(said[1] > 0.8 && (said.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{said:?}");
    assert!(matches!(Classifier::from_bytes(b"no"), Err(ClassifyError::Bytes(_))));
    let measures =
        Measures::of(&classes(), &judged(&classifier, &examples), true, Bootstrap::default());
    assert!(measures.macro_f1.expect("it is defined").0 > 0.99, "{measures:?}");
    assert_eq!((measures.examples, measures.calls), (240, 20));
}

#[test]
fn a_weight_decides_between_labels_that_contradict() {
    let mut examples: Vec<Example> = (0..120).map(example).collect();
    let wrong = examples.iter().map(|right| Example {
        labels: vec![(right.labels[0] + 1) % 3],
        weight: 0.1,
        ..right.clone()
    });
    let wrong: Vec<Example> = wrong.collect();
    examples.extend(wrong);
    let classifier =
        Classifier::train(&classes(), &examples, &[], Settings::default()).expect("it learns");
    let found = judged(&classifier, &examples[..120]);
    let macro_f1 = rehearsal_classify::macro_f1(&found, 3, true).expect("defined");
    assert!(macro_f1 > 0.99, "{macro_f1}");
}

#[test]
fn labels_that_were_turned_are_found() {
    let mut examples: Vec<Example> = (0..240).map(example).collect();
    let turned = [7, 50, 101, 133, 210];
    for at in turned {
        examples[at].labels = vec![(examples[at].labels[0] + 1) % 3];
    }
    let found = out_of_sample(&classes(), &examples, Settings::default()).expect("probabilities");
    assert!(found.iter().all(Option::is_some));
    let labels: Vec<Vec<usize>> = examples.iter().map(|one| one.labels.clone()).collect();
    let suspicions = suspicious(&found, &labels, true);
    // Those whose probability is at least the mean of their class: most, not all.
    let found: Vec<usize> = suspicions.iter().map(|one| one.example).collect();
    assert!(found.len() >= 3 && found.iter().all(|at| turned.contains(at)), "{suspicions:?}");
    for one in &suspicions {
        assert_eq!(one.instead, Some(one.example % 3), "what it was before");
    }
}

#[test]
fn any_number_of_classes_can_hold_at_once() {
    let settings = Settings { exclusive: false, ..Settings::default() };
    let examples: Vec<Example> = (0..240)
        .map(|number| {
            let (one, other) = (number % 3, number / 3 % 3);
            let text = format!("[SELLER] {}. {}?", OPENERS[one][0], OPENERS[other][1]);
            let mut labels = vec![one, other];
            labels.sort_unstable();
            labels.dedup();
            let input = Input { text, ..Input::default() };
            Example { input, labels, weight: 1.0, call: format!("call{}", number % 20) }
        })
        .collect();
    let classifier = Classifier::train(&classes(), &examples, &[], settings).expect("it learns");
    let measures =
        Measures::of(&classes(), &judged(&classifier, &examples), false, Bootstrap::default());
    assert!(measures.macro_f1.expect("defined").0 > 0.95, "{measures:?}");
}

#[test]
fn a_better_challenger_is_better_in_the_interval_and_an_equal_one_is_not() {
    let examples: Vec<Example> = (0..240).map(example).collect();
    let say = |right: &dyn Fn(usize) -> bool| -> Vec<Judged> {
        let one = |(at, example): (usize, &Example)| {
            let class = (example.labels[0] + usize::from(!right(at))) % 3;
            let mut probabilities = vec![0.1; 3];
            probabilities[class] = 0.8;
            Judged { call: example.call.clone(), truth: example.labels.clone(), probabilities }
        };
        examples.iter().enumerate().map(one).collect()
    };
    let (poor, good) = (say(&|at| at % 5 > 1), say(&|at| at % 7 > 0));
    let bootstrap = Bootstrap::default();
    let better = compare(&poor, &good, 3, true, bootstrap).expect("defined");
    assert!(better.low > 0.0 && better.estimate > 0.2, "{better:?}");
    let equal = compare(&good, &good, 3, true, bootstrap).expect("defined");
    assert_eq!((equal.low, equal.high), (0.0, 0.0));
}

#[test]
fn facts_alone_can_be_learned() {
    let examples: Vec<Example> = (0..60)
        .map(|number| Example {
            input: Input {
                text: "[SELLER] yes".into(),
                facts: vec![(format!("objection={}", number % 2), 1.0)],
                vector: Vec::new(),
            },
            labels: vec![number % 2],
            weight: 1.0,
            call: format!("call{}", number % 7),
        })
        .collect();
    let classes = classes()[..2].to_vec();
    let classifier =
        Classifier::train(&classes, &examples, &[], Settings::default()).expect("it learns");
    assert!(classifier.probabilities(&examples[1].input)[1] > 0.8);
}

#[test]
fn one_class_is_nothing_to_tell_apart() {
    let examples: Vec<Example> = (0..30).map(|number| example(number * 3)).collect();
    let error = Classifier::train(&classes(), &examples, &[], Settings::default()).unwrap_err();
    assert_eq!(error, ClassifyError::TooFew { examples: 30, classes: 1 });
}
