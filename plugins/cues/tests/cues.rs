//! Cue files and what they match.

use std::sync::LazyLock;

use proptest::prelude::*;
use rehearsal_cues::{Cues, Finder, Hit, Scan};

/// Rules and the words they match.
fn find(file: &str, text: &str) -> Vec<(String, String)> {
    let cues = Cues::parse(file).unwrap();
    let found = Scan::default().find(&cues, text);
    found
        .into_iter()
        .map(|one| (cues.cues[one.cue].rule.to_string(), text[one.range].to_owned()))
        .collect()
}

fn words(file: &str, text: &str) -> Vec<String> {
    find(file, text).into_iter().map(|(_, words)| words).collect()
}

#[test]
fn choices_options_and_gaps() {
    let file = "a.x 0.5 what (happens|would happen) if *2 (nothing|you don't)";
    assert_eq!(
        words(file, "So, what would happen if, say, nothing moves"),
        ["what would happen if, say, nothing"]
    );
    assert_eq!(words(file, "WHAT HAPPENS IF YOU DON’T"), ["WHAT HAPPENS IF YOU DON’T"]);
    assert!(words(file, "what happens if one two three nothing").is_empty());
    assert!(words(file, "What happens. If nothing").is_empty(), "no match crosses a sentence");
    assert_eq!(
        words("a.x 0.5 how's? that going", "How’s that going? How that going"),
        ["How’s that going", "How that going"]
    );
    assert_eq!(words("a.x 0.5 what * you", "what made you. what you"), ["what made you"]);
}

#[test]
fn the_longest_match_of_a_cue_and_every_cue_that_matches() {
    let file = "# two\na.long 0.5 tell me more?\n\na.short 0.6 tell me";
    let found = find(file, "tell me more");
    assert_eq!(found, [("long".into(), "tell me more".into()), ("short".into(), "tell me".into())]);
}

#[test]
fn questions_quotations_and_negations() {
    let file = "a.x 0.5 ? why now";
    assert_eq!(words(file, "Why now? I said why now.").len(), 1);
    assert_eq!(words(file, "so why now then").len(), 1, "text without punctuation may ask");
    assert!(words(file, "She said \"why now?\" Right?").is_empty());
    assert!(words(file, "I didn't ask why now, did I?").is_empty());
    assert_eq!(words("a.x 0.5 ? tell me", "Why don't you tell me?").len(), 1);
}

#[test]
fn a_cue_may_have_to_begin_or_end_a_sentence() {
    let opens = "a.x 0.5 ^ fair enough";
    assert_eq!(words(opens, "Fair enough. That was fair enough."), ["Fair enough"]);
    let closes = "a.x 0.5 ? (isn't it|right) $";
    assert_eq!(words(closes, "Right you are? It's dear, isn't it?"), ["isn't it"]);
    let both = "a.x 0.5 ^ oh (no|dear) *1 $";
    assert_eq!(words(both, "Oh no. Oh no, not that one."), ["Oh no"]);
}

#[test]
fn a_pipelines_own_cues_are_bounded_and_checked() {
    static BUILT_IN: LazyLock<Cues> = LazyLock::new(|| Cues::parse("a.x 0.5 one two").unwrap());
    let new = |own: &[String], replace| Finder::new(&BUILT_IN, own, replace, &["a", "b"]);
    let own = ["b.y 0.9 two".to_owned(), "a.z 0.4 one".to_owned()];
    let both = new(&own, false).unwrap();
    let mut scan = Scan::default();
    let rules = |hits: Vec<Hit<'_>>| -> Vec<String> {
        hits.into_iter().map(|hit| hit.cue.rule.to_string()).collect()
    };
    assert_eq!(rules(both.find(&mut scan, "one two")), ["x", "z", "y"]);
    assert_eq!(rules(both.best(&mut scan, "one two")), ["x", "y"], "the best of each label");
    assert_eq!(rules(new(&own, true).unwrap().best(&mut scan, "one two")), ["z", "y"]);

    for (own, what) in [
        (vec!["c.x 0.5 one".to_owned()], "`c` is no label; they are a, b"),
        (vec!["a.x 0.5 one".to_owned(); 1_001], "at most 1000"),
        (vec!["a.x 0.5 one\na.y 0.5 two".to_owned()], "one line"),
        (vec![format!("a.x 0.5 {}", "one ".repeat(200))], "at most 500 bytes"),
        (vec![format!("a.x 0.5 {}", "(".repeat(100))], "at most 8 deep"),
    ] {
        let error = new(&own, false).unwrap_err();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn mistakes_name_the_line_and_what_is_wrong() {
    for (file, line, what) in [
        ("# ok\nname 0.5 word", 2, "`label.rule`"),
        ("a.b 1.5 word", 1, "between 0 and 1"),
        ("a.b 0.5 (one|two", 1, "never closed"),
        ("a.b 0.5 one) two", 1, "follows the end"),
        ("a.b 0.5 one *9 two", 1, "at most 6"),
        ("a.b 0.5 *2 two", 1, "starts with a word"),
        ("a.b 0.5 wh@t", 1, "is no word"),
        ("a.b 0.5", 1, "no pattern"),
    ] {
        let error = Cues::parse(file).unwrap_err();
        assert_eq!(error.line, line, "{file}");
        assert!(error.what.contains(what), "{file}: {error}");
    }
    assert_eq!(Cues::parse("").map(|cues| cues.cues.len()), Ok(0));
}

proptest! {
    /// Plain phrases are found exactly where a word-by-word search finds them.
    #[test]
    fn agrees_with_a_plain_search(
        phrases in proptest::collection::vec(proptest::collection::vec("[abc]", 1..4), 1..6),
        text in proptest::collection::vec("[abcd]", 0..30),
    ) {
        let lines: Vec<String> = phrases.iter().enumerate().map(|(i, p)| format!("l.r{i} 0.5 {}", p.join(" "))).collect();
        let cues = Cues::parse(&lines.join("\n")).unwrap();
        let joined = text.join(" ");
        let mut found: Vec<(usize, usize)> = Scan::default().find(&cues, &joined).into_iter().map(|m| (m.range.start / 2, m.cue)).collect();
        found.sort_unstable();
        let mut wanted = Vec::new();
        for start in 0..text.len() {
            for (index, phrase) in phrases.iter().enumerate() {
                if text[start..].starts_with(phrase) {
                    wanted.push((start, index));
                }
            }
        }
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn no_file_and_no_text_panics(file in "([ab]\\.x 0\\.5 )?[ab|()*?^$1-9' \n.]{0,40}", text in "\\PC{0,60}") {
        if let Ok(cues) = Cues::parse(&file) {
            for found in Scan::default().find(&cues, &text) {
                prop_assert!(text.get(found.range).is_some());
            }
        }
    }
}
