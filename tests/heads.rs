//! What experts say reaches the extractors: a head is tuned to their labels, held against
//! the one that ships, promoted, and the next run says other things; rolled back, it says
//! what it said before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rehearsal_tests::Project;
use serde_json::{Value, json};

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
