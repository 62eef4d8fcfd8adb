//! The part of the report that tells how those agree who label the same: trained heads and
//! a language model.

use anyhow::Result;
use rehearsal_pages::{Block, Interval, Section};
use rehearsal_pipeline::{TierAgreement, tier_agreement};
use rehearsal_repository::Repository;

use super::report_loop::KAPPAS;

/// The section; it says what is missing where there is nothing to show.
pub(super) fn section(repository: &Repository) -> Result<Section> {
    let found = tier_agreement(repository)?;
    let text = if found.is_empty() {
        "No two extractors judge the same: with `llm-labels` beside the trained heads this shows \
         how far they agree."
    } else {
        "Labels of the same name by two extractors, over the turns of the side that can carry \
         them: Cohen's κ, of the turn's class, or of each label where a turn can have several; \
         intervals of 95 % by bootstrap over calls. Calls on which they differ most come first \
         in `rehearsal review next`."
    };
    let rows: Vec<Interval> = found.iter().filter_map(row).collect();
    let mut blocks = vec![Block::Text { text: text.to_owned() }];
    if !rows.is_empty() {
        blocks.push(Block::intervals("Extractors with each other, Cohen's κ", KAPPAS, rows));
    }
    let (id, title) = ("tiers".to_owned(), "Heads and language models".to_owned());
    Ok(Section { id, title, blocks })
}

/// None where chance alone would agree always.
fn row(one: &TierAgreement) -> Option<Interval> {
    let kappa = one.kappa?;
    let name = format!("{}: {} and {}", one.name.replace('_', " "), one.stages.0, one.stages.1);
    let note = format!("{} turns of {} calls", one.turns, one.calls);
    Some(Interval::new(&name, kappa.estimate, (kappa.low, kappa.high), &note))
}
