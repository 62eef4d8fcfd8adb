//! The loop on labels that no plugin and no cue knows: somebody else's set, spoken of by
//! experts alone.

use std::collections::BTreeMap;

use rehearsal_tests::Project;
use serde_json::json;

use crate::{Corpus, PIPELINE, RUBRIC};

/// Turns after which these experts would slip.
const NEVER: usize = 1_000;

/// Strategies of somebody else's label set, with what is said where they are used. No word
/// of these is a phrase of ours.
const STRATEGIES: [(&str, [&str; 8]); 4] = [
    (
        "restatement",
        [
            "so the nights are the worst of it",
            "what i hear is a long winter",
            "in other words nobody rang back",
            "you mean the whole street knew",
            "so she left before the harvest",
            "that is to say the money was gone",
            "put differently the door stays shut",
            "so it was never about the car",
        ],
    ),
    (
        "self_disclosure",
        [
            "my own brother went the same way",
            "i lost a garden once too",
            "years ago i slept in a van myself",
            "i have cried at that desk",
            "me and my mother never spoke either",
            "i was let go twice in one spring",
            "at your age i had no letters at all",
            "i failed that exam three times",
        ],
    ),
    (
        "reassurance",
        [
            "you carried it well",
            "it will be lighter by morning",
            "nobody could have done more",
            "you are stronger than that letter",
            "this passes like weather",
            "there is nothing wrong with you",
            "you did right by him",
            "tomorrow is a kinder day",
        ],
    ),
    (
        "suggestion",
        [
            "try a walk before the shop opens",
            "ring her on sunday",
            "write it down and burn it",
            "leave the phone in the kitchen",
            "ask the neighbour for the ladder",
            "sleep on it twice",
            "eat something warm first",
            "sell the boat and keep the oars",
        ],
    ),
];

/// Of a call, the strategy and the words of each of four turns.
fn strange_call(number: usize) -> [(&'static str, &'static str); 4] {
    let mut state = number as u64 * 0x9e37_79b9 + 11;
    [0, 1, 2, 3].map(|_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (name, lines) = STRATEGIES[(state >> 33) as usize % STRATEGIES.len()];
        (name, lines[(state >> 45) as usize % lines.len()])
    })
}

#[test]
fn labels_that_only_experts_know_are_learned_from_their_verdicts_alone() {
    let pipeline = PIPELINE.replace("id = \"nepq\"\nkind", "id = \"strategy\"\nkind");
    let pipeline = pipeline.replace("task = \"nepq_type\"", "task = \"strategy\"\ngate = false");
    let project = Project::new(&pipeline);
    project.write("rubric.toml", RUBRIC);
    let mut truth = BTreeMap::new();
    for number in 0..60 {
        let call = strange_call(number);
        let said = call.map(|(_, said)| {
            format!("Rep: Well, {said}, number {number}.\nCustomer: I never saw it like that.\n")
        });
        project.write(&format!("texts/{number:02}.txt"), said.concat());
        let labels =
            call.iter().enumerate().map(|(at, (label, _))| (at * 2, Some((*label).to_owned())));
        truth.insert(format!("{number:02}.txt"), labels.collect());
    }
    let corpus = Corpus::of(project, "strategy", truth);

    let alone = corpus.project.run(&["train"]);
    assert_eq!(alone.code, Some(1), "{alone:?}");
    assert!(
        alone.err.contains("no row of the task `strategy` and no expert's label"),
        "{}",
        alone.err
    );

    // Calls that no batch can have are the test split's: experts judge them for the verdict.
    let first = corpus.batch("6");
    corpus.verdicts(&first, &["e1"], NEVER);
    let one = corpus.improve();
    assert_eq!((one["promoted"].clone(), one["challenger"].clone()), (json!(true), json!(1)));
    let frozen = corpus.frozen();
    assert!(frozen.len() > 8 && frozen.is_disjoint(&first), "{}", frozen.len());
    corpus.verdicts(&frozen, &["e1"], NEVER);
    for _ in 0..2 {
        let more = corpus.batch("6");
        assert!(more.is_disjoint(&frozen), "{more:?}");
        corpus.verdicts(&more, &["e1"], NEVER);
    }
    let two = corpus.improve();
    assert!(two["difference"]["low"].as_f64().expect("compared") > 0.0, "{two}");
    assert_eq!(two["promoted"], true, "{two}");
    // What was judged for the verdict is not among what was learned from.
    assert_eq!(two["lessons"]["expert"], 3 * 6 * 4, "{two}");
}
