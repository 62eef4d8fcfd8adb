//! A long call needs no more memory than a short one.

mod common;

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;

use common::{model, write_wav};
use rehearsal_speech::{Options, Settings, Transcriber};

/// Peak memory of this process in MB.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb / 1024)
}

/// A WAV of `seconds` at 8 kHz whose silence takes no room on disk.
fn long_silence(path: &Path, seconds: u32) {
    write_wav(path, 8_000, &[vec![0.0; 8_000], vec![0.0; 8_000]]);
    let data = seconds * 8_000 * 4;
    let mut file: File = OpenOptions::new().write(true).open(path).unwrap();
    for (at, value) in [(4, data + 36), (40, data)] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&value.to_le_bytes()).unwrap();
    }
    file.set_len(u64::from(data) + 44).unwrap();
}

#[test]
fn an_hour_needs_no_more_memory_than_a_minute() {
    let Some(model) = model(&["tiny.en", "base"]) else { return };
    let Some(before) = peak_mb() else { return println!("skipped: no /proc") };
    let transcriber = Transcriber::load(&model, &Options::default()).unwrap();
    let loaded = peak_mb().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hour.wav");
    long_silence(&path, 3_600);
    let transcript = transcriber
        .transcribe(&path, &Settings::default(), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(transcript.duration_ms, 3_600_000);
    assert!(transcript.segments.is_empty());
    let after = peak_mb().unwrap();
    println!("{before} MB, with the model {loaded} MB, after an hour of audio {after} MB");
    assert!(after - loaded < 200, "{loaded} MB grew to {after} MB");
}
