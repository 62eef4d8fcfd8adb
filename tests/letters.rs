//! What failed: kept with all it takes to see it fail again, and settled once it is
//! mended.

use rehearsal_tests::{Project, invented_call, plugin};

fn project(config: &str) -> Project {
    let project = Project::new(&pipeline(config));
    project.write("texts/good.txt", invented_call(1, 12));
    project.write("texts/bad.txt", format!("{}Rep: margaret?\n", invented_call(2, 12)));
    project
}

fn pipeline(config: &str) -> String {
    let stranger = plugin("evil/evil-extractor");
    format!(
        "[pipeline]\nname = \"letters\"\n\
         [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
         [[extractor]]\nid = \"nepq\"\nplugin = \"nepq\"\n\
         [[extractor]]\nid = \"stranger\"\nplugin = \"{}\"\ngrant.audio = true\n\
         grant.http = [{{ url = \"https://nowhere.invalid/\" }}]\n{config}\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n",
        stranger.display()
    )
}

const PANIC: &str = "config = { attack = \"panic\", when = \"margaret\" }\n";

fn only_letter(project: &Project) -> serde_json::Value {
    let letters = project.run(&["dead-letters", "--json"]).expect(0).json();
    assert_eq!(letters.as_array().map(Vec::len), Some(1), "{letters}");
    letters[0].clone()
}

#[test]
fn a_letter_holds_everything_and_replays() {
    let project = project(PANIC);
    let _ = project.run(&["run"]).expect(3);
    let letter = only_letter(&project);
    let id = letter["id"].as_str().expect("an id");
    assert_eq!(letter["stage"], "stranger");
    assert_eq!(letter["config"]["attack"], "panic");
    assert_eq!(letter["component"].as_str().map(str::len), Some(64));
    assert!(letter["output"].as_str().is_some_and(|text| text.contains("the kit was asked to")));
    let text = project.run(&["dead-letters", id]).expect(0).out;
    assert!(text.contains("crashed in `extract`"), "{text}");
    assert!(text.contains("it wrote"), "{text}");

    let again = project.run(&["replay", id, "--json"]).expect(3).json();
    assert_eq!((&again["outcome"], &again["same"]), (&"failed".into(), &true.into()), "{again}");
    assert_eq!(again["changed"], serde_json::json!([]));
    // A replay keeps nothing.
    assert_eq!(only_letter(&project), letter);
    // What plugins write is shown as it comes for those who ask.
    let quiet = project.run(&["replay", id]).expect(3);
    assert!(!quiet.err.contains("crashed"), "{}", quiet.err);
    let loud = project.run(&["replay", id, "--verbose-plugin"]).expect(3);
    assert!(loud.err.contains("plugin `stranger` crashed in `extract`"), "{}", loud.err);
    assert!(loud.err.contains("the kit was asked to"), "{}", loud.err);
    let frames = |text: &str| text.lines().filter(|line| line.starts_with("    in ")).count();
    assert!(frames(&loud.err) > 8, "{}", loud.err);
    let missing = project.run(&["replay", "ffff"]).expect(2);
    assert!(missing.err.contains("no dead letter begins with `ffff`"), "{}", missing.err);
}

#[test]
fn a_mended_stage_replays_well_and_the_next_run_settles_it() {
    let project = project(PANIC);
    let _ = project.run(&["run"]).expect(3);
    let letter = only_letter(&project);
    let id = letter["id"].as_str().expect("an id");
    project.write("pipeline.toml", pipeline(""));
    let replay = project.run(&["replay", id]).expect(0).out;
    assert!(replay.contains("not as it was: the configuration was"), "{replay}");
    assert!(replay.contains("it no longer fails"), "{replay}");
    let _ = project.run(&["run"]).expect(0);
    let letters = project.run(&["dead-letters"]).expect(0).out;
    assert!(letters.contains("nothing failed"), "{letters}");
}

#[test]
fn a_higher_limit_wants_a_retry_and_only_the_failed_call_is_worked_on() {
    let bomb = |limit: &str| {
        format!(
            "config = {{ attack = \"stdout-flood\", when = \"margaret\" }}\n\
             limits = {{ time = \"{limit}\" }}\n"
        )
    };
    let project = project(&bomb("1 ms"));
    let _ = project.run(&["run"]).expect(3);
    project.write("pipeline.toml", pipeline(&bomb("60 s")));
    // Limits are no part of what a result depends on.
    let still = project.run(&["run", "--json"]).expect(3).json();
    assert_eq!(still["summary"]["calls_unchanged"], 2);
    let none = project.run(&["retry", "--plugin", "nepq"]).expect(2);
    assert!(none.err.contains("no item failed in a stage `nepq`"), "{}", none.err);
    let retried = project.run(&["retry", "--plugin", "stranger", "--json"]).expect(0).json();
    assert_eq!(retried["summary"]["calls_unchanged"], 1, "{retried}");
    assert_eq!(retried["summary"]["stages"]["stranger"]["worked"], 1);
    assert_eq!(retried["summary"]["stages"]["nepq"]["cached"], 1);
}

#[test]
fn a_plugin_that_asks_to_come_back_is_asked_again_by_each_run() {
    let project = project("config = { attack = \"transient\", when = \"margaret\" }\n");
    let outcome = project.run(&["run"]).expect(3);
    assert!(outcome.err.contains("it may work later: come back later"), "{}", outcome.err);
    let again = project.run(&["run", "--json"]).expect(3).json();
    assert_eq!(again["summary"]["calls_unchanged"], 1, "{again}");
    project.write("pipeline.toml", pipeline(""));
    let _ = project.run(&["run"]).expect(0);
}

#[test]
fn a_failed_entry_replays_and_its_letter_goes_when_it_is_mended() {
    let project = project("");
    project.write("texts/empty.txt", "");
    let _ = project.run(&["run"]).expect(3);
    let letter = only_letter(&project);
    let id = letter["id"].as_str().expect("an id");
    let replay = project.run(&["replay", id, "--json"]).expect(3).json();
    assert_eq!(replay["same"], true, "{replay}");
    project.write("texts/empty.txt", invented_call(3, 12));
    let _ = project.run(&["run"]).expect(0);
}
