//! Compiles the cue files into static tables, so that a fresh instance builds nothing.
//!
//! SPIN question types have no file of their own: they are asked with the same words as
//! the NEPQ types that mean the same, and share their cues.

use std::{fs, io};

/// NEPQ types and the SPIN types that mean the same.
const SPIN: [(&str, &str); 3] = [
    ("situation.", "spin:situation."),
    ("problem_awareness.", "spin:problem."),
    ("consequence.", "spin:implication."),
];

fn main() -> io::Result<()> {
    let files = ["techniques.txt", "discovery.txt", "../nepq/cues.txt"];
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    let [techniques, discovery, nepq] = files.map(fs::read_to_string);
    let spin = spin(&nepq?);
    rehearsal_cues::build::compile("cues", &[techniques?, discovery?, spin].join("\n"))
}

fn spin(nepq: &str) -> String {
    let lines = nepq.lines().filter_map(|line| {
        let (from, to) = SPIN.iter().find(|(from, _)| line.starts_with(from))?;
        Some(format!("{to}{}\n", &line[from.len()..]))
    });
    lines.collect()
}
