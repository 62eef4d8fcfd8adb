//! `pipeline.lock`: what was accepted runs, anything else stops until it is accepted.

use std::fs;

use rehearsal_tests::{Project, invented_call, plugin};

fn pipeline(rest: &str) -> String {
    format!(
        "[pipeline]\nname = \"lock\"\n\
         [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
         [[extractor]]\nid = \"mine\"\nplugin = \"./mine.wasm\"\n\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n{rest}"
    )
}

fn project() -> Project {
    let project = Project::new(&pipeline(""));
    project.write("texts/good.txt", invented_call(1, 12));
    project.write("other/more.txt", invented_call(2, 12));
    project.write("mine.wasm", fs::read(plugin("nepq")).expect("the plugin is built"));
    project
}

#[test]
fn the_first_run_writes_the_lock_and_says_so() {
    let project = project();
    let strict = project.run(&["run", "--locked"]).expect(2);
    assert!(strict.err.contains("mine: new stage"), "{}", strict.err);
    let first = project.run(&["run"]).expect(0);
    assert!(first.err.contains("pipeline.lock written: 3 plugins"), "{}", first.err);
    let text = fs::read_to_string(project.path().join("pipeline.lock")).expect("it is there");
    assert!(text.contains("grants = [\"files ** of texts\"]"), "{text}");
    let second = project.run(&["run", "--locked"]).expect(0);
    assert!(!second.err.contains("pipeline.lock"), "{}", second.err);
}

#[test]
fn another_component_or_a_wider_grant_stops_the_run_until_accepted() {
    let project = project();
    let _ = project.run(&["run"]).expect(0);
    // Another plugin of the same world under the same name, with an import more.
    project.write("mine.wasm", fs::read(plugin("tone-pacing")).expect("the plugin is built"));
    let wider = pipeline("").replace("\"./mine.wasm\"\n", "\"./mine.wasm\"\ngrant.audio = true\n");
    project.write("pipeline.toml", wider.replace("\"texts\"\n[[ex", "\".\"\n[[ex"));
    let before = project.merkle_root("roleplay");
    let refused = project.run(&["run"]).expect(2).err;
    for told in [
        "mine: another component: nepq 0.1.0",
        "is now tone-pacing 0.1.0",
        "mine: new import: rehearsal:plugin/audio@0.1.0",
        "mine: wider grant: audio",
        "texts: wider grant: files ** of .",
        "`rehearsal lock` accepts it",
    ] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
    assert_eq!(project.merkle_root("roleplay"), before, "nothing ran");
    let check = project.run(&["check", "--json"]).expect(0).json();
    assert!(check["unaccepted"].as_array().map(Vec::len) >= Some(4), "{check:#}");
    let accepted = project.run(&["lock"]).expect(0).out;
    assert!(accepted.contains("accepted: mine: wider grant: audio"), "{accepted}");
    let _ = project.run(&["run"]).expect(0);
    let stands = project.run(&["lock"]).expect(0).out;
    assert!(stands.contains("pipeline.lock stands, 3 stages"), "{stands}");
}

#[test]
fn a_new_stage_is_taken_in_and_a_narrower_grant_needs_no_one() {
    let project = project();
    let _ = project.run(&["run"]).expect(0);
    let narrower = pipeline("[[validator]]\nid = \"quality\"\nplugin = \"example-quality\"\n")
        .replace(
            "grant.files = \"texts\"",
            "grant.files = { root = \"texts\", include = [\"*.txt\"] }",
        );
    project.write("pipeline.toml", narrower);
    let outcome = project.run(&["run"]).expect(0);
    assert!(outcome.err.contains("quality: new stage"), "{}", outcome.err);
    assert!(outcome.err.contains("texts: no longer: files ** of texts"), "{}", outcome.err);
    // What was narrowed is wide again: that wants consent.
    project.write("pipeline.toml", pipeline(""));
    let _ = project.run(&["run"]).expect(2);
}

#[test]
fn a_lock_that_cannot_be_understood_stops_the_run() {
    let project = project();
    project.write("pipeline.lock", "version = 1\n[stage.mine]\ndigest = 7\n");
    let outcome = project.run(&["run"]).expect(2);
    assert!(outcome.err.contains("cannot be understood"), "{}", outcome.err);
    let _ = project.run(&["lock"]).expect(0);
    let _ = project.run(&["run"]).expect(0);
}
