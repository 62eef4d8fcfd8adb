//! Verdicts as the host hands them over, through the public door.

use expert_agreement::{Config, ExpertAgreement, Said};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types::Annotated;

const RUBRIC: &str = "nepq-v3@sha256:00";

fn answer(rater: &str, check: &str, passed: bool) -> Annotation {
    let tier = if rater.starts_with("model:") { Tier::Llm } else { Tier::Expert };
    let name = if passed { "pass" } else { "fail" }.to_owned();
    Annotation {
        scope: Scope::Conversation,
        name: format!("check.{check}"),
        definition: RUBRIC.to_owned(),
        value: Value::Label(Label { name, tier, confidence: 1.0 }),
        rule: rater.to_owned(),
        related_turns: vec![0],
    }
}

fn call(id: &str, annotations: Vec<Annotation>) -> Subject {
    let mut conversation =
        CallBuilder::dialogue(&[(Role::Seller, "Hi?"), (Role::Prospect, "Hi.")]).build();
    conversation.id = id.to_owned();
    Subject::Conversation(Annotated { conversation, annotations })
}

fn config() -> Config {
    Config {
        model: Some("model:coach@1".to_owned()),
        blockers: vec!["argued".to_owned()],
        resamples: 200,
        ..Config::default()
    }
}

fn inspect(subject: Subject) -> (Verdict, Said) {
    let plugin = ExpertAgreement::new(config()).unwrap();
    let mut inspection = plugin.inspect(&[subject]).unwrap();
    (inspection.verdicts.remove(0), inspection.partial)
}

/// Two experts who agree, and a model that is wrong on every fifth call.
fn partial(number: usize) -> Said {
    let truth = number.is_multiple_of(2);
    let said = vec![
        answer("e1", "asked", truth),
        answer("e2", "asked", truth),
        answer("model:coach@1", "asked", truth != number.is_multiple_of(5)),
    ];
    inspect(call(&format!("{number:032x}"), said)).1
}

#[test]
fn the_report_has_the_numbers_of_the_verdicts() {
    let plugin = ExpertAgreement::new(config()).unwrap();
    let all = (0..40).map(partial).fold(Said::default(), |all, one| plugin.merge(all, one));
    let report = plugin.conclude(all).unwrap();
    let metric = |name: &str| report.metrics.iter().find(|one| one.name == name).unwrap().value;
    assert_eq!((metric("calls"), metric("experts")), (40.0, 2.0));
    assert!((metric("kappa.experts") - 1.0).abs() < 1e-12);
    // 32 of 40 right, where half would be by chance.
    assert!((metric("kappa.model") - 0.6).abs() < 1e-12);
    assert!(report.summary.contains("the model is not released"), "{}", report.summary);
}

#[test]
fn calls_on_which_experts_differ_or_a_blocker_was_missed_are_marked() {
    let differ = vec![answer("e1", "asked", true), answer("e2", "asked", false)];
    let Verdict::Flag(finding) = inspect(call("a", differ)).0 else { panic!("not marked") };
    assert_eq!(finding.check, "experts_differ");
    let missed = vec![
        answer("e1", "argued", false),
        answer("e2", "argued", false),
        answer("model:coach@1", "argued", true),
    ];
    let Verdict::Flag(finding) = inspect(call("a", missed)).0 else { panic!("not marked") };
    assert_eq!(finding.check, "missed_blocker");
    assert_eq!(inspect(call("a", vec![answer("e1", "asked", true)])).0, Verdict::Accept);
    assert_eq!(inspect(call("a", Vec::new())).0, Verdict::Accept);
}

#[test]
fn findings_of_extractors_are_no_verdicts() {
    let mut cue = answer("cue.3", "asked", true);
    cue.value = Value::Label(Label { name: "pass".to_owned(), tier: Tier::Cue, confidence: 0.9 });
    let mut score = answer("extractor", "x", true);
    score.name = "score".to_owned();
    score.value = Value::Number(3.0);
    assert_eq!(inspect(call("a", vec![cue, score])).1, Said::default());
}

#[test]
fn nobody_has_judged_yet_is_said() {
    let plugin = ExpertAgreement::new(config()).unwrap();
    assert!(plugin.conclude(Said::default()).unwrap().summary.contains("no call was judged"));
    let wrong = Config { max_differing: 2.0, ..config() };
    assert!(ExpertAgreement::new(wrong).is_err());
}

proptest! {
    #[test]
    fn partials_merge_in_any_order(order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(), cut in 0_usize..12) {
        let plugin = ExpertAgreement::new(config()).unwrap();
        let join = |numbers: &[usize]| {
            numbers.iter().map(|n| partial(*n)).fold(Said::default(), |all, one| plugin.merge(all, one))
        };
        let straight: Vec<usize> = (0..12).collect();
        let halves = plugin.merge(join(&order[cut..]), join(&order[..cut]));
        prop_assert_eq!(halves, join(&straight));
    }
}
