//! "A loader for a CSV of your own", tried as a new author would: every file of the page
//! is written, every command is run, and what the page shows of its output has to come.

use std::fs;
use std::path::Path;
use std::process::Command;

use rehearsal_tests::{binary, root};

use crate::page;

/// What a page asks its reader to do, in order.
enum Step {
    Write { file: String, text: String },
    Run { command: String, shown: Vec<String> },
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines();
    let mut file = None;
    while let Some(line) = lines.next() {
        if let Some(named) = line.strip_prefix("<!-- file: ") {
            file = Some(named.trim_end_matches(" -->").to_owned());
        } else if let Some(language) = line.strip_prefix("```").filter(|name| !name.is_empty()) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(file) = file.take() {
                steps.push(Step::Write { file, text: format!("{}\n", block.join("\n")) });
            } else if language == "console" {
                for line in block {
                    match (line.strip_prefix("$ "), steps.last_mut()) {
                        (Some(command), _) => {
                            steps.push(Step::Run { command: command.to_owned(), shown: Vec::new() })
                        }
                        (None, Some(Step::Run { shown, .. })) if line != "…" => {
                            shown.push(line.to_owned());
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    steps
}

#[test]
fn the_page_on_a_loader_of_ones_own_works_as_it_stands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let programs = binary().parent().map(Path::to_owned).expect("it has a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let target = programs.parent().expect("the target folder").join("book");
    let steps = steps(&page("writing/csv-loader.md"));
    assert!(steps.len() > 6, "the page has steps");
    for step in steps {
        match step {
            Step::Write { file, text } => {
                let file = folder.path().join(file);
                fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
                fs::write(file, text.replace("/path/to/rehearsal", &root().display().to_string()))
                    .expect("it can be written");
            }
            Step::Run { command, shown } => {
                let output = Command::new("sh")
                    .args(["-ec", &command])
                    .current_dir(folder.path())
                    .env("PATH", format!("{}:{path}", programs.display()))
                    .env("CARGO_TARGET_DIR", &target)
                    .env_remove("CARGO_ENCODED_RUSTFLAGS")
                    .output()
                    .expect("a shell");
                let said = format!(
                    "{}{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                );
                assert!(output.status.success(), "$ {command}\n{said}");
                for line in shown {
                    let parts: Vec<&str> = line.split('…').map(str::trim).collect();
                    let mut lines = said.lines();
                    let comes = lines.any(|said| parts.iter().all(|part| said.contains(part)));
                    assert!(comes, "$ {command}\nthe page shows: {line}\nwhat came:\n{said}");
                }
            }
        }
    }
}
