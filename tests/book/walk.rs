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

/// The part of a page under a heading of the second rank.
fn section(page: &str, title: &str) -> String {
    let (_, below) = page.split_once(&format!("\n## {title}\n")).expect("the page has it");
    below.split("\n## ").next().unwrap_or_default().to_owned()
}

/// Does what a page says in an empty folder, which is given back.
fn walk(name: &str) -> tempfile::TempDir {
    let steps = steps(&page(name));
    assert!(steps.len() > 4, "the page has steps");
    take(steps)
}

/// Does what one section of a page says.
pub(crate) fn walk_section(name: &str, title: &str) -> tempfile::TempDir {
    let steps = steps(&section(&page(name), title));
    assert!(steps.len() > 3, "the section has steps");
    take(steps)
}

fn take(steps: Vec<Step>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for step in steps {
        match step {
            Step::Write { file, text } => {
                let file = folder.path().join(file);
                fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
                fs::write(file, text.replace("/path/to/rehearsal", &root().display().to_string()))
                    .expect("it can be written");
            }
            Step::Run { command, shown } => {
                let (success, said) = shell(folder.path(), &command);
                assert!(success, "$ {command}\n{said}");
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

/// Runs a command as a reader would, with this program and the tools of all languages;
/// whether it succeeded, and all that it said.
fn shell(folder: &Path, command: &str) -> (bool, String) {
    let programs = binary().parent().map(Path::to_owned).expect("it has a folder");
    let mut path = vec![programs];
    path.extend(TOOLS.iter().map(|tools| target().join(tools)));
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let output = Command::new("sh")
        .args(["-ec", command])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).expect("names without colons"))
        .env("CARGO_TARGET_DIR", target().join("book"))
        // As the page on Rust has it for lines in backtraces, for all pages, since a second
        // profile would build everything a second time.
        .env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only")
        .env("CARGO_PROFILE_RELEASE_STRIP", "none")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("a shell");
    let [out, err] =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    (output.status.success(), out + &err)
}

/// Where `cargo xtask setup` puts the tools of other languages, in the target folder.
const TOOLS: [&str; 2] = ["python/languages/bin", "tools/javascript/node_modules/.bin"];

/// Whether a tool that a page wants is here. A machine without it says so; one that claims
/// to test everything has to have it.
pub(crate) fn has(tool: &str) -> bool {
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
    a_crash_is_told_with_function_file_and_line(folder.path());
}

/// What a user is told of a real component with debug information: in the conformance kit
/// and in a run.
fn a_crash_is_told_with_function_file_and_line(folder: &Path) {
    let source = folder.join("asks/src/lib.rs");
    let text = fs::read_to_string(&source).expect("the scaffold's source");
    let function =
        text.lines().position(|line| line.starts_with("fn annotate(")).expect("it is there");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(function + 1, "    assert!(call.turns.len() > 9_000, \"a call is too short\");");
    fs::write(&source, lines.join("\n")).expect("it can be written");
    let (built, said) = shell(folder, "rehearsal plugin build asks && rehearsal lock");
    assert!(built, "{said}");
    for command in ["rehearsal plugin test asks/asks.wasm", "rehearsal run"] {
        let (holds, said) = shell(folder, command);
        assert!(!holds && said.contains("crashed in `extract`"), "$ {command}\n{said}");
        let place = format!("asks/src/lib.rs:{})", function + 2);
        let first = said.lines().find_map(|line| line.trim().strip_prefix("in "));
        let first = first.unwrap_or_else(|| panic!("$ {command}\n{said}"));
        assert!(first.contains("annotate (") && first.ends_with(&place), "{place}: {said}");
        assert!(said.contains("a call is too short"), "{said}");
    }
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
