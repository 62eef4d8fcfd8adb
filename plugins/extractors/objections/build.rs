//! Compiles the cue files into static tables, so that a fresh instance builds nothing.

use std::{fs, io};

fn main() -> io::Result<()> {
    for (name, file) in [("objection_cues", "objections.txt"), ("move_cues", "moves.txt")] {
        println!("cargo::rerun-if-changed={file}");
        rehearsal_cues::build::compile(name, &fs::read_to_string(file)?)?;
    }
    Ok(())
}
