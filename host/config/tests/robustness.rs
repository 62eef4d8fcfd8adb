//! Whatever stands in the file: an answer, never a panic, and every finding in its place.

use std::path::Path;

use proptest::prelude::*;
use rehearsal_config::Config;

const FULL: &str = include_str!("full.toml");

fn answers(text: &str) -> Result<(), TestCaseError> {
    let report = match Config::parse(Path::new("pipeline.toml"), text.to_owned()) {
        Ok(config) => config.warnings(),
        Err(report) => {
            prop_assert!(report.has_errors());
            report
        }
    };
    for finding in report.diagnostics() {
        for (span, _) in &finding.labels {
            prop_assert!(span.start <= span.end && span.end <= text.len(), "{finding:?}");
        }
    }
    prop_assert_eq!(report.render(false).is_empty(), report.diagnostics().is_empty());
    report.to_json();
    Ok(())
}

/// Pieces that a pipeline file is made of, to be put together wrongly.
fn piece() -> impl Strategy<Value = String> {
    let mut pieces: Vec<String> =
        FULL.split_inclusive([' ', '\n', '.', '=']).map(str::to_owned).collect();
    pieces.extend(
        ["{", "}", "[", "]", "[[", "\"", "'''", ",", "\n", "-1", "nan", "1e999", "é", "\u{1b}"]
            .map(str::to_owned),
    );
    prop::sample::select(pieces)
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answers(&text)?;
    }

    #[test]
    fn any_jumble_of_pieces_is_answered(pieces in prop::collection::vec(piece(), 0..60)) {
        answers(&pieces.concat())?;
    }

    #[test]
    fn a_file_with_a_wrong_stretch_is_answered(
        start in 0..FULL.len(),
        len in 0..40_usize,
        pieces in prop::collection::vec(piece(), 0..4),
    ) {
        let end = (start + len).min(FULL.len());
        answers(&[&FULL[..start], &pieces.concat(), &FULL[end..]].concat())?;
    }
}

/// What a plugin says its settings are.
const SCHEMA: &str = r##"{"type":"object","additionalProperties":false,"required":["language"],
"properties":{"language":{"type":"string","pattern":"^[a-z]+$","examples":["en"]},
"tier":{"enum":["cues","learned"]},"threshold":{"type":"number","minimum":0,"maximum":1},
"cues":{"type":"array","items":{"$ref":"#/$defs/cue"}}},
"$defs":{"cue":{"type":"object","additionalProperties":false,
"properties":{"phrase":{"type":"string"},"cues":{"type":"array","items":{"$ref":"#/$defs/cue"}}}}}}"##;

/// Settings that reach every keyword of it.
const CONFIGURED: &str = r#"[pipeline]
name = "demo"
[[source]]
id = "calls"
plugin = "recordings"
[[extractor]]
id = "nepq"
plugin = "nepq"
config = { language = "en", tier = 1, threshold = 2, cues = [{ phrase = 1, cues = [{}] }] }
[[path]]
id = "roleplay"
plugin = "roleplay-partner"
"#;

/// Whatever a plugin says of its settings: every finding stands in the file.
fn schema_is_answered(schema: &str) {
    let config = Config::parse(Path::new("pipeline.toml"), CONFIGURED.to_owned()).expect("sound");
    for finding in config.check_schema(&config.pipeline.extractors[0], schema) {
        for (span, _) in &finding.labels {
            assert!(CONFIGURED.get(span.clone()).is_some(), "{finding:?}");
        }
    }
}

/// Pieces of schemas, to be put where they do not belong.
const KEYWORDS: [&str; 21] = [
    "",
    "true",
    "false",
    "null",
    "-1",
    "1e999",
    "[]",
    "{}",
    r##""#""##,
    r##""#/$defs/cue""##,
    r##""$ref":"#","##,
    r##""not":{},"##,
    r##""$dynamicRef":"#","##,
    r##""pattern":"(a+)+$","##,
    r##""pattern":"[","##,
    r##""minLength":-1,"##,
    r##""unevaluatedProperties":false,"##,
    r##""multipleOf":0,"##,
    r##""type":"null","##,
    r##""$schema":"x:y","##,
    r##""$id":"http://[","##,
];

proptest! {
    #[test]
    fn a_plugins_schema_with_a_wrong_stretch_is_answered(
        start in 0..SCHEMA.len(),
        len in 0..40_usize,
        piece in prop::sample::select(KEYWORDS.to_vec()),
    ) {
        let end = (start + len).min(SCHEMA.len());
        schema_is_answered(&[&SCHEMA[..start], piece, &SCHEMA[end..]].concat());
    }
}

#[test]
fn a_schema_that_goes_round_in_circles_ends() {
    for schema in [
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"}]}"##,
        r##"{"not":{"$ref":"#"}}"##,
        r##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
        r##"{"$dynamicAnchor":"x","anyOf":[{"$dynamicRef":"#x"}]}"##,
    ] {
        schema_is_answered(schema);
    }
    let deep = format!("{}true{}", r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
    schema_is_answered(&deep);
}

#[test]
fn depth_is_bounded() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{ a = ".repeat(100_000)),
        format!("[[source]]\nconfig.{} = 1", vec!["a"; 100_000].join(".")),
        format!("[[source]]\n[source.config.{}]\n", vec!["a"; 100_000].join(".")),
    ] {
        assert!(Config::parse(Path::new("pipeline.toml"), text).is_err());
    }
}
