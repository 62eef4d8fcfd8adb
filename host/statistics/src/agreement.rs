//! Agreement beyond chance, between two raters or many.

/// Two raters' classes of one item, each below the number of classes.
pub type Pair = (usize, usize);

/// How far apart two classes are, for [`weighted_kappa`]: `(|i − j| / (K − 1))^n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// n = 1.
    Linear,
    /// n = 2.
    Quadratic,
}

/// Cohen's κ = (p_o − p_e) / (1 − p_e) (Cohen 1960). `None` without items, or where
/// chance alone would agree always.
///
/// # Panics
/// If a class is not below `classes`.
#[must_use]
pub fn cohen_kappa(pairs: &[Pair], classes: usize) -> Option<f64> {
    disagreement_ratio(pairs, classes, |i, j| f64::from(u8::from(i != j)))
}

/// Cohen's weighted κ = 1 − Σ w·O / Σ w·E for ordered classes (Cohen 1968). `None` as
/// for [`cohen_kappa`], and for a single class.
///
/// # Panics
/// If a class is not below `classes`.
#[must_use]
pub fn weighted_kappa(pairs: &[Pair], classes: usize, weights: Weights) -> Option<f64> {
    if classes < 2 {
        return None;
    }
    let widest = (classes - 1) as f64;
    disagreement_ratio(pairs, classes, |i, j| {
        let distance = i.abs_diff(j) as f64 / widest;
        match weights {
            Weights::Linear => distance,
            Weights::Quadratic => distance * distance,
        }
    })
}

/// 1 − (observed disagreement) / (disagreement expected of the marginals).
fn disagreement_ratio(
    pairs: &[Pair],
    classes: usize,
    weight: impl Fn(usize, usize) -> f64,
) -> Option<f64> {
    let (rows, columns) = marginals(pairs, classes);
    let items = pairs.len() as f64;
    let observed: f64 = pairs.iter().map(|&(i, j)| weight(i, j)).sum::<f64>() / items;
    let mut expected = 0.0;
    for (i, row) in rows.iter().enumerate() {
        for (j, column) in columns.iter().enumerate() {
            expected += weight(i, j) * row * column / (items * items);
        }
    }
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Gwet's AC1 of two raters (Gwet 2008): chance agreement is
/// `Σ π(1 − π) / (K − 1)` with π the mean share of a class, which holds up where one
/// class is rare and κ does not. `None` without items or with a single class.
///
/// # Panics
/// If a class is not below `classes`.
#[must_use]
pub fn gwet_ac1(pairs: &[Pair], classes: usize) -> Option<f64> {
    if pairs.is_empty() || classes < 2 {
        return None;
    }
    let (rows, columns) = marginals(pairs, classes);
    let items = pairs.len() as f64;
    let observed = pairs.iter().filter(|(i, j)| i == j).count() as f64 / items;
    let chance: f64 = rows
        .iter()
        .zip(&columns)
        .map(|(row, column)| {
            let share = (row + column) / (2.0 * items);
            share * (1.0 - share)
        })
        .sum::<f64>()
        / (classes - 1) as f64;
    Some((observed - chance) / (1.0 - chance))
}

fn marginals(pairs: &[Pair], classes: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut rows, mut columns) = (vec![0.0; classes], vec![0.0; classes]);
    for &(i, j) in pairs {
        rows[i] += 1.0;
        columns[j] += 1.0;
    }
    (rows, columns)
}

/// What the values that are rated mean, for [`krippendorff_alpha`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Names: different or not.
    Nominal,
    /// Ranks: distance by how many values lie between.
    Ordinal,
    /// Numbers with differences.
    Interval,
}

/// Krippendorff's α = 1 − D_o / D_e for any number of raters, with missing values
/// (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). `units` holds the
/// values that each item was given, in any order; items with fewer than two do not count.
/// `None` where nothing can be paired or nothing varies.
#[must_use]
pub fn krippendorff_alpha(units: &[Vec<f64>], level: Level) -> Option<f64> {
    let mut values: Vec<f64> =
        units.iter().filter(|unit| unit.len() > 1).flatten().copied().collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let index = |value: f64| values.partition_point(|known| *known < value);
    let kinds = values.len();
    let mut coincidences = vec![0.0; kinds * kinds];
    for unit in units.iter().filter(|unit| unit.len() > 1) {
        let share = 1.0 / (unit.len() - 1) as f64;
        for (at, left) in unit.iter().enumerate() {
            for (other, right) in unit.iter().enumerate() {
                if at != other {
                    coincidences[index(*left) * kinds + index(*right)] += share;
                }
            }
        }
    }
    let counts: Vec<f64> =
        (0..kinds).map(|c| coincidences[c * kinds..(c + 1) * kinds].iter().sum()).collect();
    let total: f64 = counts.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for c in 0..kinds {
        for k in c + 1..kinds {
            let distance = squared_distance(level, &values, &counts, c, k);
            observed += coincidences[c * kinds + k] * distance;
            expected += counts[c] * counts[k] * distance;
        }
    }
    (expected > 0.0).then(|| 1.0 - (total - 1.0) * observed / expected)
}

/// δ² of two of the sorted values, `c < k`.
fn squared_distance(level: Level, values: &[f64], counts: &[f64], c: usize, k: usize) -> f64 {
    match level {
        Level::Nominal => 1.0,
        Level::Interval => (values[c] - values[k]).powi(2),
        Level::Ordinal => {
            let between: f64 = counts[c..=k].iter().sum();
            (between - f64::midpoint(counts[c], counts[k])).powi(2)
        }
    }
}
