//! Attacks on time and room, the same in every export.

use std::hint::black_box;
use std::io::Write;
use std::time::Duration;

use rehearsal_sdk::log;

use crate::{Attack, texts};

/// Bytes of a flood.
const FLOOD: usize = 32 << 20;

/// What a slow answer takes.
const DRIP: Duration = Duration::from_millis(100);

/// Carries out an attack of this kind; others, and floods once they are over, return.
pub fn run(attack: Attack) {
    match attack {
        Attack::EndlessLoop => loop {
            black_box(());
        },
        Attack::EndlessHostCalls => loop {
            log::debug("again");
        },
        Attack::Sleep => std::thread::sleep(Duration::from_secs(86_400)),
        Attack::SlowDrip => std::thread::sleep(DRIP),
        Attack::MemoryBomb => memory_bomb(),
        Attack::HandleBomb => handle_bomb(),
        Attack::DeepRecursion => drop(black_box(down(0))),
        Attack::StdoutFlood => flood(&mut std::io::stdout().lock()),
        Attack::StderrFlood => flood(&mut std::io::stderr().lock()),
        Attack::LogFlood => (0..100_000).for_each(|_| log::info(texts::ESCAPES)),
        Attack::Abort => std::process::abort(),
        Attack::Panic => panic!("the kit was asked to"),
        Attack::ExitZero => std::process::exit(0),
        Attack::ExitThree => std::process::exit(3),
        Attack::EscapesInPanic => panic!("{}", texts::ESCAPES),
        _ => {}
    }
}

fn memory_bomb() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
}

fn handle_bomb() {
    #[cfg(target_family = "wasm")]
    {
        let mut hoard = Vec::new();
        loop {
            hoard.push(wasip2::cli::stdout::get_stdout());
        }
    }
}

/// What it does with the result of the call below keeps it from becoming a loop.
fn down(depth: u64) -> u64 {
    if black_box(depth) == u64::MAX {
        return 0;
    }
    black_box(down(depth + 1)).wrapping_add(depth)
}

fn flood(stream: &mut impl Write) {
    let line = [b'x'; 64 * 1024];
    for _ in 0..FLOOD / line.len() {
        // A stream that takes no more is what it is after.
        if stream.write_all(&line).is_err() {
            return;
        }
    }
}
