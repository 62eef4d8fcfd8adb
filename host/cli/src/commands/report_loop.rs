//! The part of the report that tells of the loop: how well experts agree, how models
//! hold up against them, and whether that drifts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rehearsal_config::Pipeline;
use rehearsal_pages::{Block, Interval, Section, TablePart};
use rehearsal_pipeline::verdicts::all_verdicts;
use rehearsal_repository::Repository;
use rehearsal_review::{
    Agreement, Batch, Batches, Comparison, Gate, Journal, Rubric, Verdict, Why,
};
use rehearsal_statistics::distribution::population_stability_index;
use rehearsal_statistics::{Bootstrap, Interval as Estimate};

use super::review::rubric_of;

/// κ is drawn on this scale.
pub(super) const KAPPAS: (f64, f64) = (-0.2, 1.0);
/// Of the population stability index.
const ALARM: f64 = 0.2;

/// The section; it says what is missing where there is nothing to show.
pub(super) fn section(pipeline: &Pipeline, repository: &Repository) -> Result<Section> {
    Ok(Section {
        id: "experts".to_owned(),
        title: "Experts".to_owned(),
        blocks: blocks(pipeline, repository)?,
    })
}

fn blocks(pipeline: &Pipeline, repository: &Repository) -> Result<Vec<Block>> {
    let text = |text: &str| Block::Text { text: text.to_owned() };
    let Some(path) = &pipeline.review.rubric else {
        return Ok(vec![text("No rubric is named ([review] rubric), so no expert can judge.")]);
    };
    let rubric = rubric_of(path)?;
    let journal = Journal::new(&pipeline.review.verdicts);
    let mut verdicts = all_verdicts(repository, &journal)?.standing();
    verdicts.retain(|verdict| verdict.problem(&rubric).is_none());
    if verdicts.is_empty() {
        return Ok(vec![text("Nobody has judged a call yet: `rehearsal review next` picks some.")]);
    }
    let models: BTreeSet<&str> =
        verdicts.iter().filter(|one| one.is_model()).map(|one| one.rater.as_str()).collect();
    let mut blocks = Vec::new();
    let experts = Agreement::of(&rubric, &verdicts, None, Bootstrap::default());
    blocks.push(text(&format!(
        "{} calls judged by {} experts ({}) by the rubric {}. Intervals are of 95 %, by bootstrap over calls.",
        experts.calls,
        experts.experts.len(),
        experts.experts.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        rubric.name
    )));
    blocks.extend(kappas("Experts with each other, Cohen's κ", &experts, |one| one.experts));
    blocks.push(checks(&experts));
    for model in models {
        let agreement = Agreement::of(&rubric, &verdicts, Some(model), Bootstrap::default());
        blocks.extend(kappas(&format!("{model} with experts, Cohen's κ"), &agreement, |one| {
            one.model
        }));
        let reasons: Vec<String> =
            agreement.gate(Gate::default()).iter().map(ToString::to_string).collect();
        blocks.push(text(&match reasons.as_slice() {
            [] => format!("Gate: {model} may be released."),
            reasons => format!("Gate: {model} is not released: {}.", reasons.join("; ")),
        }));
    }
    let batches = Batches::new(pipeline.workspace.join("review")).all()?;
    blocks.extend(drift(&rubric, &verdicts, &batches));
    Ok(blocks)
}

/// κ of all checks, each check and each slice.
fn kappas(
    title: &str,
    agreement: &Agreement,
    whose: impl Fn(&Comparison) -> Option<Estimate>,
) -> Option<Block> {
    let whole = ("all checks".to_owned(), whose(&agreement.overall));
    let checks = agreement.checks.iter().map(|one| (one.check.clone(), whose(&one.kappa)));
    let slices = agreement.slices.iter().map(|(name, one)| (name.clone(), whose(one)));
    let rows: Vec<Interval> = std::iter::once(whole)
        .chain(checks)
        .chain(slices)
        .filter_map(|(name, one)| {
            let one = one?;
            Some(Interval::new(&name, one.estimate, (one.low, one.high), ""))
        })
        .collect();
    (!rows.is_empty()).then(|| Block::intervals(title, KAPPAS, rows))
}

fn checks(agreement: &Agreement) -> Block {
    let rows = agreement.checks.iter().map(|check| {
        let cells = [check.alpha, check.experts_ac1];
        (check.check.clone(), cells.map(number).to_vec())
    });
    Block::Table(TablePart {
        title: "Experts on each check; an α under 0.67 says: mend the rubric first".to_owned(),
        columns: vec!["Krippendorff's α".to_owned(), "Gwet's AC1".to_owned()],
        rows: rows.collect(),
    })
}

/// Batch by batch, on calls that chance picked: how models agree with experts, and how
/// far experts' answers moved from those of the first batch.
fn drift(rubric: &Rubric, verdicts: &[Verdict], batches: &[Batch]) -> Option<Block> {
    let models: BTreeSet<&str> =
        verdicts.iter().filter(|one| one.is_model()).map(|one| one.rater.as_str()).collect();
    let mut first: Option<Vec<u64>> = None;
    let mut rows = Vec::new();
    for batch in batches.iter().filter(|batch| batch.rubric == rubric.reference()) {
        let chance: BTreeSet<&str> = batch
            .items
            .iter()
            .filter(|item| item.why == Why::Chance)
            .map(|item| item.item_id.as_str())
            .collect();
        let own: Vec<Verdict> =
            verdicts.iter().filter(|one| chance.contains(one.call())).cloned().collect();
        let calls: BTreeSet<&str> =
            own.iter().filter(|one| !one.is_model()).map(Verdict::call).collect();
        if calls.is_empty() {
            continue;
        }
        let answers = answers(rubric, &own);
        let moved = first.as_ref().and_then(|first| population_stability_index(first, &answers));
        first.get_or_insert(answers);
        let kappa = |model: Option<&str>| {
            let agreement = Agreement::of(rubric, &own, model, Bootstrap::default());
            let of =
                if model.is_some() { agreement.overall.model } else { agreement.overall.experts };
            of.map_or_else(
                || "–".to_owned(),
                |one| format!("{:.2} [{:.2}, {:.2}]", one.estimate, one.low, one.high),
            )
        };
        let psi = moved.map_or_else(
            || "–".to_owned(),
            |psi| format!("{psi:.3}{}", if psi >= ALARM { " (alarm)" } else { "" }),
        );
        let mut cells = vec![calls.len().to_string(), kappa(None), psi];
        cells.extend(models.iter().map(|model| kappa(Some(model))));
        rows.push((format!("batch {}", batch.number), cells));
    }
    let columns = ["calls", "experts' κ", "PSI of answers"].map(ToOwned::to_owned);
    let of_models = models.iter().map(|model| format!("κ of {model}"));
    (!rows.is_empty()).then(|| {
        Block::Table(TablePart {
            title: "Drift, on calls that chance picked".to_owned(),
            columns: columns.into_iter().chain(of_models).collect(),
            rows,
        })
    })
}

/// How often experts passed and failed each check.
fn answers(rubric: &Rubric, verdicts: &[Verdict]) -> Vec<u64> {
    let mut counts: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_model()) {
        for (check, passed) in &verdict.checks {
            *counts.entry((check, *passed)).or_default() += 1;
        }
    }
    let both = |id: &'_ str| {
        [true, false].map(|passed| counts.get(&(id, passed)).copied().unwrap_or_default())
    };
    rubric.checks.iter().flat_map(|check| both(&check.id)).collect()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}
