//! What holds for any data.

use proptest::prelude::*;
use rehearsal_statistics::agreement::{
    Level, Pair, Weights, cohen_kappa, gwet_ac1, krippendorff_alpha, weighted_kappa,
};
use rehearsal_statistics::classification::{counts, macro_f1, micro_f1};
use rehearsal_statistics::ranking::{auc, spearman};

type Statistic = fn(&[Pair]) -> Option<f64>;

proptest! {
    #[test]
    fn agreement_is_symmetric_and_at_most_one(pairs in prop::collection::vec((0_usize..4, 0_usize..4), 0..60)) {
        let swapped: Vec<_> = pairs.iter().map(|&(a, b)| (b, a)).collect();
        let statistics: [Statistic; 4] = [
            |pairs| cohen_kappa(pairs, 4),
            |pairs| weighted_kappa(pairs, 4, Weights::Linear),
            |pairs| weighted_kappa(pairs, 4, Weights::Quadratic),
            |pairs| gwet_ac1(pairs, 4),
        ];
        for statistic in statistics {
            match (statistic(&pairs), statistic(&swapped)) {
                (Some(left), Some(right)) => {
                    prop_assert!((left - right).abs() < 1e-9);
                    prop_assert!(left.is_finite() && left <= 1.0 + 1e-9);
                }
                (left, right) => prop_assert_eq!(left, right),
            }
        }
        let same: Vec<_> = pairs.iter().map(|&(a, _)| (a, a)).collect();
        if let Some(kappa) = cohen_kappa(&same, 4) {
            prop_assert!((kappa - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn alpha_does_not_depend_on_the_order_of_raters_or_items(
        mut units in prop::collection::vec(prop::collection::vec(0_u8..4, 0..5), 0..20),
    ) {
        let as_numbers = |units: &[Vec<u8>]| -> Vec<Vec<f64>> {
            units.iter().map(|unit| unit.iter().copied().map(f64::from).collect()).collect()
        };
        for level in [Level::Nominal, Level::Ordinal, Level::Interval] {
            let before = krippendorff_alpha(&as_numbers(&units), level);
            units.reverse();
            units.iter_mut().for_each(|unit| unit.reverse());
            match (before, krippendorff_alpha(&as_numbers(&units), level)) {
                (Some(left), Some(right)) => prop_assert!((left - right).abs() < 1e-9 && left <= 1.0 + 1e-9),
                (left, right) => prop_assert_eq!(left, right),
            }
        }
    }

    #[test]
    fn scores_lie_in_their_ranges(pairs in prop::collection::vec((0_usize..5, 0_usize..5), 1..60)) {
        let counts = counts(&pairs, 5);
        for score in [macro_f1(&counts), micro_f1(&counts)].into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&score));
        }
        let scored: Vec<_> = pairs.iter().map(|&(a, b)| (a as f64, b > 2)).collect();
        let upside_down: Vec<_> = scored.iter().map(|&(score, hit)| (-score, hit)).collect();
        if let (Some(up), Some(down)) = (auc(&scored), auc(&upside_down)) {
            prop_assert!((up + down - 1.0).abs() < 1e-9);
        }
        let numbers: Vec<_> = pairs.iter().map(|&(a, b)| (a as f64, b as f64)).collect();
        if let Some(rho) = spearman(&numbers) {
            prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&rho));
        }
    }
}
