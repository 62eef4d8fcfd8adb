//! A hostile plugin in every place of a pipeline: what a user is told, and that nothing
//! else is lost.

mod page;
mod told;

use std::path::PathBuf;

use rehearsal_tests::{Project, invented_call, plugin, root};
use serde_json::Value;

use crate::told::TOLD;

const HEAD: &str = "[pipeline]\nname = \"evil\"\n";
const TEXTS: &str =
    "[[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n";
const NEPQ: &str = "[[extractor]]\nid = \"nepq\"\nplugin = \"nepq\"\n";
const PATH: &str = "[[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n";
const QUALITY: &str = "[[validator]]\nid = \"quality\"\nplugin = \"example-quality\"\n";

/// A name that leads nowhere, for whoever must be granted some address to start.
const NOWHERE: &str = "grant.http = [{ url = \"https://nowhere.invalid/\" }]\n";

fn evil(world: &str) -> PathBuf {
    plugin(&format!("evil/evil-{world}"))
}

/// A stage of the kit, with time enough for a busy machine and not more.
fn stage(section: &str, world: &str, config: &str) -> String {
    // What the kit imports in a world, it has to be granted to start.
    let grant = match world {
        "loader" => format!("grant.files = \"texts\"\n{NOWHERE}"),
        "extractor" => format!("grant.audio = true\n{NOWHERE}"),
        _ => String::new(),
    };
    format!(
        "[[{section}]]\nid = \"stranger\"\nplugin = \"{}\"\nconfig = {{ {config} }}\n{grant}\
         limits = {{ time = \"1 s\", memory = \"64 MiB\" }}\n",
        evil(world).display()
    )
}

/// Two calls with this stage among the others.
fn project(stage: &str) -> Project {
    let project = Project::new(&format!("{HEAD}{TEXTS}{NEPQ}{PATH}{QUALITY}{stage}"));
    project.write("texts/good.txt", invented_call(1, 12));
    let bad = format!("{}Rep: Good day, margaret.\n", invented_call(2, 12));
    project.write("texts/bad.txt", bad);
    project
}

/// Bytes of the process that hundreds of attacks may leave behind: warm slots of the pool
/// (16 of 4 MiB and their tables) and what the allocator holds on to. There are some
/// thirty memory bombs of 64 MiB, so those that stay are seen.
const ROOM: u64 = 96 << 20;

fn rows(project: &Project) -> usize {
    project.rows("roleplay", "chat").len()
}

#[test]
fn nothing_gets_through_and_everybody_is_told_why() {
    let tone = "[[extractor]]\nid = \"tone\"\nplugin = \"tone-pacing\"\ngrant.audio = true\n\
                limits = { memory = \"64 MiB\" }\n";
    let small = "limits = { memory = \"64 MiB\" }\n";
    let project = Project::new(&format!(
        "{HEAD}{TEXTS}{small}{tone}{NEPQ}{small}{PATH}{small}{QUALITY}{small}\
         [[extractor]]\nid = \"again\"\nplugin = \"nepq\"\n{small}"
    ));
    project.write("texts/good.txt", invented_call(1, 12));
    let outcome = project.run(&["check", "--attack", "--json"]).expect(0).json();
    assert_eq!(outcome["held"], true, "{outcome:#}");
    assert_eq!(outcome["alike"], serde_json::json!([["again", "nepq"]]));
    let attempts = outcome["attempts"].as_array().expect("attempts");
    assert!(attempts.len() > 300, "{} attempts", attempts.len());
    for (stage, attack, export, message) in TOLD {
        let found = attempts.iter().find(|attempt| {
            attempt["stage"] == stage && attempt["attack"] == attack && attempt["export"] == export
        });
        let told = found.and_then(|attempt| attempt["message"].as_str()).unwrap_or_default();
        assert!(told.starts_with(message), "{attack} in {stage}.{export}: {told}");
    }
    for attempt in attempts {
        let attack = attempt["attack"].as_str().expect("a name");
        let has_message = TOLD.iter().any(|(_, told, ..)| *told == attack);
        assert!(has_message, "nobody checks what is told of `{attack}`");
    }
    // After each attack, not only after the last.
    let [before, most] = ["before", "most"].map(|when| outcome["memory"][when].as_u64());
    let room = before.expect("this system tells") + ROOM;
    assert!(most.expect("this system tells") < room, "{}", outcome["memory"]);
    page::check(attempts);
}

#[test]
fn the_program_leaves_no_limit_out() {
    // Benchmarks can have a sandbox with holes; nothing that a user starts names it.
    let mut folders = vec![root().join("host"), root().join("xtask")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path != root().join("host/sandbox/src") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let source = std::fs::read_to_string(&path).expect("a source");
                for hole in ["Sandbox::without", "rehearsal_sandbox::Without", "Without {"] {
                    assert!(!source.contains(hole), "{}: {hole}", path.display());
                }
                read += 1;
            }
        }
    }
    assert!(read > 200, "{read} sources read");
}

#[test]
fn an_extractor_that_misbehaves_on_one_call_costs_that_call() {
    let alone = project("");
    let _ = alone.run(&["run"]).expect(0);
    let whole = rows(&alone);
    for (attack, told) in [
        ("endless-loop", "`extract` took longer than 1s"),
        ("sleep", "`extract` took longer than 1s"),
        ("memory-bomb", "by a limit on bytes of memory"),
        ("abort", "crashed in `extract`: wasm trap: wasm `unreachable` instruction executed"),
        ("exit-zero", "crashed in `extract`: it exited with status 0"),
        ("too-many", "it answered 2 results to 1"),
        ("wrong-span", "outside the characters of turn 0"),
        ("huge-error", "[2J"),
    ] {
        let stranger = format!("attack = \"{attack}\", when = \"margaret\"");
        let project = project(&stage("extractor", "extractor", &stranger));
        let outcome = project.run(&["run"]).expect(3);
        assert!(outcome.err.contains(told), "{attack}: {}", outcome.err);
        assert!(!outcome.err.contains('\u{1b}'), "{attack}: {}", outcome.err);
        assert!(outcome.err.contains("stranger: bad.txt"), "{attack}: {}", outcome.err);
        let left = rows(&project);
        assert!(left > 0 && left < whole, "{attack}: {left} of {whole} rows");
        let letters = project.run(&["dead-letters", "--json"]).expect(0).json();
        assert_eq!(letters.as_array().map(Vec::len), Some(1), "{attack}: {letters}");
        assert_eq!(letters[0]["stage"], "stranger");
    }
}

#[test]
fn a_slow_drip_of_transient_errors_holds_up_nobody_for_long() {
    let alone = project("");
    let drip = project(&stage("extractor", "extractor", "attack = \"slow-drip\""));
    for project in [&alone, &drip] {
        for number in 3..15 {
            project.write(&format!("texts/{number}.txt"), invented_call(number, 12));
        }
    }
    let _ = alone.run(&["run"]).expect(0);
    let run = drip.run(&["run", "--json"]).expect(3).json();
    let stage = &run["summary"]["stages"]["stranger"];
    assert_eq!((&stage["put_off"], &stage["failed"]), (&14.into(), &0.into()), "{run:#}");
    // It is not asked about every call, only until it was in vain five times.
    let told = drip.run(&["run"]).expect(3);
    assert!(told.err.contains("it may work later: come back later"), "{}", told.err);
    assert_eq!(rows(&drip), rows(&alone));
}

#[test]
fn hostile_loaders_paths_and_validators_cost_their_own_results_only() {
    let alone = project("");
    let _ = alone.run(&["run"]).expect(0);
    for (section, world, config, told) in [
        ("source", "loader", "attack = \"endless\", in = \"list\"", "always a next one"),
        ("source", "loader", "attack = \"circle\", in = \"list\"", "leads in a circle"),
        ("source", "loader", "attack = \"endless\", in = \"load\"", "always a next one"),
        ("source", "loader", "attack = \"circle\", in = \"load\"", "leads in a circle"),
        ("source", "loader", "attack = \"duplicate\", in = \"load\"", "two items of this key"),
        ("source", "loader", "attack = \"panic\", in = \"list\"", "the kit was asked to"),
        ("path", "path-builder", "attack = \"folder-name\"", "a family is up to 64"),
        ("path", "path-builder", "attack = \"duplicate\"", "two examples have the key `one`"),
        ("validator", "validator", "attack = \"abort\", in = \"merge\"", "crashed in `merge`"),
        ("validator", "validator", "attack = \"huge-string\", in = \"conclude\"", "one string"),
    ] {
        let project = project(&stage(section, world, config));
        let outcome = project.run(&["run"]).expect(3);
        assert!(outcome.err.contains(told), "{config}: {}", outcome.err);
        assert!(outcome.out.contains("data set roleplay written"), "{config}: {}", outcome.out);
        if section == "validator" {
            assert_eq!(rows(&project), rows(&alone), "{config}");
        }
    }
}

#[test]
fn a_call_whose_text_is_hostile_cannot_play_with_the_terminal() {
    let project = project(&stage("source", "loader", "attack = \"escapes\""));
    let run = project.run(&["run"]);
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let theirs = calls
        .as_array()
        .and_then(|calls| calls.iter().find(|call| call["source"] == "stranger").cloned());
    let id = theirs.expect("the call is there")["id"].as_str().expect("an id").to_owned();
    for shown in [run, project.run(&["show", &id]), project.run(&["show"])] {
        for text in [&shown.out, &shown.err] {
            let bad = |c: char| matches!(c, '\u{1b}' | '\u{7}' | '\u{9b}' | '\u{202e}' | '\r');
            assert!(!text.contains(bad), "{text:?}");
        }
    }
}

#[test]
fn the_smallest_grants_are_found() {
    let project =
        project("[[extractor]]\nid = \"tone\"\nplugin = \"tone-pacing\"\ngrant.audio = true\n");
    project.write("texts/notes.md", "nothing to load");
    let stages = project.run(&["check", "--minimal", "--json"]).expect(0).json();
    let of = |id: &str| -> Value {
        let stages = stages["stages"].as_array().expect("stages");
        stages.iter().find(|stage| stage["stage"] == id).cloned().expect("the stage")
    };
    assert_eq!(
        of("texts")["needed"],
        serde_json::json!([r#"grant.files = { root = "texts", include = ["*.txt"] }"#])
    );
    // There is no sound behind a text, so it never asks.
    assert_eq!(of("tone")["needed"], serde_json::json!([]));
    assert_eq!(of("tone")["unused"], serde_json::json!(["audio"]));
    assert_eq!(of("nepq")["needed"], serde_json::json!([]));
    assert_eq!(of("nepq")["items"], 2);
    let text = project.run(&["check", "--minimal"]).expect(0).out;
    assert!(text.contains("[[extractor]]  # nepq, 2 items\n# needs nothing"), "{text}");
}
