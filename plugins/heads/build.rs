//! Compiles `signs.txt` into static tables, so that a fresh instance builds nothing.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use rehearsal_cues::Cues;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=signs.txt");
    let cues =
        Cues::parse(&fs::read_to_string("signs.txt")?).map_err(|e| format!("signs.txt: {e}"))?;
    let mut names: Vec<&str> = Vec::new();
    let mut groups = Vec::new();
    for cue in cues.cues.iter() {
        let known = names.iter().position(|name| *name == cue.label);
        groups.push(known.unwrap_or(names.len()));
        if known.is_none() {
            names.push(&cue.label);
        }
    }
    let mut source = format!("static CUES: Cues = {};\n", cues.to_source());
    writeln!(source, "/// Names of the groups, in the order of the file.")?;
    writeln!(source, "pub(crate) const NAMES: [&str; {}] = {names:?};", names.len())?;
    writeln!(source, "/// Group of each cue.")?;
    writeln!(source, "static GROUPS: [u8; {}] = {groups:?};", groups.len())?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("signs.rs"), source)?;
    Ok(())
}
