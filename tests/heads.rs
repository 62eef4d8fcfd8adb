//! What experts say reaches the extractors: a head is tuned to their labels, held against
//! the one that ships, promoted, and the next run says other things; rolled back, it says
//! what it said before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rehearsal_tests::Project;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PIPELINE: &str = r#"
[pipeline]
name = "heads"
seed = 3

[privacy]
mode = "off"

[dataset]
formats = ["jsonl"]
split = { train = 0.6, validation = 0.05, test = 0.35 }

[review]
rubric = "rubric.toml"

[[source]]
id = "texts"
plugin = "transcripts"
licence = "CC0-1.0"
grant.files = "texts"

[[extractor]]
id = "types"
plugin = "nepq"
grant.semantics = true

[[path]]
id = "feedback"
plugin = "feedback"

[[trainer]]
id = "types"
kind = "head"
extractor = "types"
dataset = "feedback"
task = "nepq_type"
gate = false
"#;

const RUBRIC: &str =
    "name = \"nepq-v3\"\n\n[[check]]\nid = \"asked\"\nquestion = \"Does the seller ask?\"\n";

const THINGS: [&str; 12] = [
    "intake",
    "billing",
    "the rota",
    "returns",
    "invoices",
    "the stock count",
    "bookings",
    "the deliveries",
    "payroll",
    "quotes",
    "the service calls",
    "complaints",
];
/// What these experts ask to be called `qualifying`, though heads that ship call it
/// `situation`.
const TODAY: [&str; 3] = [
    "How are you handling {} at the moment?",
    "And who does {} for you these days?",
    "Talk me through how {} works today.",
];
const COST: [&str; 3] = [
    "What happens to the business if {} stays like that for another year?",
    "And what does it cost you each month that {} goes wrong?",
    "If nothing changes with {}, where does that leave you?",
];
const NEXT: [&str; 3] = [
    "Shall we put a date in for Tuesday and get {} started?",
    "Would you like me to send the agreement over today?",
    "Are you happy to go ahead with {} on the first?",
];
const ANSWERS: [&str; 3] =
    ["By hand, mostly. My sister does it.", "Badly, and it wears everyone out.", "I suppose so."];

/// A call, and what experts say of its seller's turns.
fn call(number: usize) -> (String, [(usize, &'static str); 3]) {
    let thing = THINGS[number % THINGS.len()];
    let said = |lines: [&str; 3], by: usize| lines[(number / by) % 3].replace("{}", thing);
    let (today, cost, next) = (said(TODAY, 1), said(COST, 3), said(NEXT, 5));
    let [by_hand, badly, well] = ANSWERS;
    let text = format!(
        "Rep: {today}\nCustomer: {by_hand}\nRep: {cost}\nCustomer: {badly}\nRep: {next}\nCustomer: {well} ({number})\n"
    );
    (text, [(0, "qualifying"), (2, "consequence"), (4, "commitment")])
}

const CALLS: usize = 26;

/// Labels of some calls by file: turn, name and rule.
type Said = BTreeMap<String, Vec<(u64, String, String)>>;

struct Calls {
    project: Project,
    /// File of each call.
    names: BTreeMap<String, String>,
}

impl Calls {
    fn new() -> Self {
        let project = Project::new(PIPELINE);
        project.write("rubric.toml", RUBRIC);
        for number in 0..CALLS {
            project.write(&format!("texts/{number:02}.txt"), call(number).0);
        }
        let _ = project.run(&["run"]).expect(0);
        let list = project.run(&["show", "--json"]).expect(0).json();
        let text = |call: &Value, key: &str| call[key].as_str().expect("text").to_owned();
        let calls = list.as_array().expect("calls").iter();
        let names = calls.map(|call| (text(call, "id"), text(call, "entry"))).collect();
        Self { project, names }
    }

    fn said(&self) -> Said {
        let mut said = Said::new();
        // A process a call: some will do.
        for (id, name) in self.names.iter().take(8) {
            let view = self.project.run(&["show", "--json", id]).expect(0).json();
            let found = view["annotations"]["types"].as_array().expect("annotations").clone();
            let labels = found.iter().filter(|one| one["name"] == "nepq").map(|one| {
                let label = &one["value"]["label"];
                assert_eq!(label["tier"], "learned", "{one}");
                let confidence = label["confidence"].as_f64().expect("a confidence");
                assert!((0.0..1.0).contains(&confidence), "{one}");
                let turn = one["scope"]["span"][0].as_u64().unwrap_or_else(|| panic!("{one}"));
                let text = |value: &Value| value.as_str().expect("text").to_owned();
                (turn, text(&label["name"]), text(&one["rule"]))
            });
            said.insert(name.clone(), labels.collect());
        }
        said
    }

    /// What experts say of all calls.
    fn verdicts(&self) {
        let mut lines = String::new();
        for (id, name) in &self.names {
            let number: usize = name[..2].parse().expect("a number");
            let labels = call(number)
                .1
                .map(|(turn, label)| json!({ "turn": turn, "name": "nepq", "label": label }));
            let verdict = json!({
                "item_id": id, "rubric": "nepq-v3", "rater": "e1", "blind": true,
                "checks": {}, "labels": labels,
            });
            lines.push_str(&format!("{verdict}\n"));
        }
        self.project.write("filled.jsonl", lines);
        let _ = self.project.run(&["review", "take", "filled.jsonl"]).expect(0);
    }

    fn run(&self) -> Value {
        self.project.run(&["run", "--json"]).expect(0).json()["summary"].clone()
    }
}

/// Calls in which the first turn has a label.
fn first_is(said: &Said, label: &str) -> usize {
    let has = |labels: &&Vec<(u64, String, String)>| {
        labels.iter().any(|(turn, name, _)| *turn == 0 && name == label)
    };
    said.values().filter(has).count()
}

fn rules(said: &Said) -> BTreeSet<&str> {
    said.values().flatten().map(|(_, _, rule)| rule.as_str()).collect()
}

#[test]
fn experts_change_what_an_extractor_says_and_rolling_back_brings_the_old_back() {
    let calls = Calls::new();
    let project = &calls.project;
    let before = calls.said();
    assert!(first_is(&before, "situation") > 4, "{before:#?}");

    // What heads say is nothing for a head to learn from.
    let alone = project.run(&["train"]);
    assert_eq!(alone.code, Some(1), "{alone:?}");
    assert!(alone.err.contains("no labelled turns to learn from"), "{}", alone.err);

    calls.verdicts();
    let dry = project.run(&["improve", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(dry["rounds"][0]["promoted"], false, "{dry}");
    assert_eq!(calls.run()["stages"], json!({}), "a dry run changes nothing");
    let round = project.run(&["improve", "--json"]).expect(0).json()["rounds"][0].clone();
    assert_eq!(round["promoted"], true, "{round}");
    let because = round["because"].as_str().expect("a reason");
    assert!(because.starts_with("it is better than the head that ships by "), "{because}");

    let summary = calls.run();
    assert_eq!(summary["stages"]["types"]["worked"], CALLS, "{summary}");
    assert_eq!(summary["sources"]["texts"]["unchanged"], CALLS, "{summary}");
    let after = calls.said();
    assert!(first_is(&after, "qualifying") > 6, "{after:#?}");
    assert_eq!(rules(&after).len(), 1);
    assert!(rules(&before).is_disjoint(&rules(&after)), "the rule names the weights");
    assert_eq!(calls.run()["stages"], json!({}), "nothing is left to do");
    // Weights are for the plugin, and a digest for people.
    let check = project.run(&["check", "--json"]).expect(0);
    assert!(check.out.contains("blake3:") && check.out.len() < 20_000, "{}", check.out);

    let back = project.run(&["rollback", "types"]).expect(0).out;
    assert!(back.contains("types@1") && back.contains("retired"), "{back}");
    let summary = calls.run();
    assert_eq!(calls.said(), before, "{summary}");
    let _ = project.run(&["promote", "types@1"]).expect(0);
    let _ = calls.run();
    assert_eq!(calls.said(), after);

    // Nobody else's weights come in through the models' folder.
    let model = project.path().join(".rehearsal/models/types/1/model.bin");
    let mut bytes = fs::read(&model).expect("a model");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&model, &bytes).expect("it is written");
    let refused = project.run(&["run"]);
    assert_ne!(refused.code, Some(0));
    assert!(
        refused.err.contains("is not the file that types@1 was registered with"),
        "{refused:?}"
    );
    let _ = project.run(&["rollback", "types"]).expect(0);
    let _ = calls.run();
    assert_eq!(calls.said(), before);

    let id = calls.names.keys().find(|id| {
        let learned = project.path().join(".rehearsal/models/types/1/calls.txt");
        fs::read_to_string(learned).expect("calls").contains(id.as_str())
    });
    let erased = project.run(&["forget", "--call", id.expect("a call")]).expect(0).out;
    assert!(erased.contains("types@1"), "{erased}");
}

/// A head a line: trainer, the extractor that gets it, task, annotation, the label that is
/// taught, the turn of [`excerpts`] that has it. None is what heads that ship say there.
const TAUGHT: [(&str, &str, &str, &str, &str, usize); 4] = [
    ("kinds", "objections", "objection_type", "objection", "timing", 1),
    ("moves", "objections", "objection_handling", "objection_move", "clarify", 2),
    ("ways", "sales-techniques", "technique", "technique", "urgency", 2),
    ("signs", "active-listening", "active_listening", "listening", "acknowledgement", 4),
];

fn odd_call(number: usize) -> [(&'static str, String); 5] {
    let thing = THINGS[number % THINGS.len()];
    [
        ("SELLER", format!("Who looks after {thing} at your place, number {number}?")),
        ("PROSPECT", format!("We have somebody for {thing} already, she came with the building.")),
        ("SELLER", format!("Most firms of your size spend a day a week on {thing}.")),
        ("PROSPECT", "That sounds about right, and it is always a Monday.".to_owned()),
        ("SELLER", format!("So {thing} eats your Mondays, every one of them.")),
    ]
}

/// Labelled excerpts of calls that the repository does not have, `how_many` a task.
fn excerpts(how_many: usize) -> String {
    let mut rows = String::new();
    for number in 100..100 + how_many {
        for (_, _, task, _, label, turn) in TAUGHT {
            let lines: Vec<String> = odd_call(number)[..=turn]
                .iter()
                .map(|(side, said)| format!("[{side}] {said}"))
                .collect();
            let row = json!({
                "text": lines.join("\n"), "label_name": label, "task": task,
                "call": format!("elsewhere-{number}"),
            });
            rows.push_str(&format!("{row}\n"));
        }
    }
    rows
}

#[test]
fn every_other_head_learns_from_excerpts_of_calls_that_are_not_here() {
    let (common, _) = PIPELINE.split_once("[[extractor]]").expect("extractors");
    let mut pipeline = common.to_owned();
    for id in ["objections", "sales-techniques", "active-listening"] {
        pipeline.push_str(&format!(
            "[[extractor]]\nid = \"{id}\"\nplugin = \"{id}\"\ngrant.semantics = true\n\n"
        ));
    }
    for (id, extractor, task, ..) in TAUGHT {
        pipeline.push_str(&format!(
            "[[trainer]]\nid = \"{id}\"\nkind = \"head\"\nextractor = \"{extractor}\"\n\
             task = \"{task}\"\nlabels = [\"labels.jsonl\"]\n\n"
        ));
    }
    let project = Project::new(&pipeline);
    project.write("rubric.toml", RUBRIC);
    project.write("labels.jsonl", excerpts(24));
    for number in 0..4 {
        let said = odd_call(number).map(|(side, said)| {
            format!("{}: {said}\n", if side == "SELLER" { "Rep" } else { "Customer" })
        });
        project.write(&format!("texts/{number}.txt"), said.concat());
    }
    let _ = project.run(&["run"]).expect(0);
    // Calls whose turn has the taught label, and the rules of all labels of that name.
    let found = || {
        let calls = project.run(&["show", "--json"]).expect(0).json();
        let ids = calls.as_array().expect("calls").iter().map(|call| call["id"].as_str());
        let views: Vec<Value> = ids
            .map(|id| project.run(&["show", "--json", id.expect("an id")]).expect(0).json())
            .collect();
        TAUGHT.map(|(_, extractor, _, name, label, turn)| {
            let said = views.iter().flat_map(|view| view["annotations"][extractor].as_array());
            let said: Vec<&Value> = said.flatten().filter(|one| one["name"] == name).collect();
            let taught = |one: &&&Value| {
                one["value"]["label"]["name"] == label && one["scope"]["turn"] == turn
            };
            let rules = said.iter().map(|one| one["rule"].as_str().expect("a rule").to_owned());
            (said.iter().filter(taught).count(), rules.collect::<BTreeSet<_>>())
        })
    };
    let before = found();

    let _ = project.run(&["train"]).expect(0);
    for (id, ..) in TAUGHT {
        let _ = project.run(&["promote", &format!("{id}@1")]).expect(0);
    }
    let _ = project.run(&["run"]).expect(0);
    let after = found();
    let tuned_kinds = after[0].1.clone();
    for (((id, ..), (few, shipped)), (many, tuned)) in TAUGHT.iter().zip(before).zip(after) {
        assert!(many > 2 && many > few, "{id}: {few} calls before, {many} after");
        assert!(tuned.is_disjoint(&shipped), "{id}: {shipped:?} {tuned:?}");
    }

    // One that was tuned beside other weights than this program ships is told of and let be:
    // the other numbers in it are of no use.
    let models = project.path().join(".rehearsal/models");
    let mut bytes = fs::read(models.join("kinds/1/model.bin")).expect("a model");
    let sha256 = |bytes: &[u8]| format!("{:x}", Sha256::digest(bytes));
    let registered = sha256(&bytes);
    // Behind the head's name with its length.
    let beside = 1 + "objection".len();
    bytes[beside] ^= 1;
    fs::write(models.join("kinds/1/model.bin"), &bytes).expect("it is written");
    let journal = fs::read_to_string(models.join("journal.jsonl")).expect("a journal");
    fs::write(models.join("journal.jsonl"), journal.replace(&registered, &sha256(&bytes)))
        .expect("it is written");
    let run = project.run(&["run"]).expect(0);
    assert!(run.err.contains("`kinds@1` is not used by `objections`"), "{}", run.err);
    assert!(run.err.contains("beside other weights than ship here"), "{}", run.err);
    let [kinds, moves, ..] = found();
    assert!(kinds.1.is_disjoint(&tuned_kinds), "{kinds:?}");
    assert!(moves.0 > 2, "{moves:?}");
}
