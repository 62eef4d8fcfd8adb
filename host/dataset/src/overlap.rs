//! The overlap matrix: what two splits have in common. Counted from the calls
//! themselves and not from the components, so that it checks what made the splits.

use std::collections::{BTreeMap, HashMap};

use crate::DatasetError;
use crate::graph::{Member, Tie};
use crate::split::Split;

/// By kind of tie, then by pair of splits (`train/test`): what both have. Every pair of
/// splits that have calls is there; every cell has to be 0.
pub type Overlap = BTreeMap<String, BTreeMap<String, u64>>;

/// Counts what splits have in common.
#[must_use]
pub fn overlap(members: &[Member], alike: &[(u32, u32)], places: &[Option<Split>]) -> Overlap {
    let mut seen: HashMap<(Tie, u64), u8> = HashMap::new();
    let mut sellers: HashMap<u64, u8> = HashMap::new();
    let mut used = 0;
    for (member, place) in members.iter().zip(places) {
        let Some(split) = place else { continue };
        used |= split.bit();
        for tie in &member.ties {
            *seen.entry(*tie).or_default() |= split.bit();
        }
        for seller in &member.sellers {
            *sellers.entry(*seller).or_default() |= split.bit();
        }
    }
    let pairs: Vec<(Split, Split)> = Split::ALL
        .iter()
        .flat_map(|a| Split::ALL.iter().map(move |b| (*a, *b)))
        .filter(|(a, b)| a < b && used & a.bit() != 0 && used & b.bit() != 0)
        .collect();
    let mut matrix = Overlap::new();
    let mut count = |kind: &str, splits: u8| {
        let row = matrix.entry(kind.to_owned()).or_default();
        for (a, b) in &pairs {
            let both = splits & a.bit() != 0 && splits & b.bit() != 0;
            *row.entry(format!("{a}/{b}")).or_default() += u64::from(both);
        }
    };
    // Every kind has its row, also where nothing is of it.
    Tie::ALL.iter().for_each(|tie| count(tie.name(), 0));
    for ((tie, _), splits) in seen {
        count(tie.name(), splits);
    }
    for (a, b) in alike {
        let bit = |index: u32| places[index as usize].map_or(0, Split::bit);
        count(Tie::NearDuplicate.name(), bit(*a) | bit(*b));
    }
    // Sellers are shared by the ordinary splits; those held out are in no other.
    count("held_out_seller", 0);
    for splits in sellers.into_values().filter(|splits| splits & Split::TestSellers.bit() != 0) {
        count("held_out_seller", splits);
    }
    matrix
}

/// Refuses splits that leak.
///
/// # Errors
/// [`DatasetError::Leak`] with the first cell that is not 0.
pub fn check(dataset: &str, matrix: &Overlap) -> Result<(), DatasetError> {
    for (tie, row) in matrix {
        if let Some((splits, count)) = row.iter().find(|(_, count)| **count > 0) {
            return Err(DatasetError::Leak {
                dataset: dataset.to_owned(),
                tie: tie.clone(),
                splits: splits.clone(),
                count: *count,
            });
        }
    }
    Ok(())
}
