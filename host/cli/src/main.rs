//! The `rehearsal` program: sales calls in, training data out.

mod args;
mod commands;
mod exit;
mod places;
mod print;
mod progress;
mod wav;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Arguments;

/// Threads hand each other calls and results, which leaves an allocator with an arena a
/// thread holding a third more than is in use (bench `load_million`).
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
