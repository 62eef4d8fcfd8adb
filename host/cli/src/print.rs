//! What the program says: text for people on a terminal, JSON for programs.

use std::io::{IsTerminal, Write};

use rehearsal_config::Report;
use rehearsal_pipeline::PipelineError;
use rehearsal_sandbox::clean;
use serde_json::{Value, json};

/// Prints to standard output; a reader that went away ends the program quietly. Texts of
/// calls and plugins may be in it, so nothing in it reaches a terminal as a command.
pub(crate) fn out(text: &str) {
    let text = clean(text);
    let mut stdout = std::io::stdout().lock();
    if writeln!(stdout, "{text}").is_err() {
        std::process::exit(0);
    }
}

/// A result as JSON.
pub(crate) fn json(value: &Value) {
    out(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// The error that ends the program.
pub(crate) fn failure(error: &anyhow::Error, as_json: bool) {
    if as_json {
        let diagnostics = report(error).map_or(Value::Null, Report::to_json);
        json(&json!({ "error": whole(error), "diagnostics": diagnostics }));
        return;
    }
    match report(error) {
        Some(report) => {
            eprintln!("{}", report.render(std::io::stderr().is_terminal()));
        }
        None => eprintln!("error: {}", clean(&whole(error))),
    }
}

/// An error and its causes, those left out that the former text holds already.
fn whole(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn report(error: &anyhow::Error) -> Option<&Report> {
    match error.downcast_ref::<rehearsal_config::Error>() {
        Some(rehearsal_config::Error::Invalid(report)) => return Some(report),
        Some(_) => return None,
        None => {}
    }
    match error.downcast_ref::<PipelineError>() {
        Some(PipelineError::Config(report)) => Some(report),
        _ => None,
    }
}

/// Milliseconds as `m:ss`.
pub(crate) fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Seconds as people say them.
pub(crate) fn seconds(value: f64) -> String {
    if value < 1.0 {
        format!("{:.0} ms", value * 1000.0)
    } else if value < 120.0 {
        format!("{value:.1} s")
    } else {
        format!("{:.0} min {:02.0} s", (value / 60.0).floor(), value % 60.0)
    }
}
