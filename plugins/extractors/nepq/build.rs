//! Compiles `cues.txt` into static tables, so that a fresh instance builds nothing.

use std::path::PathBuf;
use std::{env, fs};

use rehearsal_cues::Cues;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=cues.txt");
    let cues =
        Cues::parse(&fs::read_to_string("cues.txt")?).map_err(|e| format!("cues.txt: {e}"))?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("cues.rs");
    fs::write(out, format!("static CUES: Cues = {};\n", cues.to_source()))?;
    Ok(())
}
