//! The part of the report that tells which models were in use, since when, and what they
//! reach.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::Result;
use rehearsal_config::Pipeline;
use rehearsal_improve::{Registry, Version};
use rehearsal_pages::{Block, Interval, Section, TablePart};
use rehearsal_repository::Repository;

/// The section; it says what is missing where there is nothing to show.
pub(super) fn section(pipeline: &Pipeline, repository: &Repository) -> Result<Section> {
    let registry = Registry::open(repository, &pipeline.workspace)?;
    let reigns = registry.reigns()?;
    let mut trainers: Vec<&str> = reigns.iter().map(|one| one.trainer.as_str()).collect();
    trainers.sort_unstable();
    trainers.dedup();
    let mut blocks = Vec::new();
    for trainer in trainers {
        let own: Vec<&Version> = reigns.iter().filter(|one| one.trainer == trainer).collect();
        blocks.push(table(trainer, &own));
        blocks.extend(chart(trainer, &own));
    }
    if blocks.is_empty() {
        let text = match registry.versions().count() {
            0 => "There are no models yet: `rehearsal train` makes them.".to_owned(),
            made => format!(
                "{made} versions were made and none is in use: `rehearsal improve` promotes what \
                 passes the gate, `rehearsal promote` what you choose."
            ),
        };
        blocks.push(Block::Text { text });
    }
    Ok(Section { id: "champions".to_owned(), title: "Champions".to_owned(), blocks })
}

/// Each time that a version came into use, the oldest first.
fn table(trainer: &str, reigns: &[&Version]) -> Block {
    let row = |(place, one): (usize, &&Version)| {
        let until = reigns.get(place + 1).and_then(|next| next.promoted_at);
        let lessons: Vec<String> =
            one.lessons.iter().map(|(rater, count)| format!("{count} {rater}")).collect();
        let cells = vec![
            one.promoted_at.map_or_else(unknown, day),
            until.map_or_else(|| "in use".to_owned(), day),
            lessons.join(", "),
            one.measures.as_ref().and_then(|of| of.macro_f1).map_or_else(unknown, figure),
        ];
        (format!("{trainer}@{}", one.version), cells)
    };
    let columns = ["in use from (UTC)", "until", "labels learned from", "macro-F1"];
    Block::Table(TablePart {
        title: format!("Champions of {trainer}"),
        columns: columns.map(ToOwned::to_owned).to_vec(),
        rows: reigns.iter().enumerate().map(row).collect(),
    })
}

fn chart(trainer: &str, reigns: &[&Version]) -> Option<Block> {
    let row = |one: &&Version| {
        let measures = one.measures.as_ref()?;
        let (estimate, low, high) = measures.macro_f1?;
        let note = format!("{} texts of {} calls", measures.examples, measures.calls);
        let name = format!("{trainer}@{}", one.version);
        Some(Interval::new(&name, estimate, (low, high), &note))
    };
    let rows: Vec<Interval> = reigns.iter().filter_map(row).collect();
    let title = format!("{trainer}: macro-F1 on the frozen test split");
    (!rows.is_empty()).then(|| Block::intervals(&title, (0.0, 1.0), rows))
}

fn figure((estimate, low, high): (f64, f64, f64)) -> String {
    format!("{estimate:.2} [{low:.2}, {high:.2}]")
}

fn unknown() -> String {
    "–".to_owned()
}

/// `2026-03-01 16:00`, in UTC.
fn day(seconds: u64) -> String {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH);
    let written = humantime::format_rfc3339_seconds(at).to_string();
    written.get(..16).unwrap_or(&written).replace('T', " ")
}
