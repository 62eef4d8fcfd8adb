//! Trainers and the registry of models as a developer meets them.

use std::fs;

use rehearsal_tests::{Project, TEXTS, varied_call};
use serde_json::{Value, json};

const SETTINGS: &str = r#"
[pipeline]
name = "training"
seed = 3

[dataset]
split = { train = 0.6, validation = 0.1, test = 0.3 }
"#;

const FEEDBACK: &str = r#"
[[path]]
id = "feedback"
plugin = "feedback"
"#;

fn stages() -> String {
    format!("{SETTINGS}{TEXTS}{FEEDBACK}")
}

/// A project that ran over `calls` calls.
fn project(trainers: &str, calls: usize) -> Project {
    let project = Project::new(&(stages() + trainers));
    for number in 0..calls {
        project.write(&format!("texts/{number:02}.txt"), varied_call(number, 24));
    }
    let _ = project.run(&["run"]).expect(0);
    project
}

const NEPQ: &str = r#"
[[trainer]]
id = "nepq"
kind = "classifier"
dataset = "feedback"
task = "nepq_type"
"#;

fn models(project: &Project) -> Vec<Value> {
    let models = project.run(&["models", "--json"]).expect(0).json();
    models.as_array().expect("models").clone()
}

#[test]
fn a_classifier_is_trained_once_and_its_versions_are_promoted_and_rolled_back() {
    let project = project(NEPQ, 30);
    let made = project.run(&["train", "--json"]).expect(0).json();
    let model = &made["trained"][0]["model"];
    assert_eq!((model["version"].clone(), model["stage"].clone()), (json!(1), json!("candidate")));
    assert_eq!(model["made_of"]["feedback"], json!(project.merkle_root("feedback")));
    assert!(model["lessons"]["cue"].as_u64().expect("a count") > 50, "{model}");
    let macro_f1 = model["measures"]["macro_f1"][0].as_f64().expect("it is judged");
    assert!(macro_f1 > 0.8, "phrases that cues look for are easy to learn: {macro_f1}");

    let folder = project.path().join(".rehearsal/models/nepq/1");
    let card = fs::read_to_string(folder.join("README.md")).expect("a card");
    assert!(card.contains("macro-F1") && card.contains(&project.merkle_root("feedback")), "{card}");
    let bytes = fs::read(folder.join("model.bin")).expect("a model");
    assert!(project.run(&["train"]).expect(0).out.starts_with("unchanged: nepq@1"));

    // Other labels make another version; the test split stays the one of the first.
    let row = |number: usize, label: &str| {
        let text = format!("[SELLER] And where would that leave the {number} of you by spring?");
        json!({ "text": text, "label_name": label, "task": "nepq_type", "call": number.to_string() })
    };
    let rows: Vec<String> = (0..20).map(|number| row(number, "consequence").to_string()).collect();
    project.write("labels.jsonl", format!("{}\nnot json\n", rows.join("\n")));
    project.write("pipeline.toml", stages() + NEPQ + "labels = [\"labels.jsonl\"]\n");
    let told = project.run(&["train"]).expect(3);
    assert!(told.out.starts_with("made: nepq@2"), "{}", told.out);
    assert!(told.err.contains("labels.jsonl line 21: "), "{}", told.err);
    let versions = models(&project);
    assert_eq!(versions[0]["measures"]["examples"], versions[1]["measures"]["examples"]);
    // Of twenty calls, those that a hash did not put into a test split.
    let by_experts = versions[1]["lessons"]["expert"].as_u64().expect("a count");
    assert!((12..=20).contains(&by_experts), "{by_experts}");

    for (model, stages) in
        [("nepq@1", ["champion", "candidate"]), ("nepq@2", ["retired", "champion"])]
    {
        let _ = project.run(&["promote", model]).expect(0);
        let stage: Vec<Value> = models(&project).iter().map(|one| one["stage"].clone()).collect();
        assert_eq!(stage, stages);
    }
    let back = project.run(&["rollback", "nepq"]).expect(0).out;
    assert!(back.starts_with("nepq@1  champion"), "{back}");
    // Every time that one came into use, in order.
    let _ = project.run(&["report", "--out", "report.html"]).expect(0);
    let page = fs::read_to_string(project.path().join("report.html")).expect("a page");
    let (_, history) = page.split_once("Champions of nepq").expect("a history");
    let places: Vec<usize> = history.match_indices(">nepq@").map(|(at, _)| at).collect();
    let versions: Vec<&str> = places.iter().map(|at| &history[at + 6..at + 7]).collect();
    assert_eq!(versions[..3], ["1", "2", "1"], "{history}");
    assert_eq!(history.matches("in use<").count(), 1, "{history}");
    let err = project.run(&["promote", "nepq@7"]).expect(1).err;
    assert!(err.contains("has no version 7; there are 1, 2"), "{err}");
    assert!(project.run(&["promote", "nepq"]).expect(2).err.contains("write NAME@VERSION"));

    // A lost repository takes no model with it, and the same labels make the same bytes.
    fs::remove_dir_all(project.path().join(".rehearsal/repository")).expect("it goes");
    let _ = project.run(&["run"]).expect(0);
    assert_eq!(models(&project)[0]["stage"], "champion");
    fs::remove_dir_all(project.path().join(".rehearsal/models")).expect("it goes");
    project.write("pipeline.toml", stages() + NEPQ);
    let told = project.run(&["train"]).expect(0).out;
    assert!(told.starts_with("made: nepq@3"), "{told}");
    let again = fs::read(project.path().join(".rehearsal/models/nepq/3/model.bin")).expect("it");
    assert_eq!(again, bytes);
    // A model that is not the one that was registered is not put to use.
    fs::write(project.path().join(".rehearsal/models/nepq/3/model.bin"), b"x").expect("written");
    let err = project.run(&["promote", "nepq@3"]).expect(1).err;
    assert!(err.contains("is not the file that version 3"), "{err}");
}

/// Writes a checkpoint, stops half-way the first time, and goes on from there.
const SCRIPT: &str = r#"
echo "resume=$REHEARSAL_RESUME secret=${SECRET_TOKEN:-none} here=$(pwd)"
test -f "$1/manifest.json" || exit 9
if [ ! -f half ]; then echo one > half; echo "out of memory" >&2; exit 7; fi
cat half > adapter.safetensors; echo two >> adapter.safetensors
echo junk > scratch.tmp
"#;

const COMMAND: &str = r#"
[[trainer]]
id = "partner"
kind = "command"
dataset = "feedback"
command = ["sh", "./train.sh", "{dataset}"]
results = ["*.safetensors"]
"#;

#[test]
fn a_command_runs_in_its_own_folder_sees_what_is_allowed_and_goes_on_where_it_stopped() {
    let script = Project::new("");
    script.write("train.sh", SCRIPT);
    let path = script.path().join("train.sh").display().to_string();
    let project = project(&COMMAND.replace("./train.sh", &path), 6);
    let train = |code| {
        let mut command = project.command(&["train", "partner"]);
        command.env("SECRET_TOKEN", "hunter2");
        rehearsal_tests::outcome(command.output().expect("the program starts")).expect(code)
    };
    let err = train(1).err;
    assert!(err.contains("ended with code 7") && err.contains("out of memory"), "{err}");
    assert_eq!(models(&project).len(), 0);
    let out = train(0).out;
    assert!(out.starts_with("made: partner@1"), "{out}");
    let version = models(&project).remove(0);
    let files: Vec<&str> = version["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| file["path"].as_str().expect("a path"))
        .collect();
    assert_eq!(files, ["calls.txt", "work/adapter.safetensors"]);
    let folder = version["folder"].as_str().expect("a folder");
    let folder = project.path().join(".rehearsal/models").join(folder);
    let model = fs::read_to_string(folder.join("work/adapter.safetensors")).expect("a model");
    assert_eq!(model, "one\ntwo\n");
    let log = fs::read_to_string(folder.join("log.txt")).expect("a log");
    assert!(log.contains("resume=0 secret=none") && log.contains("resume=1 secret=none"), "{log}");
    assert!(train(0).out.starts_with("unchanged: partner@1"));
}

#[test]
fn a_trainer_that_cannot_work_says_what_to_do() {
    let other = NEPQ.replace("nepq_type", "nepq_kind");
    let project = project(&other, 3);
    let err = project.run(&["train"]).expect(1).err;
    assert!(
        err.contains("no row of the task `nepq_kind` and no expert's label; there are ")
            && err.contains("nepq_type"),
        "{err}"
    );
    project.write(
        "pipeline.toml",
        stages().replace("[dataset]", "[dataset]\nformats = [\"parquet\"]") + NEPQ,
    );
    let _ = project.run(&["run"]).expect(0);
    let err = project.run(&["train"]).expect(1).err;
    assert!(err.contains("add \"jsonl\" to `formats`"), "{err}");
    project.write("pipeline.toml", stages());
    assert!(project.run(&["train"]).expect(2).err.contains("has no [[trainer]]"));
    assert!(project.run(&["models"]).expect(0).out.contains("no models yet"));
}

#[test]
fn a_call_that_is_forgotten_names_the_models_that_learned_from_it() {
    let project = project(NEPQ, 20);
    let _ = project.run(&["train"]).expect(0);
    let learned = project.path().join(".rehearsal/models/nepq/1/calls.txt");
    let learned = fs::read_to_string(learned).expect("its calls");
    let calls: Vec<&str> = learned.lines().collect();
    let call = calls[0].to_owned();
    let told = project.run(&["forget", "--call", &call]).expect(0).out;
    assert!(told.contains("model nepq@1 (candidate) learned from 1 of them"), "{told}");
    assert!(told.contains("`rehearsal train nepq`"), "{told}");
    // The next version learns from none of it; the former one still did.
    assert!(project.run(&["train"]).expect(0).out.starts_with("made: nepq@2"));
    let again = project.path().join(".rehearsal/models/nepq/2/calls.txt");
    assert!(!fs::read_to_string(again).expect("its calls").contains(&call));
    // A call that nobody learned from names nobody.
    let all = project.run(&["show", "--json"]).expect(0).json();
    let ids = all.as_array().expect("calls").iter();
    let other = ids.filter_map(|one| one["id"].as_str()).find(|id| !calls.contains(id));
    let other = other.expect("a call of the test split");
    let told = project.run(&["forget", "--call", other, "--json"]).expect(0).json();
    assert_eq!(told["models"], json!([]));
}

#[test]
fn a_trainer_that_wants_to_knows_what_turns_mean() {
    let project = project("", 1);
    let rows: Vec<String> = [
        ("consequence", "What becomes of you if it all stays as it is?"),
        ("consequence", "And if that goes on until winter?"),
        ("consequence", "Where does it leave the firm in a year?"),
        ("situation", "Who looks after the books at present?"),
        ("situation", "How are the rotas done these days?"),
        ("situation", "Which of you does the ordering now?"),
    ]
    .iter()
    .enumerate()
    .map(|(call, (label, text))| {
        let text = format!("[SELLER] {text}");
        let (call, task) = (call.to_string(), "nepq_type");
        let row =
            json!({ "text": text, "label": label, "task": task, "call": call, "split": "train" });
        row.to_string()
    })
    .collect();
    project.write("labels.jsonl", rows.join("\n"));
    let trainer = "[[trainer]]\nid = \"own\"\nkind = \"classifier\"\ntask = \"nepq_type\"\n\
                   labels = [\"labels.jsonl\"]\n";
    let mut columns = Vec::new();
    for features in ["[]", "[\"embeddings\"]"] {
        project.write("pipeline.toml", format!("{}{trainer}features = {features}\n", stages()));
        let made = project.run(&["train", "--json"]).expect(0).json();
        let version = made["trained"][0]["model"]["version"].as_u64().expect("a version");
        let card = project.path().join(format!(".rehearsal/models/own/{version}/card.json"));
        let card = fs::read_to_string(card).expect("a card");
        let card: Value = serde_json::from_str(&card).expect("a card is JSON");
        assert_eq!(card["features"]["embeddings"], json!(features.contains("embeddings")));
        columns.push(card["columns"].as_u64().expect("a count"));
    }
    // MiniLM's vectors have 384 values.
    assert_eq!(columns[1], columns[0] + 384);
    assert!(project.run(&["train"]).expect(0).out.starts_with("unchanged: own@2"));
}
