//! `rehearsal report`: a run and its data sets as one page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use rehearsal_config::{Config, PrivacyMode};
use rehearsal_dataset::{CONVERSATIONS, Counts, LIKENESS, Manifest};
use rehearsal_model::{Body, ConversationId, Example, ExampleId, Speaker};
use rehearsal_pages::{
    Bar, DatasetPart, DuplicatesPart, FamilyPart, ReportPage, Sample, SourcePart, SplitPart,
    TablePart, ValidatorPart,
};
use rehearsal_pipeline::query::{self, Status};
use rehearsal_pipeline::{Duplicates, Objection, Overview, Redacted, overview, why};
use serde_json::json;

use super::{report_loop, report_models, report_tiers};
use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::print;

/// Rows to read, of each family.
const SAMPLES: usize = 2;
/// Failed items in the list.
const FAILURES: usize = 50;
/// Characters of a message that are shown.
const SHOWN: usize = 1_500;

pub(crate) fn run(out: &Path, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = super::repository(file)?;
    let pipeline = Config::load(&file.pipeline)?.pipeline;
    let status = query::status(&repository)?;
    let overview = overview(&repository, SAMPLES)?;
    let mut datasets = Vec::new();
    let paths = pipeline.paths.iter().map(|path| path.stage.id.as_str());
    for id in paths.chain([CONVERSATIONS]) {
        let folder = pipeline.workspace.join("datasets").join(id);
        datasets.extend(dataset(&folder, &overview)?);
    }
    let page = ReportPage {
        name: pipeline.name.clone(),
        headline: headline(&status, &overview, &datasets),
        sources: overview.sources.iter().map(source).collect(),
        labels: overview.labels.iter().map(|(name, of)| (name.clone(), bars(of))).collect(),
        privacy_note: privacy_note(pipeline.privacy.mode, &overview.redacted),
        privacy: bars(&overview.redacted.found),
        validators: validators(&status, &why(&repository, 1)?),
        duplicates: duplicates(&overview.duplicates),
        datasets,
        sections: vec![
            report_tiers::section(&repository)?,
            report_loop::section(&pipeline, &repository)?,
            report_models::section(&pipeline, &repository)?,
        ],
        failures: failures(&status),
    };
    std::fs::write(out, page.html()?).with_context(|| format!("cannot write {}", out.display()))?;
    if json {
        print::json(&json!({ "page": out }));
    } else {
        print::out(&format!("{}: the report on `{}`", out.display(), pipeline.name));
    }
    Ok(Exit::Done)
}

fn bars(counts: &BTreeMap<String, u64>) -> Vec<Bar> {
    Bar::chart(counts.iter().map(|(name, count)| (name.as_str(), *count)))
}

fn headline(
    status: &Status,
    overview: &Overview,
    datasets: &[DatasetPart],
) -> Vec<(String, String)> {
    let calls: u64 = overview.sources.values().map(|source| source.calls).sum();
    let ms: u64 = overview.sources.values().map(|source| source.duration_ms).sum();
    let rows: u64 =
        datasets.iter().flat_map(|dataset| &dataset.families).map(|family| family.rows).sum();
    let mut facts = vec![
        ("calls".to_owned(), calls.to_string()),
        ("hours".to_owned(), format!("{:.2}", ms as f64 / 3_600_000.0)),
        ("rows".to_owned(), rows.to_string()),
        ("failed items".to_owned(), status.dead_letters.len().to_string()),
    ];
    if let Some(run) = &status.last_run {
        facts.push(("last run took".to_owned(), print::seconds(run.seconds)));
    }
    facts
}

fn source((id, of): (&String, &rehearsal_pipeline::SourceOverview)) -> SourcePart {
    SourcePart {
        id: id.clone(),
        calls: of.calls,
        recordings: of.recordings,
        turns: of.turns,
        words: of.words,
        hours: of.duration_ms as f64 / 3_600_000.0,
        without_length: of.without_length,
        licences: bars(&of.licences),
    }
}

fn privacy_note(mode: PrivacyMode, redacted: &Redacted) -> String {
    let done = match redacted.calls {
        0 => "In no call was anything replaced".to_owned(),
        1 => "In one call pseudonyms stand for what was found".to_owned(),
        calls => format!("In {calls} calls pseudonyms stand for what was found"),
    };
    let rule = match mode {
        PrivacyMode::Redact => "pipeline.toml asks for pseudonyms",
        PrivacyMode::Report => "pipeline.toml asks for a count, and leaves everything readable",
        PrivacyMode::Off => "pipeline.toml asks that nobody looks",
    };
    format!("{done}; {rule}. Not everything is found: data for strangers wants a person's look.")
}

fn duplicates(found: &Duplicates) -> DuplicatesPart {
    let example = |(one, other, likeness): &(ConversationId, ConversationId, f64)| {
        (one.to_string(), other.to_string(), format!("{likeness:.2}"))
    };
    DuplicatesPart {
        pairs: found.pairs,
        calls: found.calls,
        least: LIKENESS.to_string(),
        examples: found.examples.iter().map(example).collect(),
    }
}

fn validators(status: &Status, objections: &[Objection]) -> Vec<ValidatorPart> {
    let part = |(id, report): &(String, rehearsal_model::Report)| {
        let own: Vec<&Objection> = objections.iter().filter(|o| o.validator == *id).collect();
        let examples = own.iter().filter_map(|objection| {
            Some((objection.check.clone(), objection.examples.first()?.reason.clone()))
        });
        ValidatorPart {
            id: id.clone(),
            summary: report.summary.clone(),
            metrics: report
                .metrics
                .iter()
                .map(|metric| {
                    let digits = if metric.value.fract() == 0.0 { 0 } else { 3 };
                    let value = format!("{:.digits$}", metric.value);
                    (metric.name.replace('_', " "), value, metric.unit.clone())
                })
                .collect(),
            objections: Bar::chart(own.iter().map(|o| (o.check.as_str(), o.rejected + o.flagged))),
            examples: examples.collect(),
        }
    };
    status.reports.iter().map(part).collect()
}

fn failures(status: &Status) -> Vec<(String, String, String)> {
    let letters = status.dead_letters.iter().take(FAILURES);
    letters.map(|l| (l.stage.clone(), l.item.clone(), l.error.clone())).collect()
}

/// None where it has not been written.
fn dataset(folder: &Path, overview: &Overview) -> Result<Option<DatasetPart>> {
    let Some(manifest) = Manifest::read(folder)? else { return Ok(None) };
    let splits: BTreeSet<&String> = manifest.counts.values().flat_map(BTreeMap::keys).collect();
    // In the order of their use, not of the alphabet.
    let order =
        |split: &&String| ["train", "validation", "test"].iter().position(|s| *s == **split);
    let mut splits: Vec<&String> = splits.into_iter().collect();
    splits.sort_by_key(|split| order(split).unwrap_or(usize::MAX));
    let families = manifest.counts.iter().map(|(name, of)| family(name, of, &splits)).collect();
    let cells = || manifest.overlap.values().flat_map(BTreeMap::values);
    let samples = overview.samples.get(&manifest.dataset).into_iter().flatten();
    Ok(Some(DatasetPart {
        id: manifest.dataset.clone(),
        merkle_root: manifest.merkle_root.clone(),
        families,
        overlap: overlap(&manifest),
        sealed: cells().all(|cell| *cell == 0),
        rejected: bars(&manifest.rejected),
        licences: bars(&manifest.licences),
        refused: bars(&manifest.refused_licences),
        samples: samples.map(sample).collect(),
        splits: splits.into_iter().cloned().collect(),
    }))
}

fn family(name: &str, of: &BTreeMap<String, Counts>, splits: &[&String]) -> FamilyPart {
    let rows: u64 = of.values().map(|counts| counts.rows).sum();
    let part = |split: &&String| {
        let counts = of.get(*split).copied().unwrap_or_default();
        let share = counts.rows as f64 / rows.max(1) as f64 * 100.0;
        SplitPart { rows: counts.rows, calls: counts.conversations, share }
    };
    FamilyPart {
        name: name.to_owned(),
        rows,
        trained: of.values().map(|counts| counts.trained_messages).sum(),
        parts: splits.iter().map(part).collect(),
    }
}

/// Kinds of tie by pairs of splits.
fn overlap(manifest: &Manifest) -> TablePart {
    let pairs: BTreeSet<&String> = manifest.overlap.values().flat_map(BTreeMap::keys).collect();
    let row = |(kind, cells): (&String, &BTreeMap<String, u64>)| {
        let cell = |pair: &&String| cells.get(*pair).copied().unwrap_or_default().to_string();
        (kind.replace('_', " "), pairs.iter().map(cell).collect())
    };
    TablePart {
        title: "Overlap of splits".to_owned(),
        columns: pairs.iter().map(|pair| pair.replace('/', " / ")).collect(),
        rows: manifest.overlap.iter().map(row).collect(),
    }
}

fn sample((id, example): &(ExampleId, Example)) -> Sample {
    let role = |speaker: Speaker| match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    };
    let mut messages: Vec<(String, String, bool)> = example
        .body
        .messages()
        .map(|message| (role(message.role).to_owned(), shown(&message.content), message.train))
        .collect();
    match &example.body {
        Body::LabelledText { text, label, task } => {
            messages.push(("user".to_owned(), shown(text), false));
            messages.push((task.clone(), label.clone(), true));
        }
        Body::Critique { completion, .. } => {
            messages.push(("assistant".to_owned(), shown(completion), true));
        }
        Body::Chat { .. } | Body::Preference { .. } => {}
    }
    Sample {
        id: id.to_string(),
        family: example.family.clone(),
        messages,
        because: example.because.join("; "),
    }
}

fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
