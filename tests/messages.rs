//! What goes wrong is said once, clearly, and costs nothing else.

use rehearsal_tests::{Project, invented_call, plugin, root};

const HEAD: &str = "[pipeline]\nname = \"test\"\n";
const TEXTS: &str =
    "[[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n";

fn texts(rest: &str) -> Project {
    let path = "[[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n";
    let project = Project::new(&format!("{HEAD}{TEXTS}{path}{rest}"));
    project.write("texts/good.txt", invented_call(1, 12));
    project
}

#[test]
fn a_broken_pipeline_points_at_the_line() {
    let path = "[[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n";
    let project = Project::new(&format!("{HEAD}workes = 2\n{TEXTS}{path}"));
    project.write("texts/good.txt", invented_call(1, 12));
    let outcome = project.run(&["check"]).expect(2);
    assert!(outcome.err.contains("pipeline.toml:3:1"), "{}", outcome.err);
    assert!(outcome.err.contains("workers"), "{}", outcome.err);
    let json = project.run(&["check", "--json"]).expect(2).json();
    assert_eq!(json["diagnostics"][0]["line"], 3);
}

#[test]
fn an_unknown_plugin_a_wrong_world_and_a_missing_grant_are_diagnostics() {
    let nepq = plugin("nepq");
    let project = texts(&format!(
        "[[extractor]]\nid = \"a\"\nplugin = \"nepk\"\n\
         [[validator]]\nid = \"b\"\nplugin = \"{}\"\n\
         [[extractor]]\nid = \"c\"\nplugin = \"tone-pacing\"\n",
        nepq.display()
    ));
    let err = project.run(&["check"]).expect(2).err;
    assert!(err.contains("nepq"), "{err}");
    assert!(err.contains("extractor") && err.contains("validator"), "{err}");
    assert!(err.contains("grant.audio = true"), "{err}");
}

#[test]
fn a_setting_that_the_plugin_does_not_know_points_into_the_file() {
    let project =
        texts("[[validator]]\nid = \"q\"\nplugin = \"example-quality\"\nconfig = { mni = 2 }\n");
    let err = project.run(&["check"]).expect(2).err;
    assert!(err.contains("pipeline.toml:13:"), "{err}");
    assert!(err.contains("mni"), "{err}");
}

#[test]
fn an_empty_transcript_fails_alone_and_is_not_tried_again() {
    let project = texts("");
    project.write("texts/empty.txt", "");
    let outcome = project.run(&["run"]).expect(3);
    assert!(outcome.err.contains("empty.txt"), "{}", outcome.err);
    let summary = project.run(&["run", "--json"]).expect(3).json();
    assert_eq!(summary["summary"]["calls"], 1);
    assert_eq!(summary["summary"]["sources"]["texts"]["unchanged"], 2);
    let status = project.run(&["status"]).expect(0).out;
    assert!(status.contains("failed in texts: empty.txt"), "{status}");
    project.write("texts/empty.txt", invented_call(2, 12));
    let _ = project.run(&["run"]).expect(0);
    let status = project.run(&["status"]).expect(0).out;
    assert!(status.contains("nothing failed"), "{status}");
}

#[test]
fn a_file_that_only_claims_to_be_a_recording_fails_alone() {
    let calls = "[[source]]\nid = \"calls\"\nplugin = \"recordings\"\ngrant.files = \"calls\"\n";
    let project = texts(calls);
    project.write("calls/fake.wav", b"this is no recording at all".repeat(40));
    let outcome = project.run(&["run"]).expect(3);
    assert!(outcome.err.contains("fake.wav"), "{}", outcome.err);
    assert!(
        outcome.out.contains("source texts: 1 entries, 0 unchanged, 1 calls loaded"),
        "{}",
        outcome.out
    );
}

#[test]
fn a_missing_model_is_named_and_nothing_else_stops() {
    let calls = "[[source]]\nid = \"calls\"\nplugin = \"recordings\"\ngrant.files = \"calls\"\n";
    let project = texts(calls);
    let recording = root().join("examples/calls/dental-callback.mp3");
    project.write("calls/call.mp3", std::fs::read(recording).expect("the example is there"));
    // No model here, and no way to one: both origins are refused at once.
    let models = project.path().join("models");
    let run = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("REHEARSAL_MODELS", &models).env("REHEARSAL_OFFLINE", "1");
        rehearsal_tests::outcome(command.output().expect("the program starts"))
    };
    let outcome = run(&["run"]).expect(3);
    assert!(outcome.err.contains("speech model `base`"), "{}", outcome.err);
    assert!(outcome.out.contains("texts: 1 entries"), "{}", outcome.out);
    // It is not settled: the next run tries again.
    assert!(run(&["run"]).expect(3).err.contains("speech model `base`"));
}

#[test]
fn a_second_process_is_told_who_is_at_work() {
    let project = texts("");
    let _ = project.run(&["run"]).expect(0);
    for number in 0..400 {
        project.write(&format!("texts/{number}.txt"), invented_call(number, 24));
    }
    let mut first = project.command(&["run"]).spawn().expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(150));
    let second = project.run(&["status"]);
    if first.try_wait().expect("its state").is_none() {
        let second = second.expect(1);
        assert!(second.err.contains(&format!("process {}", first.id())), "{}", second.err);
    }
    first.wait().expect("it ends");
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let project = texts("");
    let outcome = project.run(&["status"]).expect(2);
    assert!(outcome.err.contains("rehearsal run"), "{}", outcome.err);
    let _ = project.run(&["run"]).expect(0);
    let outcome = project.run(&["show", "ffff"]).expect(2);
    assert!(outcome.err.contains("no call begins with `ffff`"), "{}", outcome.err);
    let outcome = project.run(&["explain", "roleplay/nonsense/0"]).expect(2);
    assert!(outcome.err.contains("not an id"), "{}", outcome.err);
    let outcome = project.run(&["plugin", "inspect", "pipeline.toml.wasm"]).expect(1);
    assert!(outcome.err.contains("cannot read the plugin"), "{}", outcome.err);
}
