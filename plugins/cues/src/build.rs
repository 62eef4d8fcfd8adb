//! For build scripts: a cue file as finished tables.

use std::path::PathBuf;
use std::{env, fs, io};

use crate::Cues;

/// Compiles a cue file into `OUT_DIR/NAME.rs`: a `static` of that name in capitals.
///
/// ```ignore
/// // build.rs
/// rehearsal_cues::build::compile("cues", &std::fs::read_to_string("cues.txt")?)?;
/// // the plugin
/// include!(concat!(env!("OUT_DIR"), "/cues.rs"));
/// ```
///
/// # Errors
/// A line makes no sense, or the file cannot be written.
pub fn compile(name: &str, text: &str) -> io::Result<()> {
    let cues = Cues::parse(text).map_err(|error| io::Error::other(format!("{name}: {error}")))?;
    let folder = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    let source = format!("static {}: Cues = {};\n", name.to_uppercase(), cues.to_source());
    fs::write(PathBuf::from(folder).join(format!("{name}.rs")), source)
}
