//! Lines of a corpus's strong moments in the suggestions of its other calls.

use std::collections::BTreeSet;
use std::fs;

use rehearsal_tests::{Project, TEXTS, varied_call};
use serde_json::Value;

const SETTINGS: &str = r#"
[pipeline]
name = "lines"

[dataset]
split = { train = 0.7, validation = 0.1, test = 0.2 }
formats = ["jsonl"]
"#;

const STAGES: &str = r#"
[[extractor]]
id = "objections"
plugin = "objections"

# What coaches read.
[[path]]
id = "coach"
plugin = "feedback" # as it ships
config.context_turns = 1
"#;

/// The price is argued with; nobody asks about it, so the call has no line of its own.
const WEAK: &str = "Rep: Our software keeps the books of small companies for them.\n\
    Customer: That sounds like a lot of money for something we do by hand today.\n\
    Rep: With respect, everybody needs it these days, trust me.\n\
    Customer: I will think it over and talk to my partner about all of that.\n";

/// A project with the weak call.
fn weak() -> Project {
    let project = Project::new(&pipeline());
    project.write("texts/weak.txt", WEAK);
    project
}

fn pipeline() -> String {
    format!("{SETTINGS}{TEXTS}{STAGES}")
}

fn project() -> Project {
    let project = weak();
    for number in 0..20 {
        project.write(&format!("texts/{number:02}.txt"), varied_call(number, 24));
    }
    let _ = project.run(&["run"]).expect(0);
    project
}

/// Rows of a family in any split, or in one.
fn rows(project: &Project, family: &str, split: &str) -> Vec<Value> {
    let folder = project.path().join(".rehearsal/datasets/coach/jsonl").join(family);
    let splits = fs::read_dir(folder).into_iter().flatten().flatten();
    let splits = splits.flat_map(|form| fs::read_dir(form.path()).expect("splits").flatten());
    let files = splits
        .filter(|folder| folder.file_name().to_string_lossy().starts_with(split))
        .flat_map(|folder| fs::read_dir(folder.path()).expect("files").flatten());
    let text: String =
        files.map(|file| fs::read_to_string(file.path()).expect("a file of rows")).collect();
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

/// What is suggested to the seller of the weak call.
fn suggested(project: &Project) -> Option<Value> {
    let rows = rows(project, "suggestions", "");
    let of_weak = rows.iter().find(|row| row.to_string().contains("everybody needs it"))?;
    let answer = of_weak["completion"][0]["content"].as_str().expect("an answer");
    Some(serde_json::from_str(answer).expect("JSON"))
}

#[test]
fn a_weak_moment_gets_a_line_that_another_seller_said() {
    let project = project();
    assert_eq!(suggested(&project), None, "it has a line of its own");
    let shown = project.run(&["lines", "coach", "--most", "3", "--json"]).expect(0).json();
    let lines = shown["lines"].as_array().expect("lines").clone();
    let trained: BTreeSet<String> =
        rows(&project, "strong_moments", "train").iter().map(|row| row["id"].to_string()).collect();
    let all = rows(&project, "strong_moments", "").len();
    assert!(trained.len() < all, "every strong moment is trained on: the test shows nothing");
    assert!(lines.iter().all(|line| trained.contains(&line["from"].to_string())), "{lines:?}");
    let of_price = lines.iter().filter(|line| line["moment"] == "clarify_objection.price");
    assert!((1..=3).contains(&of_price.count()), "{lines:?}");

    let said = project.run(&["lines", "coach", "--most", "3", "--write"]).expect(0).out;
    assert!(said.contains("written to `config.lines` of path `coach`"), "{said}");
    let file = fs::read_to_string(project.path().join("pipeline.toml")).expect("the file");
    assert!(file.starts_with(pipeline().trim_end_matches("config.context_turns = 1\n")), "{file}");
    assert!(file.contains("config.context_turns = 1\n"), "{file}");

    let _ = project.run(&["run"]).expect(0);
    let suggestion = suggested(&project).expect("a suggestion");
    let said = lines.iter().any(|line| line["text"] == suggestion["suggestion"]);
    assert!(said, "{suggestion}\n{lines:?}");
    assert_eq!(suggestion["turn"], 2);
}

#[test]
fn what_is_missing_is_told() {
    let project = weak();
    let told = project.run(&["lines", "coach"]).expect(2).err;
    assert!(told.contains("strong_moments") && told.contains("nothing ran yet"), "{told}");
}
