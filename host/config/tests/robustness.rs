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
