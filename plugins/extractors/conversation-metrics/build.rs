//! Compiles the fillers into static tables, so that a fresh instance builds nothing.

use std::{fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=fillers.txt");
    rehearsal_cues::build::compile("fillers", &fs::read_to_string("fillers.txt")?)
}
