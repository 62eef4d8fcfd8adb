//! Experts with each other, and a model with experts.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_statistics::agreement::{
    Level, Pair, Weights, cohen_kappa, gwet_ac1, krippendorff_alpha, weighted_kappa,
};
use rehearsal_statistics::classification::Counts;
use rehearsal_statistics::ranking::spearman;
use rehearsal_statistics::spans::intersection_over_union;
use rehearsal_statistics::{Bootstrap, Interval, mean_absolute_error};

use serde::Serialize;

use crate::table::{Answers, Item, Table};
use crate::{Rubric, Verdict};

/// How well raters agree. Intervals are of 95 %, by bootstrap over calls. What the
/// verdicts cannot support is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Calls that were judged.
    pub calls: usize,
    /// Items that were judged.
    pub items: usize,
    /// Experts, by name.
    pub experts: BTreeSet<String>,
    /// The model that is compared with them.
    pub model: Option<String>,
    /// In the rubric's order.
    pub checks: Vec<CheckAgreement>,
    /// Mean κ over all checks.
    pub overall: Comparison,
    /// Of the scores, 1 to 5.
    pub score: ScoreAgreement,
    /// Mean κ over all checks by slice: `source: fathom`.
    pub slices: BTreeMap<String, Comparison>,
    /// Items on which most experts saw a blocker fail and the model did not.
    pub missed_blockers: Vec<String>,
}

/// Cohen's κ of two kinds of pairs, and their difference on the same resamples.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Comparison {
    /// Expert with expert.
    pub experts: Option<Interval>,
    /// Model with expert.
    pub model: Option<Interval>,
    /// Model with expert, less expert with expert.
    pub difference: Option<Interval>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckAgreement {
    /// Its id.
    pub check: String,
    /// Cohen's κ.
    pub kappa: Comparison,
    /// Gwet's AC1 of experts, which holds up where hardly anything fails.
    pub experts_ac1: Option<f64>,
    /// Gwet's AC1 of the model with experts.
    pub model_ac1: Option<f64>,
    /// Krippendorff's α over all experts; below 0.67 the check wants mending first.
    pub alpha: Option<f64>,
    /// The model's F1 on failures, held against what most experts say.
    pub failure_f1: Option<f64>,
    /// Mean overlap of the turns that the model and an expert name as evidence.
    pub evidence_iou: Option<f64>,
}

/// Scores: the rater's own, else the one that follows from the checks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ScoreAgreement {
    /// Quadratically weighted κ, expert with expert.
    pub experts_kappa: Option<Interval>,
    /// Quadratically weighted κ, model with expert.
    pub model_kappa: Option<Interval>,
    /// Mean absolute difference of model and expert, in points.
    pub mean_absolute_error: Option<f64>,
    /// Spearman's ρ of model and expert.
    pub spearman: Option<f64>,
}

impl Agreement {
    /// Compares all verdicts on a rubric. With several models, only the one named is
    /// looked at.
    #[must_use]
    pub fn of(
        rubric: &Rubric,
        verdicts: &[Verdict],
        model: Option<&str>,
        bootstrap: Bootstrap,
    ) -> Self {
        let table = Table::of(verdicts.iter(), model);
        let checks: Vec<&str> = rubric.checks.iter().map(|check| check.id.as_str()).collect();
        let experts = verdicts.iter().filter(|verdict| !verdict.is_model());
        Self {
            calls: table.calls.len(),
            items: table.calls.iter().map(Vec::len).sum(),
            experts: experts.map(|verdict| verdict.rater.clone()).collect(),
            model: model.map(ToOwned::to_owned),
            checks: checks.iter().map(|check| of_check(&table, check, bootstrap)).collect(),
            overall: comparison(&table, &checks, bootstrap),
            score: of_scores(&table, rubric, bootstrap),
            slices: slices(verdicts)
                .into_iter()
                .map(|(dimension, value)| {
                    let inside = verdicts.iter().filter(|verdict| {
                        verdict.slices.get(&dimension).is_some_and(|one| *one == value)
                    });
                    let table = Table::of(inside, model);
                    (format!("{dimension}: {value}"), comparison(&table, &checks, bootstrap))
                })
                .collect(),
            missed_blockers: missed_blockers(&table, rubric),
        }
    }
}

fn slices(verdicts: &[Verdict]) -> BTreeSet<(String, String)> {
    let all = verdicts.iter().flat_map(|verdict| &verdict.slices);
    all.map(|(dimension, value)| (dimension.clone(), value.clone())).collect()
}

fn kappa(pairs: &[Answers]) -> Option<f64> {
    cohen_kappa(&classes(pairs), 2)
}

fn classes(pairs: &[Answers]) -> Vec<Pair> {
    pairs.iter().map(|(left, right)| (usize::from(*left), usize::from(*right))).collect()
}

fn answer<'a>(check: &'a str) -> impl Fn(&Verdict) -> Option<bool> + Copy + 'a {
    move |verdict| verdict.checks.get(check).copied()
}

/// Mean κ over the checks on which it is defined.
fn mean_kappa(
    items: &[&Item<'_>],
    checks: &[&str],
    pairs: fn(&Item<'_>, &str) -> Vec<Answers>,
) -> Option<f64> {
    let kappas: Vec<f64> = checks
        .iter()
        .filter_map(|check| {
            let pairs: Vec<Answers> = items.iter().flat_map(|item| pairs(item, check)).collect();
            kappa(&pairs)
        })
        .collect();
    (!kappas.is_empty()).then(|| kappas.iter().sum::<f64>() / kappas.len() as f64)
}

fn expert_answers(item: &Item<'_>, check: &str) -> Vec<Answers> {
    item.expert_pairs(answer(check))
}

fn model_answers(item: &Item<'_>, check: &str) -> Vec<Answers> {
    item.model_pairs(answer(check))
}

fn comparison(table: &Table<'_>, checks: &[&str], bootstrap: Bootstrap) -> Comparison {
    let calls: Vec<Vec<&Item<'_>>> =
        table.calls.iter().map(|items| items.iter().collect()).collect();
    let experts = |items: &[&Item<'_>]| mean_kappa(items, checks, expert_answers);
    let model = |items: &[&Item<'_>]| mean_kappa(items, checks, model_answers);
    Comparison {
        experts: bootstrap.interval(&calls, experts),
        model: bootstrap.interval(&calls, model),
        difference: bootstrap.paired_difference(&calls, experts, model),
    }
}

fn of_check(table: &Table<'_>, check: &str, bootstrap: Bootstrap) -> CheckAgreement {
    let expert_pairs = table.by_call(|item| expert_answers(item, check)).concat();
    let model_pairs = table.by_call(|item| model_answers(item, check)).concat();
    let units: Vec<Vec<f64>> = table
        .calls
        .iter()
        .flatten()
        .map(|item| {
            let answers = item.experts.iter().filter_map(|verdict| verdict.checks.get(check));
            answers.map(|passed| f64::from(u8::from(*passed))).collect()
        })
        .collect();
    CheckAgreement {
        check: check.to_owned(),
        kappa: comparison(table, &[check], bootstrap),
        experts_ac1: gwet_ac1(&classes(&expert_pairs), 2),
        model_ac1: gwet_ac1(&classes(&model_pairs), 2),
        alpha: krippendorff_alpha(&units, Level::Nominal),
        failure_f1: failures(table, check).f1(),
        evidence_iou: evidence(table, check),
    }
}

/// Failures that the model found, missed and invented.
fn failures(table: &Table<'_>, check: &str) -> Counts {
    let mut counts = Counts::default();
    for item in table.calls.iter().flatten() {
        let said = item.model.and_then(|verdict| verdict.checks.get(check));
        let (Some(experts), Some(model)) = (item.majority(check), said) else { continue };
        match (!experts, !model) {
            (true, true) => counts.true_positives += 1,
            (false, true) => counts.false_positives += 1,
            (true, false) => counts.false_negatives += 1,
            (false, false) => {}
        }
    }
    counts
}

fn evidence(table: &Table<'_>, check: &str) -> Option<f64> {
    let turns = |verdict: &Verdict| -> Vec<std::ops::Range<u64>> {
        let own = verdict.spans.iter().filter(|span| span.check == check);
        own.map(|span| span.turn..span.turn + 1).collect()
    };
    let overlaps: Vec<f64> = table
        .calls
        .iter()
        .flatten()
        .filter_map(|item| Some((item.model?, &item.experts)))
        .flat_map(|(model, experts)| experts.iter().map(move |expert| (model, *expert)))
        .filter_map(|(model, expert)| intersection_over_union(&turns(model), &turns(expert)))
        .collect();
    (!overlaps.is_empty()).then(|| overlaps.iter().sum::<f64>() / overlaps.len() as f64)
}

fn of_scores(table: &Table<'_>, rubric: &Rubric, bootstrap: Bootstrap) -> ScoreAgreement {
    let score =
        |verdict: &Verdict| verdict.score.or_else(|| rubric.score(&verdict.checks).map(f64::from));
    // Half points round to the nearest class of 1 to 5.
    let class = |score: f64| score.round().clamp(1.0, 5.0) as usize - 1;
    let weighted = |pairs: &[(f64, f64)]| {
        let classes: Vec<Pair> = pairs.iter().map(|(a, b)| (class(*a), class(*b))).collect();
        weighted_kappa(&classes, 5, Weights::Quadratic)
    };
    let of_experts = table.by_call(|item| item.expert_pairs(score));
    let of_model = table.by_call(|item| item.model_pairs(score));
    let pairs = of_model.concat();
    ScoreAgreement {
        experts_kappa: bootstrap.interval(&of_experts, weighted),
        model_kappa: bootstrap.interval(&of_model, weighted),
        mean_absolute_error: mean_absolute_error(&pairs),
        spearman: spearman(&pairs),
    }
}

fn missed_blockers(table: &Table<'_>, rubric: &Rubric) -> Vec<String> {
    let missed = |item: &Item<'_>| {
        let model = item.model?;
        let blockers = rubric.checks.iter().filter(|check| check.blocker);
        blockers
            .filter(|check| item.majority(&check.id) == Some(false))
            .any(|check| model.checks.get(&check.id) == Some(&true))
            .then(|| model.item_id.clone())
    };
    table.calls.iter().flatten().filter_map(missed).collect()
}
