//! Every statistic against a published worked example or the numbers of a reference
//! implementation (scikit-learn 1.x, SciPy, krippendorff, irrCAC), within 1e-9.

use rehearsal_statistics::agreement::{
    Level, Pair, Weights, cohen_kappa, gwet_ac1, krippendorff_alpha, weighted_kappa,
};
use rehearsal_statistics::classification::{counts, macro_f1, micro_f1};
use rehearsal_statistics::distribution::{kolmogorov_smirnov, population_stability_index};
use rehearsal_statistics::probability::{brier, expected_calibration_error};
use rehearsal_statistics::ranking::{auc, spearman};
use rehearsal_statistics::spans::intersection_over_union;
use rehearsal_statistics::{Bootstrap, mean_absolute_error};

const A: [usize; 12] = [0, 1, 2, 2, 1, 0, 3, 3, 1, 2, 0, 1];
const B: [usize; 12] = [0, 1, 1, 2, 1, 0, 3, 2, 1, 3, 1, 1];

fn pairs() -> Vec<Pair> {
    A.into_iter().zip(B).collect()
}

#[track_caller]
fn close(found: Option<f64>, wanted: f64) {
    let found = found.expect("the statistic is defined");
    assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
}

/// A 2 × 2 table as pairs.
fn table(cells: [[usize; 2]; 2]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, row) in cells.into_iter().enumerate() {
        for (j, count) in row.into_iter().enumerate() {
            pairs.extend(std::iter::repeat_n((i, j), count));
        }
    }
    pairs
}

#[test]
fn kappas_are_those_of_scikit_learn() {
    close(cohen_kappa(&pairs(), 4), 0.538_461_538_461_538_4);
    close(weighted_kappa(&pairs(), 4, Weights::Linear), 0.692_307_692_307_692_3);
    close(weighted_kappa(&pairs(), 4, Weights::Quadratic), 0.828_571_428_571_428_6);
    // The textbook table: 20 and 15 agree of 50.
    close(cohen_kappa(&table([[20, 5], [10, 15]]), 2), 0.4);
    assert_eq!(cohen_kappa(&[(0, 0), (0, 0)], 2), None, "chance alone agrees always");
    assert_eq!(cohen_kappa(&[], 2), None);
}

#[test]
fn ac1_holds_up_on_skewed_checks_where_kappa_does_not() {
    close(gwet_ac1(&pairs(), 4), 0.562_974_203_338_391_4);
    // Gwet's example of the paradox.
    let skewed = table([[118, 5], [2, 0]]);
    close(gwet_ac1(&skewed, 2), 0.940_776_337_608_717_7);
    assert!(cohen_kappa(&skewed, 2).unwrap() < 0.0);
}

#[test]
fn alphas_are_those_of_krippendorffs_own_example() {
    // Four observers, twelve units, missing values (Krippendorff 2011, section C).
    let raters: [[u8; 12]; 4] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ];
    let units: Vec<Vec<f64>> = (0..12)
        .map(|unit| {
            let given = raters.iter().map(|rater| rater[unit]).filter(|value| *value > 0);
            given.map(f64::from).collect()
        })
        .collect();
    close(krippendorff_alpha(&units, Level::Nominal), 0.743_421_052_631_579);
    close(krippendorff_alpha(&units, Level::Ordinal), 0.815_387_503_754_881_4);
    close(krippendorff_alpha(&units, Level::Interval), 0.849_107_142_857_142_8);
    assert_eq!(krippendorff_alpha(&[vec![1.0, 1.0], vec![1.0, 1.0]], Level::Nominal), None);
}

#[test]
fn classification_and_ranking_are_those_of_scikit_learn_and_scipy() {
    let counts = counts(&pairs(), 4);
    close(macro_f1(&counts), 0.625);
    close(micro_f1(&counts), 8.0 / 12.0);
    let scores = [0.1, 0.4, 0.35, 0.8, 0.8, 0.65, 0.2, 0.9, 0.5, 0.4];
    let happened = [false, false, true, true, false, true, false, true, true, false];
    let forecasts: Vec<(f64, bool)> = scores.into_iter().zip(happened).collect();
    close(auc(&forecasts), 0.78);
    close(brier(&forecasts), 0.1855);
    let ranked = [
        (1.0, 2.0),
        (2.0, 1.0),
        (2.0, 3.0),
        (4.0, 3.0),
        (5.0, 6.0),
        (6.0, 5.0),
        (7.0, 8.0),
        (7.0, 7.0),
    ];
    close(spearman(&ranked), 0.915_168_322_804_898_2);
    close(mean_absolute_error(&ranked), 7.0 / 8.0);
    assert_eq!(spearman(&[(1.0, 2.0), (1.0, 3.0)]), None);
    assert_eq!(auc(&[(0.5, true)]), None);
}

#[test]
fn calibration_error_is_the_weighted_gap_of_bins() {
    // Two bins: three items at a mean of 0.2 of which one happens, two at 0.9 of which
    // both do: 3/5 · |0.2 − 1/3| + 2/5 · |0.9 − 1|.
    let forecasts = [(0.1, false), (0.2, true), (0.3, false), (0.85, true), (0.95, true)];
    close(expected_calibration_error(&forecasts, 2), 0.6 * (1.0 / 3.0 - 0.2) + 0.4 * 0.1);
    assert_eq!(expected_calibration_error(&[], 10), None);
}

#[test]
fn drift_and_distance_of_distributions() {
    // (0.5−0.4)·ln(0.5/0.4) + (0.3−0.4)·ln(0.3/0.4) + 0 for the equal bin.
    let psi = 0.1 * (1.25_f64).ln() + -0.1 * (0.75_f64).ln();
    close(population_stability_index(&[40, 40, 20], &[50, 30, 20]), psi);
    assert!(population_stability_index(&[10, 0], &[0, 10]).unwrap().is_finite());
    close(
        kolmogorov_smirnov(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.5, 3.5, 6.0, 7.0, 8.0, 9.0]),
        2.0 / 3.0,
    );
}

#[test]
fn spans_of_one_set_that_overlap_count_once() {
    close(intersection_over_union(&[0..10, 5..12], &[6..12, 20..26]), 6.0 / 18.0);
    assert_eq!(intersection_over_union(&[], &[]), None);
}

#[test]
fn an_interval_covers_whole_calls_and_is_the_same_everywhere() {
    let accuracy = |items: &[bool]| {
        let right = items.iter().filter(|right| **right).count();
        (!items.is_empty()).then(|| right as f64 / items.len() as f64)
    };
    // Ten turns a call, all alike within it: only calls tell anything.
    let calls: Vec<Vec<bool>> = (0..20).map(|call| vec![call % 4 != 0; 10]).collect();
    let interval = Bootstrap::default().interval(&calls, accuracy).unwrap();
    assert!((interval.estimate - 0.75).abs() < 1e-12);
    // The standard error of 20 independent calls is 0.097, of 200 turns it would be 0.031.
    assert!(interval.low < 0.60 && interval.high > 0.88, "{interval:?}");
    assert_eq!(Bootstrap::default().interval(&calls, accuracy), Some(interval));
    let none: [Vec<bool>; 0] = [];
    assert_eq!(Bootstrap::default().interval(&none, accuracy), None);
}

#[test]
fn a_paired_difference_sees_what_two_intervals_hide() {
    // The challenger is right wherever the champion is, and on one item more a call.
    let calls: Vec<Vec<(bool, bool)>> =
        (0..30).map(|call| (0..10).map(|at| (at < call % 9, at <= call % 9)).collect()).collect();
    let share = |pick: fn(&(bool, bool)) -> bool| {
        move |items: &[(bool, bool)]| {
            Some(items.iter().filter(|item| pick(item)).count() as f64 / items.len() as f64)
        }
    };
    let bootstrap = Bootstrap::default();
    let difference = bootstrap.paired_difference(&calls, share(|i| i.0), share(|i| i.1)).unwrap();
    assert!((difference.estimate - 0.1).abs() < 1e-9 && difference.low > 0.0, "{difference:?}");
    let champion = bootstrap.interval(&calls, share(|i| i.0)).unwrap();
    let challenger = bootstrap.interval(&calls, share(|i| i.1)).unwrap();
    assert!(champion.high > challenger.low, "alone, the two overlap");
}
