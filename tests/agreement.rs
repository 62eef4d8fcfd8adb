//! `rehearsal agreement` as a sales enablement lead would use it.

use rehearsal_tests::Project;
use serde_json::json;

const RUBRIC: &str = "name = \"nepq-v3\"\n\n[[check]]\nid = \"asked_consequence\"\n\
    question = \"Does the seller ask what happens if nothing changes?\"\n";

/// Verdicts of two experts who agree, and of a model that is wrong on `wrong` items.
fn verdicts(items: usize, wrong: usize) -> String {
    let mut lines = String::new();
    for n in 0..items {
        let truth = n % 2 == 0;
        let said = [("e01", truth), ("e02", truth), ("model:coach@1", truth == (n >= wrong))];
        for (rater, passed) in said {
            let line = json!({
                "item_id": format!("call{n}#t0-9"),
                "rubric": "nepq-v3",
                "rater": rater,
                "checks": { "asked_consequence": passed },
            });
            lines.push_str(&format!("{line}\n"));
        }
    }
    lines
}

fn run(verdicts: String, arguments: &[&str], code: i32) -> rehearsal_tests::Outcome {
    let project = Project::new("");
    project.write("rubric.toml", RUBRIC);
    project.write("verdicts.jsonl", verdicts);
    let head = ["agreement", "verdicts.jsonl", "--rubric", "rubric.toml"];
    project.run(&[&head, arguments].concat()).expect(code)
}

#[test]
fn a_model_that_agrees_is_released_and_one_that_does_not_is_told_why() {
    let model = ["--model", "model:coach@1"];
    let good = run(verdicts(40, 0), &model, 0);
    assert!(good.out.contains("gate: the model may be released"), "{}", good.out);
    let bad = run(verdicts(40, 12), &model, 1);
    assert!(bad.out.contains("the model is not released"), "{}", bad.out);
    assert!(bad.out.contains("behind experts in κ"), "{}", bad.out);
    let told = run(verdicts(40, 12), &["--json", "--model", "model:coach@1"], 1).json();
    assert_eq!(told["gate"]["released"], false);
    let kappa = told["agreement"]["overall"]["model"]["estimate"].as_f64().unwrap();
    assert!((kappa - 0.4).abs() < 1e-9, "28 of 40 right, half of it by chance: {kappa}");
}

#[test]
fn a_broken_line_is_told_and_the_others_count() {
    let outcome = run(format!("{}not json\n", verdicts(10, 0)), &[], 3);
    assert!(outcome.err.contains("verdicts.jsonl: line 31: "), "{}", outcome.err);
    assert!(outcome.out.contains("10 items of 10 calls, 2 experts"), "{}", outcome.out);
}

#[test]
fn a_model_nobody_heard_of_is_wrong_usage() {
    let err = run(verdicts(4, 0), &["--model", "coach"], 2).err;
    assert!(err.contains("no verdict is of the rater `coach`"), "{err}");
}
