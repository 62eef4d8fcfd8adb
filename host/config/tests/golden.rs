//! Every `golden/*.toml` is broken in one typical way and stands beside its `.err`: what
//! a user reads. `BLESS=1 cargo test -p rehearsal-config` writes them anew.

use std::path::{Path, PathBuf};
use std::{env, fs};

use rehearsal_config::{Config, Error};

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/golden")
        .expect("the golden files are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    cases.sort();
    cases
}

/// What a user reads of a file: its errors, or else its warnings.
fn messages(case: &Path) -> String {
    match Config::load(case) {
        Ok(config) => config.warnings().render(false),
        Err(Error::Invalid(report)) => report.render(false),
        Err(other) => other.to_string(),
    }
}

#[test]
fn broken_files_say_what_would_be_right() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = messages(&case) + "\n";
        let golden = case.with_extension("err");
        if env::var_os("BLESS").is_some() {
            fs::write(&golden, found).expect("the golden file can be written");
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_golden_message_names_file_line_and_column() {
    for case in cases() {
        let name = case.display().to_string();
        for message in messages(&case).split("\n\n") {
            let place = message.lines().find(|line| line.contains(&format!("--> {name}:")));
            assert!(place.is_some(), "no place in\n{message}");
        }
    }
}
