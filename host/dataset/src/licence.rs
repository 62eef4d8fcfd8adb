//! Licences from free to closed: the most restrictive source's is the data set's.

/// What a call without a licence counts as.
pub const UNKNOWN: &str = "unknown";

/// SPDX identifiers from the least to the most restrictive, by what they ask of who
/// passes the rows on: nothing, attribution, the same licence, no profit, no changes.
const ORDER: &[&str] = &[
    // Public domain.
    "CC0-1.0",
    "PDDL-1.0",
    "Unlicense",
    "0BSD",
    "MIT-0",
    // Attribution.
    "MIT",
    "ISC",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "CDLA-Permissive-2.0",
    "CDLA-Permissive-1.0",
    "ODC-By-1.0",
    "CC-BY-2.0",
    "CC-BY-2.5",
    "CC-BY-3.0",
    "CC-BY-4.0",
    // The same licence again.
    "CDLA-Sharing-1.0",
    "ODbL-1.0",
    "MPL-2.0",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    // No profit.
    "CC-BY-NC-3.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-3.0",
    "CC-BY-NC-SA-4.0",
    // No changes.
    "CC-BY-ND-3.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-ND-3.0",
    "CC-BY-NC-ND-4.0",
];

/// How restrictive a licence is. The owner's own words are beyond every list, for what
/// they allow takes a person to tell, and no licence at all allows nothing.
fn rank(licence: &str) -> usize {
    let known = ORDER.iter().position(|known| known.eq_ignore_ascii_case(licence));
    match known {
        Some(place) => place,
        None if licence.eq_ignore_ascii_case(UNKNOWN) => ORDER.len() + 1,
        None => ORDER.len(),
    }
}

/// The most restrictive of some licences; of the owners' own words the first in the
/// order of the alphabet. None of none.
#[must_use]
pub fn most_restrictive<'a>(licences: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    licences.into_iter().min_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.cmp(b)))
}

/// Whether a licence is one of `refused`: an identifier, or a beginning and `*`.
#[must_use]
pub fn is_refused(licence: &str, refused: &[String]) -> bool {
    refused.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => licence
            .get(..beginning.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(beginning)),
        None => licence.eq_ignore_ascii_case(pattern),
    })
}

/// The identifier of a card's `license` line, as the hub writes it.
pub(crate) fn hub_identifier(licence: &str) -> String {
    if rank(licence) < ORDER.len() {
        licence.to_lowercase()
    } else if licence.eq_ignore_ascii_case(UNKNOWN) {
        UNKNOWN.to_owned()
    } else {
        "other".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_restrictive_source_wins() {
        let all = ["CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0"];
        assert_eq!(most_restrictive(all), Some("CC-BY-NC-4.0"));
        assert_eq!(most_restrictive(["Ask Dana", "CC-BY-NC-4.0"]), Some("Ask Dana"));
        assert_eq!(most_restrictive(["Ask Dana", "Ask Alba"]), Some("Ask Alba"));
        assert_eq!(most_restrictive(["unknown", "Ask Dana", "CC0-1.0"]), Some("unknown"));
        assert_eq!(most_restrictive([]), None);
        assert_eq!(hub_identifier("CC-BY-4.0"), "cc-by-4.0");
        assert_eq!(hub_identifier("Ask Dana"), "other");
    }

    #[test]
    fn refusals_are_exact_or_by_their_beginning() {
        let refused = ["unknown".to_owned(), "cc-by-nc-*".to_owned()];
        assert!(is_refused("unknown", &refused) && is_refused("CC-BY-NC-SA-4.0", &refused));
        assert!(!is_refused("CC-BY-4.0", &refused) && !is_refused("é", &refused));
    }
}
