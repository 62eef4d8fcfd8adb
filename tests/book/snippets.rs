//! What the book shows of pipeline.toml is read by the program's own reader.

use std::fs;

use rehearsal_config::{Config, Error};

use crate::docs;
use crate::links::pages;

/// Blocks of code in a language: the line after the fence, and the text.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(named)) => {
                let wanted = named.split([',', ' ']).next() == Some(language);
                open = Some((number + 2, wanted, String::new()));
            }
            (Some(_), Some(_)) => {
                if let Some((line, true, block)) = open.take() {
                    found.push((line, block));
                }
            }
            (Some((_, _, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// A block as a whole pipeline: what it leaves out is added.
fn whole(block: &str) -> String {
    let section = |name: &str| block.lines().any(|line| line.starts_with(&format!("[{name}]")));
    let list = |name: &str| block.contains(&format!("[[{name}"));
    let mut text = String::new();
    // Keys without a header belong to some stage.
    let bare = !block.lines().any(|line| line.starts_with('['));
    if bare {
        text.push_str(&format!("[[extractor]]\nid = \"bare\"\nplugin = \"nepq\"\n{block}\n"));
    } else {
        text.push_str(block);
    }
    if !section("pipeline") {
        text.push_str("\n[pipeline]\nname = \"book\"\n");
    }
    if !list("source") {
        text.push_str("\n[[source]]\nid = \"book-source\"\nplugin = \"transcripts\"\n");
    }
    if !list("path") {
        text.push_str("\n[[path]]\nid = \"book-path\"\nplugin = \"roleplay-partner\"\n");
    }
    text
}

#[test]
fn every_toml_block_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for name in pages().into_iter().filter(|path| !path.starts_with("research")) {
        let text = fs::read_to_string(docs().join(&name)).expect("a page");
        // A block that says what file it is and is no pipeline is the walk's.
        for (line, block) in blocks(&text, "toml") {
            if ["[package]", "[dependencies]", "[[check]]"].iter().any(|own| block.contains(own)) {
                continue;
            }
            seen += 1;
            // A grant's own table belongs to the stage before it.
            let text = match block.trim_start().starts_with("[[source.grant") {
                true => format!("[[source]]\nid = \"s\"\nplugin = \"fathom\"\n{block}"),
                false => block,
            };
            let file = folder.path().join("pipeline.toml");
            if let Err(report) = Config::parse(&file, whole(&text)) {
                // Files and paths that a block names need not be here.
                let told = Error::from(report).to_string();
                let elsewhere = ["error: there is no", "error: no path makes a data set"];
                let excused: usize = elsewhere.iter().map(|what| told.matches(what).count()).sum();
                if excused < told.matches("error:").count() {
                    wrong.push(format!("{}:{line}\n{told}", name.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 5, "{seen}");
}
