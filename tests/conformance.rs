//! `rehearsal plugin test`: every built-in plugin keeps the contract, and every way of
//! breaking it is found and named.

use std::path::{Path, PathBuf};

use rehearsal_conformance::{Options, Outcome, Report, examine};
use rehearsal_sandbox::{Component, Sandbox, Settings, World};
use rehearsal_tests::{Project, invented_call, plugin, root};

fn examined(sandbox: &Sandbox, path: &Path, options: &Options) -> (Component, Report) {
    let component = sandbox.load(path).unwrap_or_else(|error| panic!("{error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let report = runtime.expect("a runtime").block_on(examine(&component, options));
    (component, report.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn sandbox() -> Sandbox {
    Sandbox::new(&Settings::default()).expect("the sandbox starts")
}

/// Names and reasons of the broken promises.
fn broken(report: &Report) -> Vec<(&'static str, &str)> {
    let checks = report.checks.iter();
    checks
        .filter_map(|check| match &check.outcome {
            Outcome::Broken(why) => Some((check.name, why.as_str())),
            _ => None,
        })
        .collect()
}

/// What a built-in cannot do without.
fn options(name: &str, folder: &Project) -> Options {
    let config = match name {
        "huggingface-hub" => r#"{"dataset":"acme/calls"}"#,
        // Nobody is there: without an answer, too, the contract holds.
        "llm-labels" => r#"{"base_url":"https://example.com/v1","model":"none"}"#,
        _ => "{}",
    };
    Options {
        config: config.into(),
        files: Some(folder.path().join("calls")),
        ..Options::default()
    }
}

#[test]
fn every_built_in_plugin_keeps_the_contract() {
    let sandbox = sandbox();
    let folder = Project::new("");
    for number in 0..3 {
        folder.write(&format!("calls/{number}.txt"), invented_call(number, 8));
    }
    let built = plugin("nepq");
    let files = built.parent().expect("a folder").read_dir().expect("plugins");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    files.sort();
    assert!(files.len() > 15, "the plugins are built");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let (component, report) = examined(&sandbox, &file, &options(&name, &folder));
        wrong.extend(broken(&report).iter().map(|(check, why)| format!("{name}: {check}: {why}")));
        assert!(report.checks.len() >= 5, "{name}: {:?}", report.checks);
        if component.world() != World::Loader {
            let cost = report.cost.expect("it was measured");
            assert!(cost.conversation_us > 0.0 && cost.memory > 0, "{name}: {cost:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// World, attack and export of the kit; the check that finds it, and what it says.
const MISBEHAVIOUR: &[(&str, &str, &str, &str, &str)] = &[
    ("extractor", "abort", "extract", "hostile calls", "crashed"),
    ("extractor", "too-many", "extract", "hostile calls", "no calls"),
    ("extractor", "wrong-turn", "extract", "hostile calls", "turn"),
    ("extractor", "wrong-span", "extract", "batch", "span"),
    ("extractor", "not-a-number", "extract", "hostile calls", "is NaN"),
    ("extractor", "company", "extract", "alone", "alone, `ordinary call 0` gives something else"),
    ("extractor", "place", "extract", "order", "in another order"),
    ("extractor", "dice", "extract", "chance", "with other random numbers"),
    ("extractor", "undeclared", "extract", "batch", "`virtue` (evil@1), which it does not declare"),
    ("path-builder", "duplicate", "build", "batch", "two examples have the key `one`"),
    ("path-builder", "company", "build", "alone", "alone, `ordinary call 0` gives something else"),
    ("path-builder", "dice", "build", "chance", "with other random numbers"),
    ("path-builder", "undeclared", "build", "batch", "the undeclared family `virtue`"),
    ("validator", "too-few", "inspect", "hostile calls", ""),
    ("validator", "dice", "inspect", "chance", "with other random numbers"),
    ("validator", "undeclared", "inspect", "batch", "`virtue`, which it does not declare"),
    ("validator", "place", "merge", "merging", "the report says something else"),
    ("validator", "not-a-number", "conclude", "merging", ""),
    ("loader", "duplicate", "list", "listing", "`twin` is listed twice"),
    ("loader", "circle", "list", "listing", "no end"),
    ("loader", "circle", "load", "listing", "no end"),
    ("loader", "dice", "list", "chance", "with other random numbers"),
    ("loader", "wrong-span", "load", "listing", ""),
    ("loader", "abort", "load", "listing", "crashed"),
];

#[test]
fn every_misbehaviour_is_found_and_named() {
    let sandbox = sandbox();
    let folder = Project::new("");
    folder.write("calls/one.txt", "Hello there.");
    let mut missed = Vec::new();
    for (world, attack, export, check, says) in MISBEHAVIOUR {
        let path = plugin("nepq").with_file_name("evil").join(format!("evil-{world}.wasm"));
        let config = serde_json::json!({ "attack": attack, "in": export }).to_string();
        let files = (*world == "loader").then(|| folder.path().join("calls"));
        let options = Options { config, files, ..Options::default() };
        let (_, report) = examined(&sandbox, &path, &options);
        let broken = broken(&report);
        let found = broken.iter().any(|(name, why)| name == check && why.contains(says));
        if !found {
            missed.push(format!("{world} {attack} in {export}: {check}: {says}\n{broken:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn fixtures_are_blessed_and_hold_the_plugin_to_them() {
    let project = Project::new("");
    let call = r#"{ "turns": [
        { "speaker": "Ann", "role": "seller", "text": "How are you handling intake today?" },
        { "speaker": "Bob", "role": "prospect", "text": "Spreadsheets." }
    ] }"#;
    project.write("mine/call.json", call);
    let test = |more: &[&str]| {
        let base = ["plugin", "test", "nepq", "--fixtures", "mine"];
        project.run(&[&base[..], more].concat())
    };
    let missing = test(&[]).expect(1);
    assert!(missing.out.contains("`--bless` writes what comes out now"), "{}", missing.out);
    let blessed = test(&["--bless"]).expect(0);
    assert!(blessed.out.contains("1 calls"), "{}", blessed.out);
    let _ = test(&[]).expect(0);
    let path = project.path().join("mine/call.expected.json");
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert!(text.contains("nepq"), "{text}");
    project.write("mine/call.expected.json", text.replace("nepq", "qpen"));
    let differs = test(&[]).expect(1);
    assert!(differs.out.contains("call.expected.json: [0]"), "{}", differs.out);
    let json = test(&["--json"]).expect(1).json();
    assert_eq!(json["holds"], false);
    assert!(json["load_ms"]["again"].as_f64().is_some_and(|time| time > 0.0), "{json}");
    assert!(json["costs"].as_array().is_some_and(|costs| costs.len() > 3), "{json}");
}

#[test]
fn every_world_in_every_language_is_written_and_none_over_another() {
    let project = Project::new("");
    for world in ["loader", "extractor", "path-builder", "validator"] {
        for language in ["rust", "python", "javascript", "c"] {
            let name = format!("{language}-{world}");
            let new = ["plugin", "new", &name, "--world", world, "--lang", language];
            let _ = project.run(&new).expect(0);
            let again = project.run(&new).expect(2);
            assert!(again.err.contains("is there already"), "{}", again.err);
            let world_file = project.path().join(&name).join("wit/world.wit");
            let text = std::fs::read_to_string(world_file).expect("its world");
            assert!(
                text.contains(&format!("export rehearsal:plugin/{world}-api@0.1.0;")),
                "{text}"
            );
        }
    }
    let pinned = project.path().join("c-loader/wit/deps/rehearsal-plugin/types.wit");
    let types = std::fs::read(root().join("wit/types.wit")).expect("the contract");
    assert_eq!(std::fs::read(pinned).expect("it is pinned"), types);
}

#[test]
fn a_missing_tool_is_named_with_what_installs_it() {
    let project = Project::new("");
    for (language, says) in [
        ("python", "pip install -r requirements.txt"),
        ("javascript", "npm install"),
        ("rust", "rustup"),
        ("c", "apt-get install clang lld wasi-libc"),
    ] {
        let new = ["plugin", "new", language, "--world", "extractor", "--lang", language];
        let _ = project.run(&new).expect(0);
        let mut build = project.command(&["plugin", "build", language]);
        let build = build.env("PATH", project.path()).env_remove("VIRTUAL_ENV");
        let build = rehearsal_tests::outcome(build.output().expect("it starts")).expect(1);
        assert!(build.err.contains("is missing") && build.err.contains(says), "{}", build.err);
    }
    let build = project.run(&["plugin", "build"]).expect(1);
    assert!(build.err.contains("`rehearsal plugin new` makes one"), "{}", build.err);
}

/// By hand, since sixteen builds and compilations take some eight minutes on two cores:
/// `cargo test -p rehearsal-tests --test conformance -- --ignored`, after `cargo xtask setup`.
#[test]
#[ignore = "takes minutes; the book's test builds an extractor in every language"]
fn every_scaffold_builds_and_keeps_the_contract() {
    let project = Project::new("");
    let target = plugin("nepq").ancestors().nth(2).map(Path::to_owned).expect("the target folder");
    let tools = ["python/languages/bin", "tools/javascript/node_modules/.bin"];
    let mut path: Vec<PathBuf> = tools.iter().map(|tools| target.join(tools)).collect();
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let path = std::env::join_paths(path).expect("names without colons");
    let run = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("PATH", &path).env("CARGO_TARGET_DIR", target.join("book"));
        rehearsal_tests::outcome(command.output().expect("the program starts")).expect(0)
    };
    for world in ["loader", "extractor", "path-builder", "validator"] {
        for language in ["rust", "python", "javascript", "c"] {
            let started = std::time::Instant::now();
            let name = format!("{language}-{world}");
            let _ = run(&["plugin", "new", &name, "--world", world, "--lang", language]);
            let _ = run(&["plugin", "build", &name]);
            let built = started.elapsed();
            let component = format!("{name}/{name}.wasm");
            let fixtures = format!("{name}/fixtures");
            let tested = run(&["plugin", "test", &component, "--fixtures", &fixtures, "--json"]);
            let tested = tested.json();
            let compared = tested["report"]["checks"].as_array().into_iter().flatten();
            let mut compared = compared.filter(|check| check["name"] == "fixtures");
            assert!(compared.any(|check| check["outcome"] == "holds"), "{name}: {tested}");
            let load = tested["load_ms"]["again"].as_f64().expect("a time");
            println!(
                "{name}: built in {built:.1?}, all of it in {:.1?}, loads in {load} ms",
                started.elapsed()
            );
        }
    }
}
