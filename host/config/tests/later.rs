//! Findings made after parsing, by who knows the plugins: shown on the file all the same.

use std::path::Path;

use rehearsal_config::{Config, Diagnostic, Interface, Stage};

const SCHEMA: &str = r##"{
    "type": "object",
    "additionalProperties": false,
    "required": ["language"],
    "properties": {
        "language": { "type": "string", "description": "Language of the cues.", "examples": ["en"] },
        "tier": { "enum": ["cues", "learned"] },
        "threshold": { "type": "number", "minimum": 0, "maximum": 1, "default": 0.5 },
        "cues": { "type": "array", "items": { "$ref": "#/$defs/cue" } }
    },
    "$defs": {
        "cue": {
            "type": "object",
            "additionalProperties": false,
            "properties": { "phrase": { "type": "string" }, "label": { "type": "string" } }
        }
    }
}"##;

fn config(stage: &str) -> Config {
    let text = format!(
        "[pipeline]\nname = \"demo\"\n\n[[source]]\nid = \"calls\"\nplugin = \"recordings\"\n\n\
         [[extractor]]\nid = \"nepq\"\nplugin = \"nepq\"\n{stage}\n\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n"
    );
    Config::parse(Path::new("pipeline.toml"), text).unwrap_or_else(|report| panic!("{report}"))
}

fn nepq(config: &Config) -> &Stage {
    &config.pipeline.extractors[0]
}

/// What the finding labels first, and what it says.
fn shown(config: &Config, finding: &Diagnostic) -> (String, String, String) {
    let (span, _) = &finding.labels[0];
    (
        config.document().text()[span.clone()].to_owned(),
        finding.message.clone(),
        finding.help.clone().unwrap_or_default(),
    )
}

fn schema_findings(stage: &str) -> Vec<(String, String, String)> {
    let config = config(stage);
    let findings = config.check_schema(nepq(&config), SCHEMA);
    findings.iter().map(|finding| shown(&config, finding)).collect()
}

fn only(stage: &str) -> (String, String, String) {
    let mut findings = schema_findings(stage);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

#[test]
fn good_settings_pass() {
    let stage = "config = { language = \"en\", tier = \"cues\", threshold = 1, \
                 cues = [{ phrase = \"what if\", label = \"consequence\" }] }";
    assert_eq!(schema_findings(stage), []);
}

#[test]
fn an_unknown_setting_is_shown_with_the_one_that_was_meant() {
    let (at, message, help) = only("config = { language = \"en\", treshold = 0.3 }");
    assert_eq!(at, "treshold");
    assert_eq!(message, "`config` of `nepq` has no key `treshold`");
    assert_eq!(help, "did you mean `threshold`?");
}

#[test]
fn settings_deep_inside_are_shown_at_their_own_place() {
    let (at, message, help) =
        only("config.language = \"en\"\n[[extractor.config.cues]]\nphrase = \"a\"\nlable = \"b\"");
    assert_eq!(at, "lable");
    assert_eq!(message, "`config.cues[0]` of `nepq` has no key `lable`");
    assert_eq!(help, "did you mean `label`?");
}

#[test]
fn a_wrong_type_says_what_it_is_and_what_would_be_right() {
    let (at, message, help) = only("config = { language = 7 }");
    assert_eq!(at, "7");
    assert_eq!(message, "`config.language` of `nepq` wants a string, not a whole number");
    assert_eq!(help, "Language of the cues; for example `language = \"en\"`");
}

#[test]
fn a_missing_setting_is_shown_at_the_table_or_the_stage() {
    let (at, message, help) = only("config = { threshold = 0.3 }");
    assert_eq!(at, "{ threshold = 0.3 }");
    assert_eq!(message, "`config` of `nepq` lacks `language`");
    assert_eq!(help, "Language of the cues; for example `language = \"en\"`");
    assert_eq!(only("").0, "[[extractor]]");
}

#[test]
fn a_choice_lists_what_there_is() {
    let (at, message, help) = only("config = { language = \"en\", tier = \"learnt\" }");
    assert_eq!(at, "\"learnt\"");
    assert_eq!(message, "`config.tier` of `nepq` cannot be \"learnt\"");
    assert_eq!(help, "did you mean `learned`?");
    let (_, _, help) = only("config = { language = \"en\", tier = \"llm\" }");
    assert_eq!(help, "known here: `cues` and `learned`");
}

#[test]
fn everything_wrong_is_found_at_once() {
    assert_eq!(schema_findings("config = { tier = 1, threshold = 2, x = 3 }").len(), 4);
}

#[test]
fn a_plugin_without_a_schema_takes_no_settings() {
    let config = config("config = { x = 1 }");
    let findings = config.check_schema(nepq(&config), "");
    let (at, _, help) = shown(&config, &findings[0]);
    assert_eq!(
        (at.as_str(), help.as_str()),
        ("x", "nothing can stand here: remove it"),
        "{findings:?}"
    );
}

#[test]
fn a_bad_schema_is_the_plugins_fault_and_never_fetched() {
    let config = config("");
    for schema in ["{", r#"{ "type": "sting" }"#, r#"{ "$ref": "https://example.com/s.json" }"#] {
        let findings = config.check_schema(nepq(&config), schema);
        let (at, message, _) = shown(&config, &findings[0]);
        assert_eq!(at, "\"nepq\"");
        assert_eq!(message, "the plugin of `nepq` declares no usable JSON Schema");
    }
}

#[test]
fn a_missing_grant_names_the_toml_that_would_grant_it() {
    for (stage, at, remedy) in [
        ("", "[[extractor]]", "add under `[[extractor]]` of `nepq`:\ngrant.audio = true"),
        (
            "grant.semantics = true",
            "grant",
            "add under `[[extractor]]` of `nepq`:\ngrant.audio = true",
        ),
        (
            "grant = { semantics = true }",
            "{ semantics = true }",
            "add to the braces of `grant` of `nepq`:\naudio = true",
        ),
        (
            "[extractor.grant]\nsemantics = true",
            "[extractor.grant]",
            "add under `[extractor.grant]` of `nepq`:\naudio = true",
        ),
    ] {
        let config = config(stage);
        let finding = config.missing_grant(nepq(&config), Interface::Audio);
        let (found_at, message, help) = shown(&config, &finding);
        assert_eq!(found_at, at);
        assert_eq!(message, "`nepq` asks for `audio`, which it was not granted");
        assert_eq!(help, format!("to allow it, {remedy}"));
    }
}

#[test]
fn an_unknown_plugin_is_shown_with_the_one_that_was_meant() {
    let config = config("");
    let finding = config.unknown_plugin(nepq(&config), "nepk", &["nepq", "tone-pacing"]);
    let (at, message, help) = shown(&config, &finding);
    assert_eq!(at, "\"nepq\"");
    assert_eq!(message, "there is no built-in extractor `nepk`");
    assert!(help.starts_with("did you mean `nepq`?"), "{help}");
}

#[test]
fn a_report_reads_the_same_for_people_and_programs() {
    let config = config("");
    let report = config.report(vec![
        config.wrong_world(nepq(&config), "loader"),
        Diagnostic::warning("\u{1b}[31mred").label(4..6, "é\u{7}").help("\u{1b}]0;title\u{7}"),
    ]);
    let text = report.render(false);
    assert!(text.contains("pipeline.toml:10:10"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{7}']), "escapes of strangers: {text:?}");
    assert!(report.render(true).contains('\u{1b}'));
    let json = report.to_json();
    assert_eq!(json[0]["severity"], "warning");
    assert_eq!((&json[1]["line"], &json[1]["column"]), (&10.into(), &10.into()));
    assert_eq!(json[1]["message"], "`nepq` cannot run: its plugin is no extractor");
}
