//! The `rehearsal` program: sales calls in, training data out.

mod args;
mod commands;
mod exit;
mod places;
mod print;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Arguments;

fn main() -> ExitCode {
    // clap answers usage errors itself, with code 2.
    let arguments = Arguments::parse();
    let json = arguments.json;
    match commands::run(arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            print::failure(&error, json);
            exit::of(&error).into()
        }
    }
}
