//! What a classifier reaches on calls that were kept for the verdict.

use std::collections::BTreeMap;

use rehearsal_statistics::classification::{Counts, macro_f1 as mean_f1, micro_f1};
use rehearsal_statistics::probability::{Forecast, brier, expected_calibration_error};
use rehearsal_statistics::{Bootstrap, Interval};
use serde::{Deserialize, Serialize};

/// An example with its truth and what a classifier says.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its call.
    pub call: String,
    /// Classes that hold.
    pub truth: Vec<usize>,
    /// By class.
    pub probabilities: Vec<f64>,
}

/// Figures of a classifier. Intervals are of 95 %, by bootstrap over calls.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measures {
    /// Examples.
    pub examples: u64,
    /// Calls that they are of.
    pub calls: u64,
    /// Mean F1 of the classes that are there or were found: estimate, low, high.
    pub macro_f1: Option<(f64, f64, f64)>,
    /// F1 of all decisions; of classes that exclude one another the share that is right.
    pub micro_f1: Option<(f64, f64, f64)>,
    /// Mean squared error of the probabilities of what was decided.
    pub brier: Option<f64>,
    /// Their expected calibration error over 10 bins.
    pub calibration_error: Option<f64>,
    /// By class.
    pub classes: Vec<ClassMeasure>,
}

/// Figures of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassMeasure {
    /// Its name.
    pub name: String,
    /// Examples that have it.
    pub examples: u64,
    /// Share of what was found that is right.
    pub precision: Option<f64>,
    /// Share of what is there that was found.
    pub recall: Option<f64>,
    /// Of both.
    pub f1: Option<f64>,
}

impl Measures {
    /// Judges.
    #[must_use]
    pub fn of(
        classes: &[String],
        judged: &[Judged],
        exclusive: bool,
        bootstrap: Bootstrap,
    ) -> Self {
        let calls = by_call(judged, classes.len(), exclusive);
        let whole = added(&calls.concat(), classes.len());
        let interval = |statistic: fn(&[Counts]) -> Option<f64>| {
            let found = bootstrap.interval(&calls, |calls| statistic(&added(calls, classes.len())));
            found.map(|Interval { estimate, low, high }| (estimate, low, high))
        };
        let forecasts: Vec<Forecast> =
            judged.iter().flat_map(|one| forecasts(one, exclusive)).collect();
        Self {
            examples: judged.len() as u64,
            calls: calls.len() as u64,
            macro_f1: interval(mean_f1),
            micro_f1: interval(micro_f1),
            brier: brier(&forecasts),
            calibration_error: expected_calibration_error(&forecasts, 10),
            classes: classes
                .iter()
                .zip(&whole)
                .map(|(name, counts)| ClassMeasure {
                    name: name.clone(),
                    examples: counts.true_positives + counts.false_negatives,
                    precision: counts.precision(),
                    recall: counts.recall(),
                    f1: counts.f1(),
                })
                .collect(),
        }
    }
}

/// Macro-F1 alone.
#[must_use]
pub fn macro_f1(judged: &[Judged], classes: usize, exclusive: bool) -> Option<f64> {
    mean_f1(&added(&by_call(judged, classes, exclusive).concat(), classes))
}

/// Challenger less champion in macro-F1, both on the same resamples of the same calls:
/// where the low end is above 0, the challenger is better.
#[must_use]
pub fn compare(
    champion: &[Judged],
    challenger: &[Judged],
    classes: usize,
    exclusive: bool,
    bootstrap: Bootstrap,
) -> Option<Interval> {
    let (one, other) =
        (by_call(champion, classes, exclusive), by_call(challenger, classes, exclusive));
    let pairs: Vec<Vec<(Vec<Counts>, Vec<Counts>)>> = one
        .into_iter()
        .zip(other)
        .map(|(one, other)| one.into_iter().zip(other).collect())
        .collect();
    type Pair = (Vec<Counts>, Vec<Counts>);
    let side = |pairs: &[Pair], pick: fn(&Pair) -> &Vec<Counts>| {
        let calls: Vec<Vec<Counts>> = pairs.iter().map(|pair| pick(pair).clone()).collect();
        mean_f1(&added(&calls, classes))
    };
    bootstrap.paired_difference(
        &pairs,
        |pairs| side(pairs, |pair| &pair.0),
        |pairs| side(pairs, |pair| &pair.1),
    )
}

/// Counts by class, one list a call: resampling then adds up instead of counting anew.
fn by_call(judged: &[Judged], classes: usize, exclusive: bool) -> Vec<Vec<Vec<Counts>>> {
    let mut calls: BTreeMap<&str, Vec<Counts>> = BTreeMap::new();
    for one in judged {
        let counts = calls.entry(&one.call).or_insert_with(|| vec![Counts::default(); classes]);
        let found = decided(&one.probabilities, exclusive);
        for (class, counts) in counts.iter_mut().enumerate() {
            match (one.truth.contains(&class), found.contains(&class)) {
                (true, true) => counts.true_positives += 1,
                (false, true) => counts.false_positives += 1,
                (true, false) => counts.false_negatives += 1,
                (false, false) => {}
            }
        }
    }
    calls.into_values().map(|counts| vec![counts]).collect()
}

fn added(calls: &[Vec<Counts>], classes: usize) -> Vec<Counts> {
    let mut sum = vec![Counts::default(); classes];
    for call in calls {
        sum.iter_mut().zip(call).for_each(|(sum, counts)| *sum = sum.plus(*counts));
    }
    sum
}

/// What probabilities speak for: the likeliest class where classes exclude one another,
/// else all that are likelier than not.
#[must_use]
pub fn decided(probabilities: &[f64], exclusive: bool) -> Vec<usize> {
    if exclusive {
        return best(probabilities).into_iter().collect();
    }
    (0..probabilities.len()).filter(|class| probabilities[*class] >= 0.5).collect()
}

fn best(probabilities: &[f64]) -> Option<usize> {
    (0..probabilities.len())
        .reduce(|best, class| if probabilities[class] > probabilities[best] { class } else { best })
}

fn forecasts(one: &Judged, exclusive: bool) -> Vec<Forecast> {
    if exclusive {
        let top = best(&one.probabilities);
        return top
            .map(|top| (one.probabilities[top], one.truth.contains(&top)))
            .into_iter()
            .collect();
    }
    let each = one.probabilities.iter().enumerate();
    each.map(|(class, p)| (*p, one.truth.contains(&class))).collect()
}
