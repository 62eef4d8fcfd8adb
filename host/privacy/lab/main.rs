//! Trains and measures the tagger of names on a corpus with marked personal data.
//!
//! ```text
//! privacy-lab train CORPUS WEIGHTS   fit on all calls and write the weights
//! privacy-lab eval CORPUS [-v]       cross-validate by call; planted data; -v: errors
//! ```
//!
//! The same corpus gives the same weights, bit for bit.

mod corpus;
mod evaluate;
mod fit;
mod plant;
mod train;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["train", corpus, weights] => train::run(Path::new(corpus), Path::new(weights)),
        ["eval", corpus] => evaluate::run(Path::new(corpus), false),
        ["eval", corpus, "-v"] => evaluate::run(Path::new(corpus), true),
        _ => Err("Usage: privacy-lab train CORPUS WEIGHTS | eval CORPUS [-v]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
