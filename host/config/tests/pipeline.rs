//! A good file becomes the values that it says, and defaults where it says nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rehearsal_config::{
    Budget, Config, DatasetFormat, Datasets, Features, Interface, KeyPlace, Learner, Plugin, Price,
    Privacy, PrivacyMode, PseudonymScope, SecretOrigin, SpeechModel, Split, Stage, StageKind,
    Trust,
};
use serde_json::json;
use tempfile::TempDir;

const FULL: &str = include_str!("full.toml");

/// The full example in a folder that has what it names.
fn full() -> (TempDir, Config) {
    let folder = TempDir::new().expect("a temporary folder");
    fs::create_dir_all(folder.path().join("examples/calls")).expect("a folder");
    fs::write(folder.path().join("mine.wasm"), b"").expect("a file");
    let path = folder.path().join("pipeline.toml");
    fs::write(&path, FULL).expect("a file");
    let config = Config::load(&path).unwrap_or_else(|error| panic!("{error}"));
    (folder, config)
}

fn minimal(rest: &str) -> Config {
    let text = format!(
        "[pipeline]\nname = \"demo\"\n[[source]]\nid = \"calls\"\nplugin = \"recordings\"\n{rest}"
    );
    Config::parse(Path::new("pipeline.toml"), text).unwrap_or_else(|report| panic!("{report}"))
}

fn stage<'a>(config: &'a Config, id: &str) -> &'a Stage {
    config.pipeline.stages().find(|stage| stage.id == id).expect("a stage of that id")
}

#[test]
fn personal_data_is_replaced_unless_a_file_says_otherwise() {
    let privacy = minimal("").pipeline.privacy;
    assert_eq!((privacy.mode, privacy.key), (PrivacyMode::Redact, KeyPlace::Default));
    let off = minimal("[privacy]\nmode = \"off\"").pipeline.privacy;
    assert_eq!(off.mode, PrivacyMode::Off);
    let two = "[privacy]\nkey_env = \"A\"\nkey_file = \"b\"";
    let text = format!(
        "[pipeline]\nname = \"demo\"\n[[source]]\nid = \"a\"\nplugin = \"recordings\"\n{two}"
    );
    let report = Config::parse(Path::new("pipeline.toml"), text).expect_err("two keys");
    assert!(report.render(false).contains("names two keys"), "{}", report.render(false));
}

#[test]
fn a_full_file_is_read_as_written() {
    let (folder, config) = full();
    let pipeline = &config.pipeline;
    assert_eq!(config.warnings().diagnostics(), []);
    assert_eq!(
        (pipeline.name.as_str(), pipeline.workers, pipeline.batch, pipeline.seed),
        ("demo", 2, 32, 7)
    );
    assert_eq!(pipeline.workspace, folder.path().join("work"));
    assert_eq!(pipeline.speech.model, SpeechModel::Catalogue("base".to_owned()));
    assert_eq!(pipeline.speech.language.as_deref(), Some("en"));
    assert_eq!(pipeline.speech.vocabulary, ["Brightline"]);
    assert_eq!(
        pipeline.privacy,
        Privacy {
            mode: PrivacyMode::Report,
            key: KeyPlace::File(folder.path().join("secret/privacy.key")),
            scope: PseudonymScope::Account,
            release: "2026-03".to_owned(),
        }
    );
    let ids: Vec<(StageKind, &str)> =
        pipeline.stages().map(|stage| (stage.kind, stage.id.as_str())).collect();
    assert_eq!(
        ids,
        [
            (StageKind::Source, "calls"),
            (StageKind::Source, "fathom"),
            (StageKind::Extractor, "tone"),
            (StageKind::Path, "roleplay"),
            (StageKind::Validator, "example-quality"),
        ]
    );
    assert_eq!(pipeline.sources[0].licence.as_deref(), Some("CC0-1.0"));
    let split = Split {
        train: 0.7,
        validation: 0.2,
        test: 0.1,
        stratify: vec!["source".to_owned(), "region".to_owned()],
        test_sellers: 0.05,
        test_since: Some("2026-03-01".to_owned()),
    };
    assert_eq!(pipeline.paths[0].split, Some(split));
    assert_eq!(
        pipeline.datasets,
        Datasets {
            formats: vec![DatasetFormat::Jsonl],
            conversations: false,
            refuse_licences: vec!["unknown".to_owned(), "CC-BY-NC-*".to_owned()],
            split: None,
        }
    );
    assert_eq!(stage(&config, "fathom").plugin, Plugin::File(folder.path().join("./mine.wasm")));
    let limits = stage(&config, "calls").limits;
    assert_eq!(limits.memory, Some(256 << 20));
    assert_eq!(limits.time, Some(Duration::from_secs(10)));
    let [nepq, partner] = &pipeline.trainers[..] else { panic!("two trainers") };
    assert_eq!(
        nepq.learner,
        Learner::Classifier {
            task: "nepq_type".to_owned(),
            extractor: None,
            annotation: None,
            labels: Vec::new(),
            features: Features { annotations: true, embeddings: true },
            trust: Trust { cue: 0.1, ..Trust::default() },
            gate: true,
        }
    );
    assert_eq!((partner.id.as_str(), partner.dataset.as_deref()), ("partner", Some("roleplay")));
    assert!(matches!(&partner.learner, Learner::Command { env, .. } if *env == ["PATH"]));
}

#[test]
fn grants_are_read_as_written() {
    let (folder, config) = full();
    let files = stage(&config, "calls").grants.files.as_ref().expect("a grant of files");
    assert_eq!(files.root, folder.path().join("examples/calls"));
    let matcher = files.matcher().expect("good patterns");
    assert!(matcher.is_match("call.mp3") && matcher.is_match("2026/call.mp3"));
    assert!(matcher.is_match("video/call.mp4") && !matcher.is_match("video/deep/call.mp4"));
    assert!(!matcher.is_match("notes.txt"));

    let http = &stage(&config, "fathom").grants.http[0];
    assert_eq!(http.methods, ["GET"]);
    assert_eq!(
        http.rates.iter().map(|rate| (rate.count.get(), rate.per.as_secs())).collect::<Vec<_>>(),
        [(60, 60)]
    );
    let secret = http.secret.as_ref().expect("a secret");
    assert_eq!(secret.origin, SecretOrigin::Env("FATHOM_API_KEY".to_owned()));
    assert_eq!(secret.prefix, "Bearer ");
    let budget = Budget { requests: Some(2000), tokens: Some(3_000_000), money: Some(5.0) };
    assert_eq!(http.budget, budget);
    assert_eq!(http.price, Some(Price { input: 0.15, output: 0.6 }));
    assert_eq!(http.parallel, Some(8));

    let tone = &stage(&config, "tone").grants;
    assert!(tone.allows(Interface::Audio) && tone.allows(Interface::Semantics));
    assert!(!tone.allows(Interface::Files) && !tone.allows(Interface::Http));
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = minimal("");
    let pipeline = &config.pipeline;
    assert_eq!(pipeline.workspace, Path::new(".rehearsal"));
    assert!(pipeline.workers >= 1);
    assert_eq!((pipeline.batch, pipeline.seed), (64, 0));
    assert_eq!(pipeline.speech.model, SpeechModel::Catalogue("base".to_owned()));
    assert_eq!(pipeline.speech.language, None);
    assert_eq!(stage(&config, "calls").config, json!({}));
    assert_eq!(config.warnings().diagnostics().len(), 1, "no path: no training data");
}

#[test]
fn settings_are_handed_on_as_json() {
    let config =
        minimal("config = { z = 1_000, a = 0x10, when = 2026-11-22, f = 1.5, l = [true] }");
    let stage = stage(&config, "calls");
    assert_eq!(
        stage.config,
        json!({ "z": 1000, "a": 16, "when": "2026-11-22", "f": 1.5, "l": [true] })
    );
}

#[test]
fn equal_settings_have_equal_canonical_text_however_they_are_written() {
    let inline = minimal("config = { b = { y = 2, x = \"é\\n\" }, a = [1, 2] }");
    let dotted = minimal("config.a = [ 1,\n 2 ]\nconfig.b.x = \"é\\u000a\"\nconfig.b.y = 0b10");
    let header = minimal("[source.config]\na = [1, 2]\n[source.config.b]\ny = 2\nx = \"é\\n\"");
    let text = stage(&inline, "calls").canonical_config();
    assert_eq!(text, r#"{"a":[1,2],"b":{"x":"é\n","y":2}}"#);
    assert_eq!(stage(&dotted, "calls").canonical_config(), text);
    assert_eq!(stage(&header, "calls").canonical_config(), text);
}

#[test]
fn spans_point_at_what_was_written() {
    let (_folder, config) = full();
    let text = |span: std::ops::Range<usize>| &FULL[span];
    let calls = stage(&config, "calls");
    assert_eq!(text(calls.spans.header.clone()), "[[source]]");
    assert_eq!(text(calls.spans.plugin.clone()), "\"recordings\"");
    assert_eq!(text(calls.spans.id.clone()), "\"calls\"");
    assert_eq!(text(calls.grant_span()), "grant");
    assert_eq!(text(calls.config_span("/sidecar/kinds/1")), "\"json\"");
    assert_eq!(text(calls.config_span("/sidecar/absent")), "{ kinds = [\"toml\", \"json\"] }");
    assert_eq!(text(stage(&config, "roleplay").config_span("/x")), "[[path]]");
    assert_eq!(text(config.pipeline.speech.model_span.clone()), "\"base\"");
}

#[test]
fn a_file_that_is_not_there_or_not_text_says_so() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("pipeline.toml");
    let absent = Config::load(&path).expect_err("there is no file").to_string();
    assert!(absent.starts_with("cannot read the pipeline file"), "{absent}");
    fs::write(&path, b"[pipeline]\nname = \"\xff\"\n").expect("a file");
    let binary = Config::load(&path).expect_err("it is no text").to_string();
    assert!(binary.contains("line 2 has other bytes"), "{binary}");
}
