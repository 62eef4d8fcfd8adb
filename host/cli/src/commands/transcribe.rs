//! `rehearsal transcribe`: speech recognition as a tool of its own.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rehearsal_speech::models::Store;
use rehearsal_speech::{Options, Settings, Transcriber, Transcript};
use serde_json::json;

use crate::args::{Format, Transcribe};
use crate::exit::Exit;
use crate::{print, progress};

pub(crate) fn run(what: &Transcribe, json: bool) -> Result<Exit> {
    let transcriber = Transcriber::load(&model(&what.model)?, &Options { threads: what.threads })?;
    let settings = Settings {
        language: what.language.clone().filter(|language| language != "auto"),
        prompt: what.prompt.clone(),
        ..Settings::default()
    };
    let format = if json { Format::Json } else { what.format };
    let mut exit = Exit::Done;
    for file in &what.files {
        // One bad file does not cost the others.
        if let Err(error) = transcribe(&transcriber, &settings, file, format, what.files.len()) {
            eprintln!("failed: {error}");
            exit = if what.files.len() == 1 { Exit::Failure } else { Exit::FailedItems };
        }
    }
    Ok(exit)
}

/// A file of one's own, or a model of the catalogue, fetched if need be.
fn model(name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    Ok(Store::open_default()?.ensure(name, &mut |event| {
        if let Some(note) = rehearsal_pipeline::pull_note(&event) {
            eprintln!("{note}");
        }
    })?)
}

fn transcribe(
    transcriber: &Transcriber,
    settings: &Settings,
    file: &Path,
    format: Format,
    files: usize,
) -> Result<()> {
    let name = file.display().to_string();
    let reporter = progress::reporter(false);
    let mut tell = |progress: rehearsal_speech::Progress| {
        let total = progress.total_ms.map(|ms| ms / 1000);
        reporter.progress(&name, progress.done_ms / 1000, total, "s of audio");
        ControlFlow::Continue(())
    };
    let transcript = transcriber.transcribe(file, settings, &mut tell)?;
    reporter.finished(&name);
    if files > 1 && format != Format::Json {
        print::out(&format!("# {name}"));
    }
    match format {
        Format::Json => print::json(&json!({ "file": name, "transcript": transcript })),
        Format::Txt => print::out(text(&transcript).trim_end()),
        Format::Vtt => print::out(vtt(&transcript).trim_end()),
        Format::Srt => print::out(srt(&transcript).trim_end()),
    }
    for fault in &transcript.faults {
        eprintln!("warning: {name}: {fault}");
    }
    eprintln!(
        "{name}: {} of audio in {}, real-time factor {:.3}",
        print::seconds(transcript.duration_ms as f64 / 1000.0),
        print::seconds(transcript.timing.seconds),
        transcript.timing.real_time_factor,
    );
    Ok(())
}

fn text(transcript: &Transcript) -> String {
    let mut text = String::new();
    for segment in &transcript.segments {
        let speaker = &transcript.speakers[segment.speaker].id;
        let _ = writeln!(text, "[{}] {speaker}: {}", print::clock(segment.start_ms), segment.text);
    }
    text
}

fn vtt(transcript: &Transcript) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for segment in &transcript.segments {
        let (start, end) = (time(segment.start_ms, '.'), time(segment.end_ms, '.'));
        let speaker = &transcript.speakers[segment.speaker].id;
        let _ = writeln!(text, "\n{start} --> {end}\n<v {speaker}>{}</v>", segment.text);
    }
    text
}

fn srt(transcript: &Transcript) -> String {
    let mut text = String::new();
    for (index, segment) in transcript.segments.iter().enumerate() {
        let (start, end) = (time(segment.start_ms, ','), time(segment.end_ms, ','));
        let speaker = &transcript.speakers[segment.speaker].id;
        let _ = writeln!(text, "{}\n{start} --> {end}\n{speaker}: {}\n", index + 1, segment.text);
    }
    text
}

fn time(ms: u64, point: char) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{point}{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
