//! Every check through the public door, and the laws of merging.

use example_quality::{Config, ExampleQuality, Tally};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types;

fn message(role: Speaker, content: &str, train: bool) -> Message {
    Message { role, content: content.to_owned(), train, turns: Vec::new() }
}

fn chat(messages: Vec<Message>) -> Subject {
    Subject::Example(Example {
        key: "dialogue.0".to_owned(),
        family: "dialogue".to_owned(),
        body: types::Body::Chat(Chat { messages }),
        turns: vec![0, 1],
        because: Vec::new(),
        tags: Vec::new(),
    })
}

fn good() -> Vec<Message> {
    vec![
        message(Speaker::System, "You are Bo.", false),
        message(Speaker::User, "How are you handling intake today?", false),
        message(Speaker::Assistant, "Um, honestly, spreadsheets.", true),
    ]
}

fn verdict(messages: Vec<Message>) -> Verdict {
    let validator = ExampleQuality::new(Config::default()).unwrap();
    validator.inspect(&[chat(messages)]).unwrap().verdicts.remove(0)
}

fn with(index: usize, change: impl FnOnce(&mut Message)) -> Vec<Message> {
    let mut messages = good();
    change(&mut messages[index]);
    messages
}

#[test]
fn a_good_chat_passes() {
    assert_eq!(verdict(good()), Verdict::Accept);
}

#[test]
fn every_check_rejects_what_it_is_for() {
    let says = |text: &str| with(2, |message| message.content = text.to_owned());
    let cases = [
        ("empty_message", says(" ")),
        ("too_short", good()[..2].to_vec()),
        ("too_short", says("Yes.")),
        ("too_long", says(&"word ".repeat(7_000))),
        ("no_trained_message", with(2, |message| message.train = false)),
        ("alternation", with(2, |message| message.role = Speaker::User)),
        ("alternation", vec![good().remove(2), good().remove(1)]),
        ("role_confusion", with(1, |message| message.train = true)),
        ("unfilled_template", says("Hello, I am {{name}} from here")),
        ("unfilled_template", says("Hello, I am [Your Name] from here")),
        ("redaction_mark", says("Call me at [PHONE_2], will you?")),
        ("redaction_mark", says("Ask <PERSON> about that thing")),
        ("repetition", says(&"I said no to that. ".repeat(9))),
        ("noise", says("*** ### --- ... ???  a b c !!! %%%")),
    ];
    for (check, messages) in cases {
        match verdict(messages) {
            Verdict::Reject(finding) => assert_eq!(finding.check, check, "{}", finding.reason),
            other => panic!("{check}: {other:?}"),
        }
    }
}

#[test]
fn the_sides_of_a_labelled_excerpt_are_no_places_left_open() {
    let text = "[PROSPECT] It is broken.\n[SELLER] Broken how, if I may ask?".to_owned();
    let (label, task) = ("clarify_probe".to_owned(), "nepq_type".to_owned());
    let example = Example {
        key: "nepq_type.1".to_owned(),
        family: "labels".to_owned(),
        body: types::Body::LabelledText(types::LabelledText { text, label, task }),
        turns: vec![0, 1],
        because: Vec::new(),
        tags: Vec::new(),
    };
    let validator = ExampleQuality::new(Config::default()).unwrap();
    let verdicts = validator.inspect(&[Subject::Example(example)]).unwrap().verdicts;
    assert_eq!(verdicts, [Verdict::Accept]);
}

#[test]
fn checks_can_be_left_out_or_only_mark() {
    let inspect = |config: Config| {
        let messages = with(2, |message| message.content = "Yes.".to_owned());
        ExampleQuality::new(config).unwrap().inspect(&[chat(messages)]).unwrap().verdicts.remove(0)
    };
    let short = vec!["too_short".to_owned()];
    assert_eq!(inspect(Config { skip: short.clone(), ..Config::default() }), Verdict::Accept);
    let flagged = inspect(Config { flag_only: short, ..Config::default() });
    assert!(matches!(flagged, Verdict::Flag(finding) if finding.check == "too_short"));
    let error = ExampleQuality::new(Config { skip: vec!["short".into()], ..Config::default() });
    assert!(error.unwrap_err().message().contains("there is no check `short`"));
}

#[test]
fn the_report_counts_by_check() {
    let validator = ExampleQuality::new(Config::default()).unwrap();
    let batch = [chat(good()), chat(good()[..2].to_vec()), chat(good()[..2].to_vec())];
    let partial = validator.inspect(&batch).unwrap().partial;
    let report = validator.conclude(partial).unwrap();
    assert!(
        report.summary.starts_with("3 examples: 1 accepted, 0 flagged, 2 rejected\n  too_short: 2")
    );
    assert!(
        report
            .metrics
            .iter()
            .any(|metric| metric.name == "rejected.too_short" && metric.value == 2.0)
    );
    assert!(
        validator.conclude(Tally::default()).unwrap().metrics.iter().all(|m| m.value.is_finite())
    );
}

prop_compose! {
    fn tally()(
        counts in proptest::collection::btree_map("[a-c]", 0_u64..1_000_000, 0..3),
        lengths in proptest::collection::btree_map(0_u32..64, 0_u64..1_000_000, 0..5),
        [examples, accepted, words] in proptest::array::uniform3(any::<u64>())
    ) -> Tally {
        Tally { subjects: examples, accepted, rejected: counts.clone(), flagged: counts.clone(), kinds: counts, words, lengths }
    }
}

proptest! {
    #[test]
    fn merging_is_associative_commutative_and_has_a_neutral(a in tally(), b in tally(), c in tally()) {
        prop_assert_eq!(a.clone().plus(b.clone()).plus(c.clone()), a.clone().plus(b.clone().plus(c)));
        prop_assert_eq!(a.clone().plus(b.clone()), b.plus(a.clone()));
        prop_assert_eq!(a.clone().plus(Tally::default()), a);
    }

    #[test]
    fn one_batch_or_many_conclude_the_same(cut in 0_usize..4, texts in proptest::collection::vec("\\PC{0,30}", 3)) {
        let validator = ExampleQuality::new(Config::default()).unwrap();
        let batch: Vec<_> = texts.iter().map(|text| chat(with(2, |m| m.content = text.clone()))).collect();
        let whole = validator.inspect(&batch).unwrap();
        let (left, right) = batch.split_at(cut.min(batch.len()));
        let (left, right) = (validator.inspect(left).unwrap(), validator.inspect(right).unwrap());
        prop_assert_eq!(whole.partial, validator.merge(left.partial, right.partial));
        prop_assert_eq!(whole.verdicts, [left.verdicts, right.verdicts].concat());
    }
}
