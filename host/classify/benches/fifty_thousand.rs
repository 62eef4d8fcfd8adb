//! How long a classifier takes to learn 50,000 texts of six classes: turns of the corpus
//! with two turns before each, words left out at random so that no two are alike.
//!
//! `cargo bench -p rehearsal-classify --profile dev`

use std::time::Instant;

use rehearsal_classify::{Classifier, Example, Input, Settings};

const TEXTS: usize = 50_000;
const CLASSES: usize = 6;

fn main() {
    let turns = turns();
    let mut random = 1_u64;
    let mut next = move || {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    let examples: Vec<Example> = (0..TEXTS)
        .map(|number| {
            let at = 2 + next() as usize % (turns.len() - 2);
            let lines = turns[at - 2..=at].iter().map(|turn| {
                let words: Vec<&str> = turn.split(' ').filter(|_| next() % 8 > 0).collect();
                format!("[SELLER] {}", words.join(" "))
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            let call = format!("call{}", at / 30);
            let labels = vec![turns[at].len() % CLASSES];
            let weight = if number % 3 == 0 { 1.0 } else { 0.3 };
            Example { input: Input { text, ..Input::default() }, labels, weight, call }
        })
        .collect();
    let classes: Vec<String> = (0..CLASSES).map(|class| format!("class {class}")).collect();
    let start = Instant::now();
    let classifier =
        Classifier::train(&classes, &examples, &[], Settings::default()).expect("it learns");
    println!(
        "{TEXTS} texts, {CLASSES} classes, {} columns: {:.1} s with calibration",
        classifier.columns(),
        start.elapsed().as_secs_f64()
    );
}

/// Texts of all turns of the corpus.
fn turns() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("calls_")))
        .collect();
    files.sort();
    let mut turns = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file).expect("text").lines() {
            let call: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let own = call["turns"].as_array().expect("turns").iter();
            turns.extend(own.map(|turn| turn["text"].as_str().expect("text").to_owned()));
        }
    }
    turns
}
