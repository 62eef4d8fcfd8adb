//! A hostile plugin in every place of a pipeline: what a user is told, and that nothing
//! else is lost.

use std::path::PathBuf;

use rehearsal_tests::{Project, invented_call, plugin};
use serde_json::Value;

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

fn rows(project: &Project) -> usize {
    project.rows("roleplay", "chat").len()
}

/// What an operator reads of an attack: stage, attack, export, and how the message begins.
const TOLD: [(&str, &str, &str, &str); 34] = [
    (
        "nepq",
        "ungranted-import",
        "start",
        "plugin `nepq` needs `audio`, which is not granted to it",
    ),
    (
        "nepq",
        "endless-loop",
        "extract",
        "plugin `nepq` was stopped: `extract` took longer than 500ms; smaller batches or a higher deadline may help, unless it hangs",
    ),
    (
        "nepq",
        "endless-host-calls",
        "extract",
        "plugin `nepq` was stopped: `extract` took longer than 500ms",
    ),
    ("nepq", "sleep", "extract", "plugin `nepq` was stopped: `extract` took longer than 500ms"),
    (
        "nepq",
        "memory-bomb",
        "extract",
        "plugin `nepq` was stopped in `extract` by a limit on bytes of memory: it holds ",
    ),
    (
        "nepq",
        "handle-bomb",
        "extract",
        "plugin `nepq` was stopped in `extract` by a limit on handles: it holds 256 and asked for 1, but the limit is 256",
    ),
    (
        "texts",
        "granted-handle-bomb",
        "load",
        "plugin `texts` was stopped in `load` by a limit on handles: it holds 128 and asked for 1, but the limit is 128",
    ),
    (
        "nepq",
        "deep-recursion",
        "extract",
        "plugin `nepq` crashed in `extract`: wasm trap: call stack exhausted",
    ),
    (
        "nepq",
        "abort",
        "extract",
        "plugin `nepq` crashed in `extract`: wasm trap: wasm `unreachable` instruction executed",
    ),
    ("nepq", "exit-zero", "extract", "plugin `nepq` crashed in `extract`: it exited with status 0"),
    (
        "nepq",
        "too-many",
        "extract",
        "plugin `nepq` breaks the contract in `extract`: it answered 3 results to 2; its author must correct this",
    ),
    (
        "nepq",
        "too-few",
        "extract",
        "plugin `nepq` breaks the contract in `extract`: it answered 1 results to 2; its author must correct this",
    ),
    (
        "nepq",
        "huge-string",
        "extract",
        "the result is too large: bytes of one string: it holds 0 and asked for 9437184, but the limit is 8388608",
    ),
    (
        "nepq",
        "huge-list",
        "extract",
        "the result is too large: annotations of a conversation: it holds 0 and asked for 125000, but the limit is 100000",
    ),
    (
        "quality",
        "huge-list",
        "merge",
        "plugin `quality` was stopped in `merge` by a limit on bytes of a partial: it holds 0 and asked for 2097152, but the limit is 1048576",
    ),
    (
        "nepq",
        "wrong-turn",
        "extract",
        "the result breaks the contract: `evil` names turn 4294967295 of 1",
    ),
    (
        "texts",
        "wrong-turn",
        "load",
        "the result breaks the contract: turn 0 belongs to participant 7, but there are 1",
    ),
    (
        "nepq",
        "split-character",
        "extract",
        "the result breaks the contract: `evil` has a span 0..10 outside the characters of turn 0 (0..19)",
    ),
    (
        "nepq",
        "backwards-span",
        "extract",
        "the result breaks the contract: `evil` has a span 2..1 outside the characters of turn 0 (0..19)",
    ),
    (
        "nepq",
        "not-a-number",
        "extract",
        "the result breaks the contract: `evil` is NaN: a measure that cannot be had is `unavailable`",
    ),
    (
        "quality",
        "not-a-number",
        "conclude",
        "plugin `quality` breaks the contract in `conclude`: the metric `evil` is NaN; its author must correct this",
    ),
    (
        "roleplay",
        "duplicate",
        "build",
        "the result breaks the contract: two examples have the key `one`",
    ),
    (
        "roleplay",
        "folder-name",
        "build",
        "the result breaks the contract: example `one` is of the family `../../../evil`: a family is up to 64 of a-z, 0-9, _ and -",
    ),
    ("nepq", "transient", "extract", "it may work later: come back later"),
    (
        "texts",
        "endless",
        "list",
        "the loader gave 1000 parts in a row with nothing in them and always a next one; its author must correct this",
    ),
    (
        "texts",
        "circle",
        "load",
        "the loader leads in a circle: a part that it gave before comes again; its author must correct this",
    ),
    ("nepq", "environment", "extract", "no environment variable is there"),
    (
        "nepq",
        "http",
        "extract",
        "GET https://leak.example.com/ is not granted to `nepq`; to allow it, add to `grant.http` of `nepq`",
    ),
    (
        "texts",
        "http",
        "load",
        "GET https://leak.example.com/ is not granted to `texts`; to allow it, add to `grant.http` of `texts`",
    ),
    ("nepq", "http-smuggle", "extract", "POST http://127.0.0.1:"),
    ("nepq", "http-redirect", "extract", "GET http://127.0.0.1:"),
    (
        "texts",
        "http-inside",
        "list",
        "`rebound.invalid` is a loopback address; to allow it, add `allow_private = true` to the grant at pipeline.toml; `inside.invalid` is a private address; to allow it, add `allow_private = true` to the grant at pipeline.toml; `metadata.invalid` is a link-local address, where metadata services are; to allow it",
    ),
    ("texts", "http-secret", "load", "the secret was blotted out 4 times and is nowhere else in "),
    ("nepq", "clock", "extract", "the clock stands at 1735689600 s"),
];

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
