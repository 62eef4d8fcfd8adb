//! The loop on labelled calls: experts who say what the corpus's labels say, two rounds of
//! the queue, and models that get better.

mod strange;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use rehearsal_tests::{Project, root};
use serde_json::{Value, json};

const PIPELINE: &str = r#"
[pipeline]
name = "loop"
seed = 5

[dataset]
formats = ["jsonl"]
split = { train = 0.65, validation = 0.05, test = 0.3 }

[review]
rubric = "rubric.toml"

[[source]]
id = "texts"
plugin = "transcripts"
licence = "CC0-1.0"
grant.files = "texts"

[[extractor]]
id = "nepq"
plugin = "nepq"

[[path]]
id = "feedback"
plugin = "feedback"

[[trainer]]
id = "nepq"
kind = "classifier"
dataset = "feedback"
task = "nepq_type"
"#;

const RUBRIC: &str =
    "name = \"nepq-v3\"\n\n[[check]]\nid = \"asked\"\nquestion = \"Does the seller ask?\"\n";

/// The labelled calls as files, and what experts will say: by the file's name, the label
/// of each of the seller's turns.
struct Corpus {
    project: Project,
    /// What experts call their labels.
    labels: &'static str,
    truth: BTreeMap<String, Vec<(usize, Option<String>)>>,
    /// File of each call.
    names: BTreeMap<String, String>,
}

/// Lines of the corpus's files of this kind, of those whose letter is in `letters`.
fn lines(kind: &str, letters: &str) -> Vec<Value> {
    let folder = root().join("examples/corpus");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            letters.chars().any(|letter| name == Some(format!("{kind}_{letter}.jsonl")))
        })
        .collect();
    files.sort();
    let texts: Vec<String> =
        files.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let each = texts.iter().flat_map(|text| text.lines());
    each.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn corpus(gate: bool, letters: &str) -> Corpus {
    let project = Project::new(&format!("{PIPELINE}gate = {gate}\n"));
    project.write("rubric.toml", RUBRIC);
    let mut labels: BTreeMap<(String, u64), String> = BTreeMap::new();
    for line in lines("labels", letters) {
        if let (Some(label), Some(turn)) = (line["nepq"].as_str(), line["turn"].as_u64()) {
            labels.insert(
                (line["call"].as_str().expect("a call").to_owned(), turn),
                label.to_owned(),
            );
        }
    }
    let mut truth = BTreeMap::new();
    for call in lines("calls", letters) {
        let id = call["id"].as_str().expect("an id").to_owned();
        let mut text = String::new();
        let mut said = Vec::new();
        for (index, turn) in call["turns"].as_array().expect("turns").iter().enumerate() {
            let seller = turn["speaker"] == "seller";
            let who = if seller { "Rep" } else { "Customer" };
            let words: Vec<&str> =
                turn["text"].as_str().expect("text").split_whitespace().collect();
            text.push_str(&format!("{who}: {}\n", words.join(" ")));
            if seller {
                said.push((index, labels.get(&(id.clone(), index as u64)).cloned()));
            }
        }
        project.write(&format!("texts/{id}.txt"), text);
        truth.insert(format!("{id}.txt"), said);
    }
    Corpus::of(project, "nepq", truth)
}

impl Corpus {
    /// Runs over the files that a project has.
    fn of(
        project: Project,
        labels: &'static str,
        truth: BTreeMap<String, Vec<(usize, Option<String>)>>,
    ) -> Self {
        let _ = project.run(&["run"]).expect(0);
        let list = project.run(&["show", "--json"]).expect(0).json();
        let text = |call: &Value, key: &str| call[key].as_str().expect("text").to_owned();
        let calls = list.as_array().expect("calls").iter();
        let names = calls.map(|call| (text(call, "id"), text(call, "entry"))).collect();
        Self { project, labels, truth, names }
    }

    /// What `raters` say of calls, each of them wrong in one of `slips` turns.
    fn verdicts(&self, calls: &BTreeSet<String>, raters: &[&str], slips: usize) {
        let mut lines = String::new();
        for (at, rater) in raters.iter().enumerate() {
            for call in calls {
                let said = &self.truth[&self.names[call]];
                let labels: Vec<Value> = said
                    .iter()
                    .enumerate()
                    .map(|(number, (turn, label))| {
                        let slip = (number + at * 7 + call.len()) % slips == slips - 1;
                        let label = if slip { None } else { label.clone() };
                        json!({ "turn": turn, "name": self.labels, "label": label })
                    })
                    .collect();
                let verdict = json!({
                    "item_id": call, "rubric": "nepq-v3", "rater": rater, "blind": true,
                    "checks": {}, "labels": labels,
                });
                lines.push_str(&format!("{verdict}\n"));
            }
        }
        self.project.write("filled.jsonl", lines);
        let _ = self.project.run(&["review", "take", "filled.jsonl"]).expect(0);
    }

    /// The calls that models are judged by.
    fn frozen(&self) -> BTreeSet<String> {
        let journal = self.project.path().join(".rehearsal/models/journal.jsonl");
        let text = fs::read_to_string(journal).expect("a journal");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let calls = lines.filter_map(|line| line["frozen"]["calls"].as_array().cloned()).flatten();
        calls.map(|call| call.as_str().expect("an id").to_owned()).collect()
    }

    /// A batch of the queue.
    fn batch(&self, size: &str) -> BTreeSet<String> {
        let next =
            self.project.run(&["review", "next", "--batch", size, "--json"]).expect(0).json();
        let items = next["batch"]["items"].as_array().expect("items").iter();
        items.map(|item| item["item_id"].as_str().expect("an id").to_owned()).collect()
    }

    fn improve(&self) -> Value {
        self.project.run(&["improve", "--json"]).expect(0).json()["rounds"][0].clone()
    }
}

#[test]
fn two_rounds_with_experts_beat_the_first_model_on_calls_that_nobody_learned_from() {
    let corpus = corpus(false, "cdenopqr");
    let project = &corpus.project;
    // The first model knows what cues know.
    let _ = project.run(&["train"]).expect(0);
    let _ = project.run(&["promote", "nepq@1"]).expect(0);
    let frozen = corpus.frozen();
    assert!(frozen.len() > 20, "{}", frozen.len());
    corpus.verdicts(&frozen, &["judge"], 1_000);

    let first = corpus.batch("24");
    assert!(first.is_disjoint(&frozen), "nothing of the frozen test split is ever picked");
    corpus.verdicts(&first, &["e1"], 40);
    let dry = project.run(&["improve", "--dry-run"]).expect(0).out;
    assert!(dry.contains("nothing was registered or promoted"), "{dry}");
    let models = |project: &Project| project.run(&["models", "--json"]).expect(0).json();
    assert_eq!(models(project).as_array().map(Vec::len), Some(1));

    let one = corpus.improve();
    assert_eq!(one["champion"], 1);
    assert!(one["lessons"]["expert"].as_u64().expect("a count") > 200, "{one}");
    assert_eq!(one["judged_by"].as_object().map(serde_json::Map::len), Some(1), "experts alone");
    // The second round is held against the first model, too.
    if one["promoted"] == true {
        let _ = project.run(&["rollback", "nepq"]).expect(0);
    }
    let second = corpus.batch("24");
    assert!(second.is_disjoint(&first) && second.is_disjoint(&frozen));
    corpus.verdicts(&second, &["e1"], 40);

    // Killed in the middle, the next call goes on.
    let mut child = project.command(&["improve"]).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(400));
    child.kill().expect("it is killed");
    let _ = child.wait();
    let two = corpus.improve();
    let difference = &two["difference"];
    assert!(difference["low"].as_f64().expect("compared") > 0.0, "{two}");
    assert_eq!(
        models(project).as_array().expect("models").last().expect("one")["stage"],
        "champion"
    );
    let again = corpus.improve();
    assert_eq!(
        (again["promoted"].clone(), again["challenger"].clone()),
        (json!(false), two["challenger"].clone())
    );
    assert!(again["because"].as_str().expect("a reason").contains("nothing new was learned"));
}

#[test]
fn the_gate_holds_back_what_experts_would_not_say_and_edits_become_pairs() {
    let corpus = corpus(true, "fg");
    let project = &corpus.project;
    let _ = project.run(&["train"]).expect(0);
    let calls = corpus.batch("8");
    corpus.verdicts(&calls, &["e1", "e2"], 30);
    let call = calls.first().expect("a call");
    let turn = corpus.truth[&corpus.names[call]][2].0;
    let edit = json!({
        "item_id": call, "rubric": "nepq-v3", "rater": "e3", "checks": {},
        "suggestions": [{ "turn": turn, "original": "Tell me the price.",
                          "edited": "What would it be worth to you?", "good": false }],
    });
    project.write("edit.jsonl", format!("{edit}\n"));
    let _ = project.run(&["review", "take", "edit.jsonl"]).expect(0);
    let round = corpus.improve();
    assert_eq!(round["promoted"], false);
    let because = round["because"].as_str().expect("a reason");
    assert!(because.starts_with("the release gate holds it back: "), "{because}");
    assert!(because.contains("behind experts in κ"), "{because}");
    assert!(!round["suspicious"].as_array().expect("a list").is_empty());

    let pairs = project.rows("experts", "preference");
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    assert_eq!(pairs[0]["chosen"][0]["content"], "What would it be worth to you?");
    assert_eq!(pairs[0]["rejected"][0]["content"], "Tell me the price.");
    let labels = project.rows("experts", "labelled");
    let of = |task: &str| labels.iter().filter(|row| row["task"] == task).count();
    assert_eq!(of("suggestion"), 1);
    assert!(of("nepq_type") > 50, "{}", of("nepq_type"));
    // Erased, a call leaves nothing in what is written next.
    let _ = project.run(&["forget", "--call", call]).expect(0);
    let _ = corpus.improve();
    assert!(project.rows("experts", "preference").is_empty());
}
