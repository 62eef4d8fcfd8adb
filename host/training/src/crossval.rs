//! Cross-validation over calls: what heads reach on calls that they have not seen, and the
//! decisions that serve there.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use rehearsal_heads::{Calibration, Context, Decision};

use crate::data::Data;
use crate::descent;
use crate::fit;
use crate::score::{Random, Tally};
use crate::tasks::{Kind, Task};
use crate::tune::{self, Scored};

/// Parts that the calls are divided into.
const FOLDS: usize = 6;
/// What the division follows from.
const SEED: u64 = 1;
/// Files of the corpus that were labelled twice: what the targets are about.
const ORIGINAL: &[&str] = &["c", "d", "e", "f", "g", "h"];

/// What cross-validation found of a head.
pub(crate) struct Measured {
    task: &'static Task,
    original: Tally,
    written: Tally,
    /// Tuned on all scores of heads that had not seen the call.
    pub(crate) decision: Decision,
    pub(crate) calibration: Calibration,
    /// Mean confidence and share that is right, by fifths of confidence.
    reliability: Vec<(f32, f32)>,
}

impl Measured {
    pub(crate) fn report(&self) -> String {
        let only = self.task.kind != Kind::Each;
        let labels = self.task.labels;
        let title = |part: &str| format!("{} (learned), {part}", self.task.name);
        let mut out = self.original.report(&title("the calls labelled twice"), labels, only);
        let written = "the calls written for learning, not held to be natural";
        out += &self.written.report(&title(written), labels, only);
        out += "  confidence and share right, by fifths:";
        for (said, right) in &self.reliability {
            out += &format!(" {said:.2}/{right:.2}");
        }
        out + "\n"
    }
}

/// What nets say of the calls that they have not learned from, a call each.
pub(crate) fn contexts(data: &Data) -> Result<Vec<Context>> {
    let folds = folds(data.files.len());
    let calls = data.calls();
    let mut contexts = BTreeMap::new();
    for fold in 0..FOLDS {
        let net = descent::sequence(data, |call| folds[call] == fold)?;
        for (call, turns) in calls.iter().enumerate().filter(|(call, _)| folds[*call] == fold) {
            let rows = turns.iter().map(|at| data.examples[*at].row.clone());
            contexts.insert(call, net.read(rows));
        }
        eprintln!("sequence: fold {} of {FOLDS}", fold + 1);
    }
    Ok(contexts.into_values().collect())
}

/// Trains a head on five sixths of the calls and asks it about the others, six times.
/// `contexts` are what nets that have not learned from a call say of it.
pub(crate) fn measure(data: &Data, task: &'static Task, contexts: &[Context]) -> Result<Measured> {
    let folds = folds(data.files.len());
    let mut scored: BTreeMap<usize, Scored> = BTreeMap::new();
    for fold in 0..FOLDS {
        let is_test = |at: &usize| data.examples[*at].call.is_some_and(|c| folds[c] == fold);
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..data.examples.len()).partition(|at| is_test(at));
        let head = fit::head(data, task, &train)?;
        for at in test.into_iter().filter(|at| data.examples[*at].concerns(task)) {
            let example = &data.examples[at];
            let context = example.call.and_then(|call| contexts[call].of(task.name, example.turn));
            let context = context.context("the net has not read a turn")?;
            let scores = head.scores(&example.row, data.width, context);
            scored.insert(at, Scored { scores, target: example.target(task) });
        }
        eprintln!("{}: fold {} of {FOLDS}", task.name, fold + 1);
    }
    let fold_of = |at: usize| data.examples[at].call.map(|call| folds[call]);
    let (mut original, mut written) = (Tally::default(), Tally::default());
    let mut margins = Vec::new();
    for fold in 0..FOLDS {
        let others: Vec<&Scored> =
            scored.iter().filter(|(at, _)| fold_of(**at) != Some(fold)).map(|(_, s)| s).collect();
        let decision = tune::decision(task.kind, &others);
        for (at, row) in scored.iter().filter(|(at, _)| fold_of(**at) == Some(fold)) {
            let Some(call) = data.examples[*at].call else { continue };
            let gold = gold(task, &row.target);
            let findings = decision.findings(&row.scores);
            let found: Vec<&str> = findings.iter().map(|one| task.labels[one.label]).collect();
            margins.extend(
                findings.iter().map(|one| (one.margin, gold.contains(&task.labels[one.label]))),
            );
            let tally = if is_original(&data.files[call]) { &mut original } else { &mut written };
            tally.turn(call, &gold, &found);
        }
    }
    let rows: Vec<&Scored> = scored.values().collect();
    let calibration = tune::calibrate(&margins);
    Ok(Measured {
        task,
        original,
        written,
        decision: tune::decision(task.kind, &rows),
        reliability: reliability(&calibration, &margins),
        calibration,
    })
}

fn gold(task: &Task, target: &[f32]) -> Vec<&'static str> {
    let skip = target.len() - task.labels.len();
    let holds = target[skip..].iter().zip(task.labels);
    holds.filter(|(target, _)| **target > 0.5).map(|(_, label)| *label).collect()
}

pub(crate) fn is_original(file: &str) -> bool {
    ORIGINAL.iter().any(|letter| file == format!("calls_{letter}.jsonl"))
}

/// A fold a call, as many calls in each.
fn folds(calls: usize) -> Vec<usize> {
    let mut random = Random(SEED);
    let mut order: Vec<usize> = (0..calls).collect();
    random.shuffle(&mut order);
    let mut folds = vec![0; calls];
    for (at, call) in order.into_iter().enumerate() {
        folds[call] = at % FOLDS;
    }
    folds
}

fn reliability(calibration: &Calibration, margins: &[(f32, bool)]) -> Vec<(f32, f32)> {
    let mut sorted: Vec<(f32, bool)> =
        margins.iter().map(|(margin, right)| (calibration.probability(*margin), *right)).collect();
    sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
    let size = sorted.len().div_ceil(5).max(1);
    let mean =
        |values: &mut dyn Iterator<Item = f32>, count: usize| values.sum::<f32>() / count as f32;
    sorted
        .chunks(size)
        .map(|part| {
            let said = mean(&mut part.iter().map(|one| one.0), part.len());
            let right = mean(&mut part.iter().map(|one| f32::from(u8::from(one.1))), part.len());
            (said, right)
        })
        .collect()
}
