//! From scores to decisions: biases and thresholds that serve F1, and how sure a margin
//! makes.

use rehearsal_heads::{Calibration, Decision};

use crate::tasks::Kind;

/// A row that was scored by a head which had not seen its call.
#[derive(Debug, Clone)]
pub struct Scored {
    /// A score a class.
    pub scores: Vec<f32>,
    /// 1 for each class that holds, 0 for others.
    pub target: Vec<f32>,
}

impl Scored {
    /// The class that holds, where at most one does.
    fn class(&self) -> usize {
        self.target.iter().position(|target| *target > 0.5).unwrap_or_default()
    }

    /// Logarithm of the odds that any label holds.
    fn any(&self) -> f32 {
        let most = self.scores[1..].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = self.scores[1..].iter().map(|score| (score - most).exp()).sum();
        most + sum.ln() - self.scores[0]
    }
}

/// The decision that serves best on scored rows.
#[must_use]
pub fn decision(kind: Kind, rows: &[&Scored]) -> Decision {
    let classes = rows.first().map_or(0, |row| row.scores.len());
    match kind {
        Kind::Best => Decision::Best { bias: biases(rows, classes, 0, |_| true) },
        Kind::Gate => {
            let any: Vec<(f32, bool)> = rows.iter().map(|r| (r.any(), r.class() > 0)).collect();
            let threshold = threshold(any);
            let bias = biases(rows, classes, 1, |row| row.any() > threshold);
            Decision::Gate { threshold, bias }
        }
        Kind::Each => {
            let column = |at: usize| {
                rows.iter().map(|row| (row.scores[at], row.target[at] > 0.5)).collect::<Vec<_>>()
            };
            Decision::Each { threshold: (0..classes).map(|at| threshold(column(at))).collect() }
        }
    }
}

/// Biases by coordinate ascent on macro-F1 (smoothed by half a count) plus micro-F1.
/// Rows that `decided` leaves out are none; classes before `first` cannot be chosen.
fn biases(
    rows: &[&Scored],
    classes: usize,
    first: usize,
    decided: impl Fn(&Scored) -> bool,
) -> Vec<f32> {
    let decided: Vec<bool> = rows.iter().map(|row| decided(row)).collect();
    let objective = |bias: &[f32]| {
        let mut counts = vec![[0.0_f64; 3]; classes];
        for (row, decided) in rows.iter().zip(&decided) {
            let chosen = if *decided { highest(&row.scores, bias, first) } else { 0 };
            let class = row.class();
            if chosen == class {
                counts[class][0] += 1.0;
            } else {
                counts[chosen][1] += 1.0;
                counts[class][2] += 1.0;
            }
        }
        let own = &counts[1..];
        let smooth = 0.5;
        let macro_f1: f64 =
            own.iter().map(|[tp, fp, missed]| f1(tp + smooth, fp + smooth, missed + smooth)).sum();
        let sum = |at: usize| own.iter().map(|counts| counts[at]).sum::<f64>();
        macro_f1 / own.len() as f64 + f1(sum(0), sum(1), sum(2))
    };
    let mut bias = vec![0.0_f32; classes];
    let mut best = objective(&bias);
    for _ in 0..3 {
        let before = best;
        for class in first..classes {
            for step in -8..=10_i8 {
                let mut other = bias.clone();
                other[class] = f32::from(step) / 4.0;
                let value = objective(&other);
                if value > best + 1e-4 {
                    (best, bias) = (value, other);
                }
            }
        }
        if best <= before {
            break;
        }
    }
    bias
}

fn highest(scores: &[f32], bias: &[f32], first: usize) -> usize {
    let value = |at: usize| scores[at] + bias[at];
    (first..scores.len()).fold(first, |best, at| if value(at) > value(best) { at } else { best })
}

/// F1 of counts; 0 where there is nothing.
#[must_use]
pub fn f1(right: f64, wrong: f64, missed: f64) -> f64 {
    2.0 * right / (2.0 * right + wrong + missed).max(1e-9)
}

/// The threshold of the best F1 along the scores, smoothed over neighbouring ranks so
/// that a lucky rank does not win.
fn threshold(mut rows: Vec<(f32, bool)>) -> f32 {
    rows.sort_by(|left, right| right.0.total_cmp(&left.0));
    let positives = rows.iter().filter(|row| row.1).count();
    let mut right = 0;
    let curve: Vec<f64> = rows
        .iter()
        .enumerate()
        .map(|(rank, row)| {
            right += usize::from(row.1);
            2.0 * right as f64 / (rank + 1 + positives + 1) as f64
        })
        .collect();
    let reach = (positives / 10).max(1);
    let smoothed = |rank: usize| {
        let window = &curve[rank.saturating_sub(reach)..(rank + reach + 1).min(curve.len())];
        window.iter().sum::<f64>() / window.len() as f64
    };
    let best = (0..curve.len())
        .fold((0, f64::MIN), |best, rank| {
            let value = smoothed(rank);
            if value > best.1 { (rank, value) } else { best }
        })
        .0;
    let next = rows.get(best + 1).or(rows.get(best));
    next.zip(rows.get(best)).map_or(0.0, |(next, best)| (best.0 + next.0) / 2.0)
}

/// Platt's scaling by Newton's method, with his targets that never are 0 or 1.
#[must_use]
pub fn calibrate(margins: &[(f32, bool)]) -> Calibration {
    let right = margins.iter().filter(|(_, right)| *right).count() as f64;
    let wrong = margins.len() as f64 - right;
    let target = |hit: bool| {
        if hit { (right + 1.0) / (right + 2.0) } else { 1.0 / (wrong + 2.0) }
    };
    let (mut slope, mut offset) = (0.0_f64, ((right + 1.0) / (wrong + 1.0)).ln());
    for _ in 0..50 {
        // A little of a prior keeps the matrix regular.
        let (mut gs, mut go, mut ss, mut so, mut oo) = (slope * 1e-3, 0.0, 1e-3, 0.0, 1e-9);
        for (margin, hit) in margins {
            let x = f64::from(*margin);
            let p = 1.0 / (1.0 + (-(slope * x + offset)).exp());
            let (residual, weight) = (p - target(*hit), (p * (1.0 - p)).max(1e-9));
            gs += residual * x;
            go += residual;
            ss += weight * x * x;
            so += weight * x;
            oo += weight;
        }
        let determinant = ss * oo - so * so;
        slope -= (oo * gs - so * go) / determinant;
        offset -= (ss * go - so * gs) / determinant;
    }
    Calibration { slope: slope as f32, offset: offset as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_parts_what_can_be_parted() {
        let rows: Vec<(f32, bool)> = (0..100).map(|at| (at as f32, at >= 60)).collect();
        let threshold = threshold(rows);
        assert!((55.0..65.0).contains(&threshold), "{threshold}");
    }

    #[test]
    fn calibrated_margins_are_right_as_often_as_they_say() {
        // Right three times in four at margin 1, one time in four at margin -1.
        let margins: Vec<(f32, bool)> =
            (0..400).flat_map(|at| [(1.0, at % 4 != 0), (-1.0, at % 4 == 0)]).collect();
        let calibration = calibrate(&margins);
        assert!((calibration.probability(1.0) - 0.75).abs() < 0.01);
        assert!((calibration.probability(-1.0) - 0.25).abs() < 0.01);
    }

    #[test]
    fn biases_give_a_rare_class_its_due() {
        let row = |scores: [f32; 2], class: usize| Scored {
            scores: scores.to_vec(),
            target: (0..2).map(|at| f32::from(u8::from(at == class))).collect(),
        };
        let mut rows: Vec<Scored> = (0..50).map(|_| row([2.0, 0.0], 0)).collect();
        rows.extend((0..5).map(|_| row([2.0, 1.0], 1)));
        let rows: Vec<&Scored> = rows.iter().collect();
        let decision = decision(Kind::Best, &rows);
        assert_eq!(decision.findings(&[2.0, 1.0]).len(), 1, "{decision:?}");
        assert!(decision.findings(&[2.0, 0.0]).is_empty(), "{decision:?}");
    }
}
