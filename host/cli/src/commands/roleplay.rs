//! `rehearsal roleplay-metrics`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rehearsal_config::Config;
use rehearsal_dataset::Manifest;
use rehearsal_roleplay::{Chat, Metrics, Real, measure, read_chats};
use rehearsal_statistics::{Bootstrap, Interval};
use serde_json::json;

use crate::args::RoleplayMetrics;
use crate::exit::{Exit, WrongUsage};
use crate::print;

/// Findings of one sort that are listed.
const LISTED: usize = 10;

pub(crate) fn run(what: &RoleplayMetrics, as_json: bool) -> Result<Exit> {
    let workspace = Config::load(&what.file.pipeline)?.pipeline.workspace;
    let folder = workspace.join("datasets").join(&what.dataset);
    let training = dialogues(&folder, &["train"])?;
    let held_out = dialogues(&folder, &["validation", "test", "test_sellers", "test_time"])?;
    if training.is_empty() {
        let message = format!(
            "{} has no dialogues in jsonl/dialogue/chat/train to hold a model against: is \
             `{}` a roleplay data set, and is `jsonl` among [dataset] formats?",
            folder.display(),
            what.dataset
        );
        return Err(WrongUsage(message).into());
    }
    let (mut chats, mut refused) = (Vec::new(), Vec::new());
    for log in &what.logs {
        let text =
            fs::read_to_string(log).with_context(|| format!("cannot read {}", log.display()))?;
        let (read, errors) = read_chats(&text);
        chats.extend(read);
        refused.extend(errors.iter().map(|error| format!("{}: {error}", log.display())));
    }
    let real = Real { training: &training, held_out: &held_out };
    let metrics = measure(&chats, real, Bootstrap::default());
    if as_json {
        print::json(&json!({ "metrics": metrics, "refused": refused }));
    } else {
        tell(&metrics);
    }
    refused.iter().for_each(|line| eprintln!("error: {line}"));
    Ok(if refused.is_empty() { Exit::Done } else { Exit::FailedItems })
}

/// Dialogues of some splits; what people said in them is marked as trained.
fn dialogues(folder: &Path, splits: &[&str]) -> Result<Vec<Chat>> {
    let Some(manifest) = Manifest::read(folder)? else {
        let message =
            format!("there is no data set at {}: `rehearsal run` makes it", folder.display());
        return Err(WrongUsage(message).into());
    };
    let mut chats = Vec::new();
    for file in &manifest.files {
        let path = PathBuf::from(&file.path);
        let of_split = splits
            .iter()
            .any(|split| path.starts_with(Path::new("jsonl/dialogue/chat").join(split)));
        if of_split {
            let path = folder.join(path);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            chats.extend(read_chats(&text).0);
        }
    }
    Ok(chats)
}

fn tell(metrics: &Metrics) {
    print::out(&format!("{} chats, {} messages of the model", metrics.chats, metrics.messages));
    print::out(&format!(
        "persona contradicted    {} of {} chats with a persona",
        share(metrics.contradicted),
        metrics.personas
    ));
    for one in metrics.contradictions.iter().take(LISTED) {
        let persona = if one.persona.is_empty() {
            String::new()
        } else {
            format!(" (persona: {})", one.persona)
        };
        print::out(&format!("  line {}, message {}: {}{persona}", one.line, one.message, one.said));
    }
    let yielding = &metrics.yielding;
    print::out(&format!(
        "gives way too early     {} of {} chats; own messages after objecting: {} (people: {}, of {} calls; at least {})",
        share(yielding.premature_share),
        yielding.chats,
        number(yielding.median),
        number(yielding.real_median),
        yielding.real,
        yielding.least
    ));
    for one in yielding.premature.iter().take(LISTED) {
        print::out(&format!("  line {}, message {}: `{}`", one.line, one.message, one.cue));
    }
    let manner = &metrics.manner;
    print::out(&format!(
        "length of turns         distance {}; median of {} words (people: {})",
        number(manner.length_distance),
        number(manner.median_words),
        number(manner.real_median_words)
    ));
    print::out(&format!(
        "fillers                 distance {}; {} in 100 words (people: {})",
        number(manner.filler_distance),
        number(manner.fillers),
        number(manner.real_fillers)
    ));
    let copying = &metrics.copying;
    print::out(&format!(
        "recited from training   {} of runs of {} words (people whose calls were held out: {})",
        percent(copying.share),
        rehearsal_roleplay::GRAM,
        percent(copying.held_out_share)
    ));
    for one in &copying.longest {
        print::out(&format!("  line {}, message {}: {}", one.line, one.message, one.text));
    }
}

fn share(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "–".to_owned(),
        |one| {
            format!(
                "{:.0} % [{:.0}, {:.0}]",
                100.0 * one.estimate,
                100.0 * one.low,
                100.0 * one.high
            )
        },
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", 100.0 * value))
}
