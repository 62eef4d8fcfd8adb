//! The book in `docs/`: what is generated is current, what it links to is there, what it
//! shows works. `BLESS=1 cargo test -p rehearsal-tests --test book` writes the generated
//! pages anew.

mod commands;
mod contract;
mod links;
mod pages;
mod pipeline;
mod plugins;
mod snippets;
mod walk;
mod web_services;

use std::fs;
use std::path::PathBuf;

use rehearsal_tests::root;

fn docs() -> PathBuf {
    root().join("docs")
}

/// A page of the book.
fn page(name: &str) -> String {
    fs::read_to_string(docs().join(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// What the program prints.
fn rehearsal(arguments: &[&str]) -> String {
    rehearsal_tests::Project::new("").run(arguments).expect(0).out
}

#[test]
fn generated_pages_are_current() {
    pages::check(vec![
        ("reference/pipeline-toml.md".to_owned(), pipeline::page()),
        ("reference/contract.md".to_owned(), contract::page()),
        ("reference/command-line.md".to_owned(), plugins::command_line()),
    ]);
    pages::check_parts(plugins::parts());
}
