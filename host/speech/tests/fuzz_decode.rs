//! Damaged files of every kind: no panic, no endless work, no invented hours of audio.
//!
//! Runs for three seconds, and for a minute where `CI` is set;
//! `REHEARSAL_FUZZ_SECONDS` makes it as long as wanted, and `REHEARSAL_FUZZ_SEED` repeats
//! a run. A failure prints the seed of its input.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{shared, write_wav};
use rehearsal_speech::decode::PcmStream;

/// A small generator (xorshift): the same inputs from the same seed everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn corpus(scratch: &Path) -> Vec<(String, Vec<u8>)> {
    let wave: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
    let path = scratch.join("made.wav");
    write_wav(&path, 8_000, &[wave.clone(), wave]);
    let mut files = vec![path];
    if let Some(folder) = shared() {
        let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        let mut small: Vec<PathBuf> = entries
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("jfk.")))
            .collect();
        small.sort();
        files.extend(small);
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut made: Vec<PathBuf> =
        fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    made.sort();
    files.extend(made);
    files
        .into_iter()
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&p).unwrap()))
        .collect()
}

/// Flips, overwrites, cuts, repeats and splices; headers more often than the rest.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    for _ in 0..=dice.roll(6) {
        if bytes.is_empty() {
            return;
        }
        let near = if dice.roll(2) == 0 { bytes.len().min(512) } else { bytes.len() };
        let at = dice.roll(near);
        match dice.roll(6) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.roll(5)],
            2 => {
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill(if dice.roll(2) == 0 { 0xff } else { 0 });
            }
            3 => bytes.truncate(at),
            4 => {
                let end = (at + dice.roll(64)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = dice.roll(bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => {
                let from = dice.roll(other.len());
                let end = (from + dice.roll(4_096)).min(other.len());
                let to = (at + end - from).min(bytes.len());
                bytes.splice(at..to, other[from..end].iter().copied());
            }
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn damaged_files_are_decoded_or_refused() {
    // Parsers that panic are caught and reported as faults; their messages would only
    // hide the test's own.
    let scratch = tempfile::tempdir().unwrap();
    let corpus = corpus(scratch.path());
    let begun = Instant::now();
    let usual = if std::env::var_os("CI").is_some() { 60 } else { 3 };
    let budget = Duration::from_secs(number("REHEARSAL_FUZZ_SECONDS", usual));
    let first = number("REHEARSAL_FUZZ_SEED", 1);
    let mut tried = 0;
    for seed in first.. {
        if begun.elapsed() > budget {
            break;
        }
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..8).for_each(|_| _ = dice.roll(2));
        let (name, original) = &corpus[dice.roll(corpus.len())];
        let (_, other) = &corpus[dice.roll(corpus.len())];
        let mut bytes = original.clone();
        mutate(&mut bytes, other, &mut dice);
        let path = scratch.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let case = Instant::now();
        let mut decoded = 0;
        if let Ok(mut stream) = PcmStream::open(&path) {
            while let Ok(Some(block)) = stream.next_block() {
                assert!(block.iter().flatten().all(|s| s.is_finite()), "seed {seed}: {name}");
                assert!(block.iter().all(|p| p.len() == block[0].len()), "seed {seed}: {name}");
                decoded += block[0].len();
                // A clock that was damaged may claim half an hour of missing audio.
                assert!(decoded < 16_000 * 7_200, "seed {seed}: {name} has no end");
            }
        }
        assert!(case.elapsed() < Duration::from_secs(60), "seed {seed}: {name} took too long");
        tried += 1;
    }
    println!("{tried} damaged files from seed {first}");
    assert!(tried > 10);
}
