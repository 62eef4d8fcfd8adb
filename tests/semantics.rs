//! The learned tier through the program: labels come from trained heads where embeddings
//! are granted and the model is here, from cues elsewhere, and every call says which.
//! `cargo xtask test` pulls the model first.

use rehearsal_repository::{Kind, Repository, Table};
use rehearsal_tests::Project;
use serde_json::Value;

const EXTRACTORS: [(&str, &str); 4] = [
    ("nepq", "nepq_tier"),
    ("sales-techniques", "technique_tier"),
    ("objections", "objection_tier"),
    ("active-listening", "listening_tier"),
];

/// Said as people say it.
const CALL: &str = "\
Seller: Morning, is that Lorna? It's Craig from the survey people, you'd booked us and it dropped off the diary.
Prospect: It didn't drop off. I pushed it off. We've a man who comes.
Seller: And what had you hoped we'd do for you, back when you booked?
Prospect: Oh, I'd had a letter from the council, and she'd a clipboard.
Seller: A clipboard. And what would it do to you if it was the same again in the spring?
Prospect: I'd have to shut the weddings side. That's the half that pays.
Seller: The first visit's one ninety, then it's fifty-five a month.
Prospect: One ninety! For looking under a mixer? I can't stretch to that.
Seller: I hear you. It's two hours, and the report's the bit she'll ask you for.
Prospect: Well. I'd have to square it with our Neil first.
";

fn project(grant: bool) -> Project {
    let mut pipeline = String::from(
        "[pipeline]\nname = \"semantics\"\n[[source]]\nid = \"texts\"\nplugin = \"transcripts\"\n\
         grant.files = \"texts\"\n",
    );
    for (name, _) in EXTRACTORS {
        pipeline += &format!("[[extractor]]\nid = \"{name}\"\nplugin = \"{name}\"\n");
        if grant {
            pipeline += "grant.semantics = true\n";
        }
    }
    let project = Project::new(&pipeline);
    project.write("texts/bakery.txt", CALL);
    project
}

/// Annotations of the only call.
fn annotations(project: &Project) -> Vec<Value> {
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let id = calls[0]["id"].as_str().expect("a call").to_owned();
    let view = project.run(&["show", "--json", &id]).expect(0).json();
    let stages = view["annotations"].as_object().expect("annotations").values();
    stages.flat_map(|stage| stage.as_array().expect("a list").clone()).collect()
}

fn tiers(annotations: &[Value]) -> Vec<&str> {
    let tier = |name: &str| {
        let one = annotations.iter().find(|one| one["name"] == name);
        one.and_then(|one| one["value"]["text"].as_str()).unwrap_or_else(|| panic!("no {name}"))
    };
    EXTRACTORS.iter().map(|(_, name)| tier(name)).collect()
}

fn has(annotations: &[Value], name: &str, label: &str, tier: &str) -> bool {
    annotations.iter().any(|one| {
        let value = &one["value"]["label"];
        one["name"] == name && value["name"] == label && value["tier"] == tier
    })
}

#[test]
fn labels_come_from_heads_with_the_grant_and_from_cues_without() {
    let learned = project(true);
    let _ = learned.run(&["run"]).expect(0);
    let found = annotations(&learned);
    assert_eq!(tiers(&found), ["learned"; 4]);
    let by_head = |name: &str| {
        found.iter().any(|one| one["name"] == name && one["value"]["label"]["tier"] == "learned")
    };
    assert!(by_head("nepq") && by_head("listening"), "{found:#?}");
    for one in &found {
        let label = &one["value"]["label"];
        if label["tier"] == "learned" && one["name"] != "objection_outcome" {
            let rule = one["rule"].as_str().unwrap_or_default();
            assert!(rule.contains("-head@") && rule.contains("+all-minilm-l6-v2@"), "{one}");
            let confidence = label["confidence"].as_f64().expect("a confidence");
            assert!(confidence > 0.0 && confidence < 1.0, "{one}");
        }
    }

    let cues = project(false);
    let _ = cues.run(&["run"]).expect(0);
    let found = annotations(&cues);
    for tier in tiers(&found) {
        assert!(tier.starts_with("cue: `semantics` is not granted"), "{tier}");
    }
    assert!(!has(&found, "objection", "price", "learned"));
}

#[test]
fn without_the_model_cues_do_and_a_later_run_with_it_does_the_work_again() {
    let project = project(true);
    let nowhere = tempfile::tempdir().expect("a folder");
    let mut run = project.command(&["run"]);
    run.env("REHEARSAL_MODELS", nowhere.path()).env("REHEARSAL_OFFLINE", "1");
    let output = run.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("does without embeddings"), "{said}");
    assert!(tiers(&annotations(&project)).iter().all(|tier| tier.starts_with("cue: ")));
    let _ = project.run(&["run"]).expect(0);
    assert_eq!(tiers(&annotations(&project)), ["learned"; 4]);
}

#[test]
fn what_texts_mean_is_kept_and_forgotten_with_a_call() {
    const EMBEDDINGS: Table<Vec<u8>> = Table::new(Kind::Embedding, 1);
    let kept = |project: &Project| {
        let repository =
            Repository::open(project.path().join(".rehearsal/repository")).expect("it opens");
        repository.scan(&EMBEDDINGS, []).expect("they can be read").count()
    };
    let project = project(true);
    let _ = project.run(&["run"]).expect(0);
    let calls = project.run(&["show", "--json"]).expect(0).json();
    assert!(kept(&project) > 20, "{} vectors", kept(&project));
    let id = calls[0]["id"].as_str().expect("a call");
    let _ = project.run(&["forget", "--call", id]).expect(0);
    assert_eq!(kept(&project), 0);
}
