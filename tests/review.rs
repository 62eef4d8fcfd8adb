//! Experts' verdicts as a sales enablement lead and an expert meet them.

use std::fs;

use rehearsal_tests::{Project, TEXTS, TO_ROLEPLAY, varied_call};
use serde_json::{Value, json};

const RUBRIC: &str = "name = \"nepq-v3\"\n\n[[check]]\nid = \"asked_consequence\"\n\
    question = \"Does the seller ask what happens if nothing changes?\"\n\n[[check]]\n\
    id = \"did_not_argue\"\nquestion = \"Does the seller take objections without arguing?\"\n\
    blocker = true\n";

fn project(calls: usize) -> Project {
    let review = "[review]\nrubric = \"rubric.toml\"\n";
    let project =
        Project::new(&format!("[pipeline]\nname = \"review\"\n{review}{TEXTS}{TO_ROLEPLAY}"));
    project.write("rubric.toml", RUBRIC);
    for number in 0..calls {
        project.write(&format!("texts/{number:02}.txt"), varied_call(number, 16));
    }
    let _ = project.run(&["run"]).expect(0);
    project
}

fn calls(project: &Project) -> Vec<String> {
    let list = project.run(&["show", "--json"]).expect(0).json();
    let id = |call: &Value| call["id"].as_str().expect("an id").to_owned();
    list.as_array().expect("calls").iter().map(id).collect()
}

fn line(call: &str, rater: &str, passed: bool) -> String {
    let verdict = json!({
        "item_id": call, "rubric": "nepq-v3", "rater": rater, "blind": true,
        "checks": { "asked_consequence": passed, "did_not_argue": null },
    });
    format!("{verdict}\n")
}

#[test]
fn verdicts_are_taken_in_and_outlive_the_repository_and_the_journal() {
    let project = project(6);
    let calls = calls(&project);
    let mut text: String =
        calls.iter().flat_map(|call| ["e1", "e2"].map(|rater| line(call, rater, true))).collect();
    text.push_str(&line("x", "e1", true).replace("asked_consequence", "asked_nothing"));
    project.write("filled.jsonl", text);
    let take = ["review", "take", "filled.jsonl"];
    let taken = project.run(&take).expect(3);
    assert!(taken.out.starts_with("12 verdicts taken in, 0 known"), "{}", taken.out);
    assert!(
        taken.err.contains("filled.jsonl: line 13: the rubric has no check `asked_nothing`"),
        "{}",
        taken.err
    );
    assert!(project.run(&take).expect(3).out.starts_with("0 verdicts taken in, 12 known"));
    let agreement = ["agreement"];
    let told = project.run(&agreement).expect(0).out;
    assert!(told.starts_with("6 items of 6 calls, 2 experts"), "{told}");

    // A lost repository, whole workspace included.
    fs::remove_dir_all(project.path().join(".rehearsal")).expect("it goes");
    let _ = project.run(&["run"]).expect(0);
    assert_eq!(project.run(&agreement).expect(0).out, told);
    // A lost journal.
    let journal = project.path().join("verdicts.jsonl");
    let kept = fs::read_to_string(&journal).expect("a journal");
    fs::remove_file(&journal).expect("it goes");
    assert_eq!(project.run(&agreement).expect(0).out, told);
    let mut lines = [kept, fs::read_to_string(&journal).expect("it is back")].map(|text| {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    });
    let [before, after] = &mut lines;
    assert_eq!(before, after);

    // What is forgotten goes from both, and an old copy of the journal brings nothing back.
    let copy = fs::read(&journal).expect("a journal");
    let forget = ["forget", "--call", &calls[0]];
    let forgotten = project.run(&forget).expect(0).out;
    assert!(forgotten.contains("2 verdicts of experts erased"), "{forgotten}");
    fs::write(&journal, copy).expect("written");
    let told = project.run(&agreement).expect(0).out;
    assert!(told.starts_with("5 items of 5 calls"), "{told}");
    assert!(!fs::read_to_string(&journal).expect("text").contains(&calls[0]));
}

/// Calls of two kinds, divided, so that some are frozen for tests.
fn divided(calls: usize) -> Project {
    let review = "[review]\nrubric = \"rubric.toml\"\n";
    let stages = TO_ROLEPLAY.replace(
        "split = { train = 0.8, validation = 0.1, test = 0.1 }",
        "split = { train = 0.6, validation = 0.0, test = 0.4 }",
    );
    let project = Project::new(&format!("[pipeline]\nname = \"review\"\n{review}{TEXTS}{stages}"));
    project.write("rubric.toml", RUBRIC);
    for number in 0..calls {
        project.write(&format!("texts/{number:02}.txt"), varied_call(number, 8));
    }
    let _ = project.run(&["run"]).expect(0);
    project
}

/// Calls with rows in the test split.
fn test_calls(project: &Project) -> Vec<String> {
    let folder = project.path().join(".rehearsal/datasets/roleplay");
    let mut calls = Vec::new();
    for file in project.manifest("roleplay")["files"].as_array().expect("files") {
        let path = file["path"].as_str().expect("a path");
        if path.starts_with("jsonl/") && path.split('/').nth(3) == Some("test") {
            let text = fs::read_to_string(folder.join(path)).expect("rows");
            calls.extend(text.lines().map(|row| {
                let row: Value = serde_json::from_str(row).expect("JSON");
                row["conversation"].as_str().expect("a call").to_owned()
            }));
        }
    }
    calls.sort();
    calls.dedup();
    calls
}

#[test]
fn the_next_batch_is_picked_outside_of_tests_filled_and_taken_in() {
    let project = divided(30);
    let next = ["review", "next", "--batch", "8", "--json"];
    let picked = project.run(&next).expect(0).json();
    let items = picked["batch"]["items"].as_array().expect("items");
    assert_eq!(items.len(), 8);
    let ids: Vec<&str> = items.iter().map(|item| item["item_id"].as_str().expect("id")).collect();
    let frozen = test_calls(&project);
    assert!(frozen.len() > 5, "{frozen:?}");
    assert!(ids.iter().all(|id| !frozen.iter().any(|test| test == id)));
    let folder = project.path().join(".rehearsal/review/batch-001");
    let text = fs::read_to_string(folder.join(format!("calls/{}.md", ids[0]))).expect("a text");
    assert!(text.contains("**0** seller: ") && text.contains("That was point 1 of"), "{text}");

    // An open file is no verdict; a filled one is.
    let open = fs::read_to_string(folder.join("verdicts.jsonl")).expect("lines to fill");
    project.write("open.jsonl", &open);
    let taken = project.run(&["review", "take", "open.jsonl"]).expect(0).out;
    assert!(taken.contains("8 lines not filled in yet"), "{taken}");
    let filled = open
        .replace("\"asked_consequence\":null", "\"asked_consequence\":true")
        .replace("\"rater\":\"\"", "\"rater\":\"e07\"");
    project.write("filled.jsonl", filled);
    let taken = project.run(&["review", "take", "filled.jsonl"]).expect(0).out;
    assert!(taken.starts_with("8 verdicts taken in"), "{taken}");
    let told = project.run(&["agreement"]).expect(0).out;
    assert!(
        told.starts_with("8 items of 8 calls, 1 experts") && told.contains("source: texts"),
        "{told}"
    );

    // The next one has none of these; a lost folder of batches picks the same again.
    let second = project.run(&next).expect(0).json();
    assert_eq!(second["batch"]["number"], 2);
    let again = second["batch"]["items"].as_array().expect("items").clone();
    assert!(again.iter().all(|item| !ids.contains(&item["item_id"].as_str().expect("id"))));
    fs::remove_dir_all(project.path().join(".rehearsal/review/batch-002")).expect("it goes");
    assert_eq!(project.run(&next).expect(0).json()["batch"]["items"], json!(again));
    // What is forgotten leaves the batches.
    let _ = project.run(&["forget", "--call", ids[0]]).expect(0);
    assert!(!folder.join(format!("calls/{}.md", ids[0])).exists());
}

#[test]
fn a_validator_in_the_sandbox_concludes_what_the_command_says() {
    let project = project(8);
    let validator = "\n[[validator]]\nid = \"experts\"\nplugin = \"expert-agreement\"\n\
        config = { model = \"model:coach@1\", blockers = [\"did_not_argue\"] }\n";
    let pipeline = fs::read_to_string(project.path().join("pipeline.toml")).expect("a pipeline");
    project.write("pipeline.toml", pipeline + validator);
    let calls = calls(&project);
    let mut text = String::new();
    for (at, call) in calls.iter().enumerate() {
        let truth = at % 2 == 0;
        for (rater, passed) in [("e1", truth), ("e2", truth), ("model:coach@1", truth == (at != 3))]
        {
            text.push_str(&line(call, rater, passed));
        }
    }
    project.write("filled.jsonl", text);
    let _ = project.run(&["review", "take", "filled.jsonl"]).expect(0);
    let _ = project.run(&["run"]).expect(0);
    let report = |project: &Project| -> Value {
        let status = project.run(&["status", "--json"]).expect(0).json();
        let reports = status["reports"].as_array().expect("reports");
        let own = reports.iter().find(|report| report[0] == "experts").expect("a report");
        serde_json::from_str(own[1]["details"].as_str().expect("details")).expect("JSON")
    };
    let concluded = report(&project);
    let told = ["agreement", "--json", "--model", "model:coach@1"];
    let told = project.run(&told).json()["agreement"].clone();
    for bound in ["estimate", "low", "high"] {
        for who in ["experts", "model", "difference"] {
            let number = |of: &Value| of["overall"][who][bound].as_f64().expect("a number");
            assert!((number(&concluded) - number(&told)).abs() < 1e-9, "{concluded}\n{told}");
        }
    }
    let _ = project.run(&["report", "--out", "report.html"]).expect(0);
    let page = fs::read_to_string(project.path().join("report.html")).expect("a page");
    assert!(page.contains("8 calls judged by 2 experts (e1, e2)"), "{page}");
    assert!(page.contains("model:coach@1 with experts"), "{page}");
    assert!(page.contains("Gate: model:coach@1 is not released"), "{page}");
    // A second run has nothing to do; one more verdict is work for its own call only.
    let run = |project: &Project| project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(run(&project)["summary"]["calls_unchanged"], 8);
    project.write("more.jsonl", line(&calls[3], "e3", false));
    let _ = project.run(&["review", "take", "more.jsonl"]).expect(0);
    assert_eq!(run(&project)["summary"]["calls_unchanged"], 7);
    assert_eq!(report(&project)["experts"], json!(["e1", "e2", "e3"]));
}
