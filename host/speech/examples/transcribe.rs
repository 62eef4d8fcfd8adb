//! Transcribes one recording with a whisper.cpp model file and prints JSON: the
//! transcript and what it cost. `bench/speech` runs it beside other programs.
//!
//! `cargo run -p rehearsal-speech --example transcribe -- MODEL FILE [THREADS] [LANGUAGE]`

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use rehearsal_speech::{Options, Settings, Transcriber};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, file, rest @ ..] = &arguments[..] else {
        return Err("usage: transcribe MODEL FILE [THREADS] [LANGUAGE]".into());
    };
    let threads = rest.first().map(|t| t.parse::<NonZeroUsize>()).transpose()?;
    let language = rest.get(1).cloned();
    let transcriber = Transcriber::load(Path::new(model), &Options { threads })?;
    let settings = Settings { language, ..Settings::default() };
    let transcript =
        transcriber.transcribe(Path::new(file), &settings, &mut |_| ControlFlow::Continue(()))?;
    let report = serde_json::json!({
        "seconds": transcript.timing.seconds,
        "real_time_factor": transcript.timing.real_time_factor,
        "transcript": transcript,
    });
    println!("{report}");
    Ok(())
}
