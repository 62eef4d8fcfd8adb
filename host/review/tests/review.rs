//! Rubrics and verdicts through the public door.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rehearsal_review::{Agreement, Gate, Reason, Rubric, RubricError, Verdict, read_verdicts};
use rehearsal_statistics::Bootstrap;

const RUBRIC: &str = r#"
name = "nepq-v3"

[[check]]
id = "asked_consequence"
question = "Does the seller ask what happens if nothing changes?"

[[check]]
id = "did_not_argue"
question = "Does the seller take objections without arguing?"
blocker = true
"#;

fn rubric() -> Rubric {
    Rubric::parse(RUBRIC).unwrap()
}

fn quick() -> Bootstrap {
    Bootstrap { resamples: 300, seed: 7 }
}

fn verdict(item: &str, rater: &str, answers: [bool; 2]) -> Verdict {
    let checks = ["asked_consequence", "did_not_argue"].map(str::to_owned);
    let line = serde_json::json!({
        "item_id": item,
        "rubric": "nepq-v3",
        "rater": rater,
        "checks": checks.into_iter().zip(answers).collect::<BTreeMap<_, _>>(),
    });
    serde_json::from_value(line).unwrap()
}

/// Truth on item `n`: varied, and not the same for the two checks.
fn truth(n: usize) -> [bool; 2] {
    [n.is_multiple_of(2), !n.is_multiple_of(3)]
}

/// Two experts who agree, and a model that errs on every `errs_every`th item.
fn verdicts(items: usize, errs_every: usize) -> Vec<Verdict> {
    let mut all = Vec::new();
    for n in 0..items {
        let item = format!("call{n}#t0-9");
        all.push(verdict(&item, "e01", truth(n)));
        all.push(verdict(&item, "e02", truth(n)));
        let mut said = truth(n);
        if n % errs_every == errs_every - 1 {
            said[0] = !said[0];
        }
        all.push(verdict(&item, "model:coach@1", said));
    }
    all
}

#[test]
fn the_published_line_of_a_verdict_is_read() {
    let rubric = rubric();
    let line = format!(
        r#"{{"item_id":"call1#t12-18","rubric":"{}","rater":"e07","blind":true,"checks":{{"asked_consequence":true,"did_not_argue":false}},"score":4,"spans":[{{"check":"asked_consequence","turn":14}}],"na":[],"seconds":210,"note":""}}"#,
        rubric.reference()
    );
    let (verdicts, errors) = read_verdicts(&line, &rubric);
    assert_eq!(errors, []);
    assert_eq!((verdicts[0].call(), verdicts[0].spans[0].turn), ("call1", 14));
}

#[test]
fn a_line_that_cannot_be_used_is_told_and_costs_no_other() {
    let good = serde_json::to_string(&verdict("a#1", "e01", [true, true])).unwrap();
    let other = good.replace("nepq-v3", "nepq-v2");
    let unknown = good.replace("did_not_argue", "was_nice");
    let high = good.replace("\"score\":null", "\"score\":9");
    let text = format!("{good}\nnot json\n{other}\n\n{unknown}\n{high}\n");
    let (verdicts, errors) = read_verdicts(&text, &rubric());
    assert_eq!(verdicts.len(), 1);
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 3, 5, 6]);
    assert!(
        errors[1]
            .to_string()
            .starts_with("line 3: it answers the rubric `nepq-v2`, not `nepq-v3@sha256:")
    );
    assert_eq!(errors[2].problem, "the rubric has no check `was_nice`");
    assert_eq!(errors[3].problem, "`score` is 9; it is 1 to 5");
}

#[test]
fn a_later_verdict_of_a_rater_replaces_the_former() {
    let lines: Vec<String> = [[true, true], [false, true]]
        .map(|answers| serde_json::to_string(&verdict("a#1", "e01", answers)).unwrap())
        .into();
    let (verdicts, _) = read_verdicts(&lines.join("\n"), &rubric());
    assert_eq!((verdicts.len(), verdicts[0].checks["asked_consequence"]), (1, false));
}

#[test]
fn the_score_follows_from_the_checks_and_a_blocker_caps_it() {
    let score = |first, second| {
        let answers = [("asked_consequence", first), ("did_not_argue", second)];
        rubric().score(&answers.map(|(check, passed)| (check.to_owned(), passed)).into())
    };
    assert_eq!(
        (score(true, true), score(false, true), score(true, false)),
        (Some(5), Some(3), Some(2))
    );
    assert_eq!(rubric().score(&BTreeMap::new()), None);
}

#[test]
fn a_model_as_good_as_experts_passes_the_gate_and_a_worse_one_does_not() {
    let agreement = |errs_every| {
        let verdicts = verdicts(60, errs_every);
        Agreement::of(&rubric(), &verdicts, Some("model:coach@1"), quick())
    };
    let perfect = agreement(1_000);
    assert_eq!((perfect.calls, perfect.items, perfect.experts.len()), (60, 60, 2));
    assert_eq!(perfect.overall.difference.unwrap().estimate, 0.0);
    assert_eq!(perfect.gate(Gate::default()), []);
    let worse = agreement(3);
    let kappa = worse.checks[0].kappa.model.unwrap();
    assert!(kappa.estimate < 0.5 && kappa.low < kappa.estimate, "{kappa:?}");
    let reasons = worse.gate(Gate::default());
    assert!(matches!(reasons[..], [Reason::Behind { .. }]), "{reasons:?}");
    assert!(reasons[0].to_string().contains("behind experts"), "{}", reasons[0]);
}

#[test]
fn a_missed_blocker_a_weak_slice_and_a_vague_check_are_each_told() {
    let mut all = verdicts(60, 1_000);
    // The model misses that the seller argued in item 3, and is wrong on all of `demo`.
    for verdict in &mut all {
        let n: usize = verdict.call().trim_start_matches("call").parse().unwrap();
        let kind = if n.is_multiple_of(5) { "demo" } else { "discovery" };
        verdict.slices.insert("call_type".to_owned(), kind.to_owned());
        if verdict.is_model() && n == 3 {
            verdict.checks.insert("did_not_argue".to_owned(), true);
        }
        if verdict.is_model() && kind == "demo" {
            let said = verdict.checks["asked_consequence"];
            verdict.checks.insert("asked_consequence".to_owned(), !said);
        }
        // The second expert reads the first check otherwise.
        if verdict.rater == "e02" && n % 2 == 1 {
            verdict.checks.insert("asked_consequence".to_owned(), true);
        }
    }
    let agreement = Agreement::of(&rubric(), &all, Some("model:coach@1"), quick());
    assert_eq!(agreement.missed_blockers, ["call3#t0-9"]);
    let told: Vec<String> =
        agreement.gate(Gate::default()).iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("experts disagree on asked_consequence ("), "{told:?}");
    assert!(told.iter().any(|reason| reason.contains("`call_type: demo`")), "{told:?}");
    assert_eq!(told.last().unwrap(), "it misses a blocker on call3#t0-9");
}

#[test]
fn without_a_second_expert_or_a_model_nothing_is_claimed() {
    let alone: Vec<Verdict> = (0..9).map(|n| verdict(&format!("c{n}"), "e01", truth(n))).collect();
    let agreement = Agreement::of(&rubric(), &alone, None, quick());
    assert_eq!(agreement.overall.experts, None);
    assert_eq!(agreement.checks[0].failure_f1, None);
    assert_eq!(agreement.gate(Gate::default()), [Reason::TooFew]);
}

#[test]
fn a_rubric_that_cannot_be_used_says_why() {
    let twice = format!("{RUBRIC}\n[[check]]\nid = \"did_not_argue\"\nquestion = \"?\"\n");
    assert!(
        matches!(Rubric::parse(&twice), Err(RubricError::Twice(check)) if check == "did_not_argue")
    );
    assert!(matches!(Rubric::parse("name = \"x\""), Err(RubricError::Empty)));
    let unknown = RUBRIC.replace("blocker", "bloker");
    assert!(Rubric::parse(&unknown).unwrap_err().to_string().contains("bloker"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(text in "\\PC{0,200}", cut in 0_usize..400) {
        let good = serde_json::to_string(&verdict("a#1", "e01", [true, true])).unwrap();
        let cut = (0..=cut.min(good.len())).rev().find(|at| good.is_char_boundary(*at)).unwrap();
        let lines = format!("{}\n{text}\n{good}", &good[..cut]);
        let (verdicts, _) = read_verdicts(&lines, &rubric());
        prop_assert!(verdicts.iter().any(|verdict| verdict.rater == "e01"));
        let _ = Rubric::parse(&text);
    }
}
