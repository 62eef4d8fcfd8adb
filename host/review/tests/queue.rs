//! The queue of reviews: what is picked, in which shares, and that it is the same again.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rehearsal_review::{Candidate, Why, pick, place};

/// Calls of two sources, one thrice as large; the tenth part doubtful; one of each source
/// about something else.
fn candidates() -> Vec<Candidate> {
    (0..200)
        .map(|n| {
            let stratum = if n % 4 == 0 { "small" } else { "large" };
            let text = match n {
                40 => "granite quarry blasting permit geology".to_owned(),
                41 => "orchestra rehearsal violin concert tickets".to_owned(),
                _ => format!("invoice ledger payroll spreadsheet accounting number{}", n % 3),
            };
            Candidate {
                id: format!("call{n:03}"),
                stratum: stratum.to_owned(),
                doubt: if n % 10 < 2 { 0.9 } else { 0.1 },
                expected: vec![8.0, f64::from(u8::from(n % 5 == 3)) * 2.0],
                place: place(&text),
            }
        })
        .collect()
}

#[test]
fn half_are_doubtful_a_quarter_unlike_and_a_quarter_by_chance() {
    let candidates = candidates();
    let picked = pick(&candidates, &[], 40, 7);
    let count = |why: Why| picked.iter().filter(|(_, reason)| *reason == why).count();
    let counts = (count(Why::Doubt), count(Why::Diversity), count(Why::Chance));
    assert_eq!(counts, (20, 10, 10));
    let doubtful = picked.iter().filter(|(_, why)| *why == Why::Doubt);
    assert!(doubtful.into_iter().all(|(at, _)| candidates[*at].doubt > 0.5));
    let places: Vec<usize> = picked.iter().map(|(at, _)| *at).collect();
    assert!(places.contains(&40) && places.contains(&41), "what is unlike all others");
    let mut strata: BTreeMap<(&str, Why), usize> = BTreeMap::new();
    for (at, why) in &picked {
        *strata.entry((&candidates[*at].stratum, *why)).or_default() += 1;
    }
    assert_eq!(strata[&("large", Why::Doubt)], 15, "{strata:?}");
    assert_eq!(strata[&("small", Why::Doubt)], 5, "{strata:?}");
}

#[test]
fn another_seed_draws_others_and_doubt_stays() {
    let candidates = candidates();
    let drawn = |seed| -> Vec<usize> {
        let picked = pick(&candidates, &[], 40, seed).into_iter();
        picked.filter(|(_, why)| *why == Why::Chance).map(|(at, _)| at).collect()
    };
    assert_ne!(drawn(1), drawn(2));
    assert_eq!(drawn(1), drawn(1));
}

#[test]
fn what_experts_gave_too_little_of_is_asked_for() {
    let candidates = candidates();
    let rare = |given: &[f64]| {
        let picked = pick(&candidates, given, 40, 7).into_iter();
        picked.filter(|(at, why)| *why == Why::Doubt && candidates[*at].expected[1] > 0.0).count()
    };
    assert_eq!(rare(&[400.0, 0.0]), 20, "one call in five has the class that is missing");
    assert!(rare(&[400.0, 400.0]) < 20, "there is enough of both");
    // Where models disagree, a call counts for more.
    let doubtful = pick(&candidates, &[400.0, 400.0], 40, 7).into_iter();
    let doubtful = doubtful.filter(|(at, why)| *why == Why::Doubt && candidates[*at].doubt > 0.5);
    assert_eq!(doubtful.count(), 20);
}

proptest! {
    #[test]
    fn the_order_of_candidates_does_not_matter(
        shift in 0_usize..200,
        batch in 0_usize..60,
        given in prop::collection::vec(0.0..30.0_f64, 0..3),
    ) {
        let straight = candidates();
        let mut turned = candidates();
        turned.rotate_left(shift);
        let ids = |candidates: &[Candidate]| -> Vec<(String, Why)> {
            let picked = pick(candidates, &given, batch, 3).into_iter();
            picked.map(|(at, why)| (candidates[at].id.clone(), why)).collect()
        };
        let picked = ids(&straight);
        prop_assert_eq!(picked.len(), batch);
        prop_assert_eq!(&picked, &ids(&turned));
        let mut once: Vec<_> = picked.into_iter().map(|(id, _)| id).collect();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), batch, "each call once");
    }
}
