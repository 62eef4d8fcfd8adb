//! The pages on writing plugins, tried as a new author would: every file of a page is
//! written, every command is run, and what the page shows of its output has to come.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rehearsal_tests::{binary, root};

use crate::page;
use crate::snippets::blocks;

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

/// Folder of what a build keeps, shared by all pages, and of the tools of other languages.
fn target() -> PathBuf {
    let target = binary().ancestors().nth(2).map(Path::to_owned);
    target.expect("the target folder")
}

/// Does what a page says in an empty folder, which is given back.
fn walk(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let programs = binary().parent().map(Path::to_owned).expect("it has a folder");
    let mut path = vec![programs];
    path.extend(TOOLS.iter().map(|tools| target().join(tools)));
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let path = std::env::join_paths(path).expect("names without colons");
    let steps = steps(&page(name));
    assert!(steps.len() > 4, "the page has steps");
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
                    .env("PATH", &path)
                    .env("CARGO_TARGET_DIR", target().join("book"))
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
                println!("$ {command}\n{said}");
            }
        }
    }
    folder
}

/// Where `cargo xtask setup` puts the tools of other languages, in the target folder.
const TOOLS: [&str; 2] = ["python/languages/bin", "tools/javascript/node_modules/.bin"];

/// Whether a tool that a page wants is here. A machine without it says so; one that claims
/// to test everything has to have it.
fn has(tool: &str) -> bool {
    let folders = TOOLS.iter().map(|tools| target().join(tools));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders.chain(std::env::split_paths(&path)).any(|at| at.join(tool).is_file());
    if !found {
        println!("SKIPPED: there is no {tool}; `cargo xtask setup` fetches what it can");
    }
    found
}

/// What a page shows of the scaffold's source is in it.
fn shows(name: &str, language: &str, source: &Path) {
    let source = fs::read_to_string(source).expect("the scaffold's source");
    let shown = blocks(&page(name), language);
    assert!(!shown.is_empty(), "{name} shows code");
    for (line, block) in shown {
        assert!(source.contains(&block), "docs/{name}:{line} is not what `plugin new` writes");
    }
}

#[test]
fn the_page_on_a_loader_of_ones_own_works_as_it_stands() {
    walk("writing/csv-loader.md");
}

#[test]
fn the_page_on_rust_works_as_it_stands() {
    let folder = walk("writing/rust.md");
    shows("writing/rust.md", "rust", &folder.path().join("asks/src/lib.rs"));
}

#[test]
fn the_page_on_python_works_as_it_stands() {
    if has("componentize-py") {
        let folder = walk("writing/python.md");
        shows("writing/python.md", "python", &folder.path().join("asks/app.py"));
    }
}

#[test]
fn the_page_on_javascript_works_as_it_stands() {
    if has("componentize-qjs") {
        let folder = walk("writing/javascript.md");
        shows("writing/javascript.md", "js", &folder.path().join("asks/plugin.js"));
    }
}

#[test]
fn the_page_on_c_works_as_it_stands() {
    if has("clang") && Path::new("/usr/lib/wasm32-wasi/libc.a").is_file() {
        let folder = walk("writing/c.md");
        shows("writing/c.md", "c", &folder.path().join("asks/plugin.c"));
    }
}
