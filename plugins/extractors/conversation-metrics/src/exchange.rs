//! Handing over: switches, silences before the seller speaks, interruptions.

use rehearsal_sdk::prelude::*;

use crate::Measure;
use crate::sides::{Sides, Talk};

pub(crate) const SWITCHES: Kind = Kind::new(
    "interactivity",
    "interactivity.switches@1",
    "Changes of speaker per minute of the call",
);
pub(crate) const REAL_SWITCHES: Kind = Kind::new(
    "interactivity_without_backchannels",
    "interactivity.switches_without_backchannels@1",
    "Changes of speaker per minute of the call, back-channels left out",
);
pub(crate) const PATIENCE: Kind = Kind::new(
    "patience",
    "patience.median@1",
    "Median time in ms from the end of the prospect's turn to the start of the seller's next, 0 where they overlap",
);
pub(crate) const PATIENCE_MEAN: Kind =
    Kind::new("patience_mean", "patience.mean@1", "As patience, the mean");
pub(crate) const BY_SELLER: Kind = Kind::new(
    "interruptions_by_seller",
    "interruptions.seller@1",
    "Seller's turns that begin inside a prospect's turn, at least `min_overlap_ms` (200) before its end, back-channels left out",
);
pub(crate) const BY_PROSPECT: Kind = Kind::new(
    "interruptions_by_prospect",
    "interruptions.prospect@1",
    "Prospect's turns that begin inside a seller's turn, at least `min_overlap_ms` (200) before its end, back-channels left out",
);

pub(crate) fn measure(sides: &Sides<'_>, min_overlap_ms: u32) -> Vec<Measure> {
    let mut gaps = gaps(sides);
    if let Ok(gaps) = &mut gaps {
        gaps.sort_unstable();
    }
    let middle = |gaps: &Vec<u32>| {
        let half = gaps.len() / 2;
        if gaps.len() % 2 == 1 {
            f64::from(gaps[half])
        } else {
            (f64::from(gaps[half - 1]) + f64::from(gaps[half])) / 2.0
        }
    };
    let mean =
        |gaps: &Vec<u32>| gaps.iter().map(|gap| f64::from(*gap)).sum::<f64>() / gaps.len() as f64;
    vec![
        (SWITCHES, switches(sides, |_| true)),
        (REAL_SWITCHES, switches(sides, |turn| !turn.backchannel)),
        (PATIENCE, gaps.as_ref().map(middle).map_err(Clone::clone)),
        (PATIENCE_MEAN, gaps.as_ref().map(mean).map_err(Clone::clone)),
        (BY_SELLER, interruptions(sides, Role::Seller, Role::Prospect, min_overlap_ms)),
        (BY_PROSPECT, interruptions(sides, Role::Prospect, Role::Seller, min_overlap_ms)),
    ]
}

fn switches(sides: &Sides<'_>, counts: impl Fn(&Talk<'_>) -> bool) -> Result<f64, String> {
    let minutes = sides.minutes()?;
    let mut speakers: Vec<u32> =
        sides.turns.iter().filter(|turn| counts(turn)).map(|turn| turn.participant).collect();
    speakers.dedup();
    Ok(speakers.len().saturating_sub(1) as f64 / minutes)
}

/// From the end of each of the prospect's turns to the seller's next; never empty.
fn gaps(sides: &Sides<'_>) -> Result<Vec<u32>, String> {
    sides.ends()?;
    sides.of_role(Role::Seller)?;
    sides.of_role(Role::Prospect)?;
    let gaps: Vec<u32> = sides
        .turns
        .windows(2)
        .filter(|pair| pair[0].role == Role::Prospect && pair[1].role == Role::Seller)
        .filter_map(|pair| Some(pair[1].time?.0.saturating_sub(pair[0].time?.1)))
        .collect();
    if gaps.is_empty() {
        return Err("the seller never follows the prospect".to_owned());
    }
    Ok(gaps)
}

fn interruptions(
    sides: &Sides<'_>,
    by: Role,
    of: Role,
    min_overlap_ms: u32,
) -> Result<f64, String> {
    sides.ends()?;
    sides.of_role(by)?;
    sides.of_role(of)?;
    let (mut count, mut last) = (0_u32, None::<(u32, u32)>);
    for turn in &sides.turns {
        let Some((start, end)) = turn.time else { continue };
        if turn.role == by && !turn.backchannel {
            let cuts =
                |(from, to): (u32, u32)| from < start && start.saturating_add(min_overlap_ms) <= to;
            count += u32::from(last.is_some_and(cuts));
        } else if turn.role == of && last.is_none_or(|(_, to)| end > to) {
            last = Some((start, end));
        }
    }
    Ok(f64::from(count))
}
