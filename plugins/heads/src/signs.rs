//! Groups of phrases whose presence is a feature (`signs.txt`).

use rehearsal_cues::{Cues, Scan};

include!(concat!(env!("OUT_DIR"), "/signs.rs"));

/// How many groups there are.
pub(crate) const COUNT: usize = NAMES.len();

/// How often each group stands in a text.
pub(crate) type Signs = [u8; COUNT];

/// Counts the groups of a text.
pub(crate) fn count(scan: &mut Scan, text: &str) -> Signs {
    let mut signs = [0_u8; COUNT];
    for found in scan.find_all(&CUES, text) {
        let group = &mut signs[usize::from(GROUPS[found.cue])];
        *group = group.saturating_add(1);
    }
    signs
}

/// Place of a group; names are checked by a test.
pub(crate) fn index(name: &str) -> usize {
    NAMES.iter().position(|other| *other == name).unwrap_or_default()
}
