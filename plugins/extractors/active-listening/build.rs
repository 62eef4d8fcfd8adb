//! Compiles `cues.txt` into static tables, so that a fresh instance builds nothing.

use std::{fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=cues.txt");
    rehearsal_cues::build::compile("cues", &fs::read_to_string("cues.txt")?)
}
