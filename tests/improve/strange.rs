//! The loop on labels that no plugin and no cue knows: somebody else's set, spoken of by
//! experts alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rehearsal_tests::Project;
use serde_json::{Value, json};

use crate::{PIPELINE, RUBRIC};

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
    for number in 0..60 {
        let said = strange_call(number).map(|(_, said)| {
            format!("Rep: Well, {said}, number {number}.\nCustomer: I never saw it like that.\n")
        });
        project.write(&format!("texts/{number:02}.txt"), said.concat());
    }
    let _ = project.run(&["run"]).expect(0);
    let list = project.run(&["show", "--json"]).expect(0).json();
    let text = |call: &Value, key: &str| call[key].as_str().expect("text").to_owned();
    let calls = list.as_array().expect("calls").iter();
    let ids: BTreeMap<String, String> =
        calls.map(|call| (text(call, "id"), text(call, "entry"))).collect();
    let verdicts = |calls: &BTreeSet<String>| {
        let mut lines = String::new();
        for id in calls {
            let number = ids[id][..2].parse().expect("a number");
            let labels: Vec<Value> = strange_call(number)
                .iter()
                .enumerate()
                .map(|(at, (label, _))| {
                    json!({ "turn": at * 2, "name": "strategy", "label": label })
                })
                .collect();
            let verdict = json!({
                "item_id": id, "rubric": "nepq-v3", "rater": "e1", "blind": true,
                "checks": {}, "labels": labels,
            });
            lines.push_str(&format!("{verdict}\n"));
        }
        project.write("filled.jsonl", lines);
        let _ = project.run(&["review", "take", "filled.jsonl"]).expect(0);
    };
    let batch = || -> BTreeSet<String> {
        let next = project.run(&["review", "next", "--batch", "6", "--json"]).expect(0).json();
        let items = next["batch"]["items"].as_array().expect("items").iter();
        items.map(|item| text(item, "item_id")).collect()
    };
    let improve = || project.run(&["improve", "--json"]).expect(0).json()["rounds"][0].clone();

    let alone = project.run(&["train"]);
    assert_eq!(alone.code, Some(1), "{alone:?}");
    assert!(
        alone.err.contains("no row of the task `strategy` and no expert's label"),
        "{}",
        alone.err
    );

    // Calls that no batch can have are the test split's: experts judge them for the verdict.
    let first = batch();
    verdicts(&first);
    let one = improve();
    assert_eq!((one["promoted"].clone(), one["challenger"].clone()), (json!(true), json!(1)));
    let journal = fs::read_to_string(project.path().join(".rehearsal/models/journal.jsonl"));
    let frozen: BTreeSet<String> = journal
        .expect("a journal")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter_map(|line| line["frozen"]["calls"].as_array().cloned())
        .flatten()
        .map(|call| call.as_str().expect("an id").to_owned())
        .collect();
    assert!(frozen.len() > 8 && frozen.is_disjoint(&first), "{}", frozen.len());
    verdicts(&frozen);
    for _ in 0..2 {
        let more = batch();
        assert!(more.is_disjoint(&frozen), "{more:?}");
        verdicts(&more);
    }
    let two = improve();
    assert!(two["difference"]["low"].as_f64().expect("compared") > 0.0, "{two}");
    assert_eq!(two["promoted"], true, "{two}");
    // What was judged for the verdict is not among what was learned from.
    assert_eq!(two["lessons"]["expert"], 3 * 6 * 4, "{two}");
}
