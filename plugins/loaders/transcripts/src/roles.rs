//! Who is on which side: from the source's own words or the operator's. Never guessed.

use rehearsal_sdk::prelude::*;

use crate::Config;

/// Words that name a side themselves.
const SELLERS: &[&str] = &[
    "rep",
    "sales rep",
    "representative",
    "sales representative",
    "agent",
    "seller",
    "salesman",
    "saleswoman",
    "salesperson",
    "sales",
    "closer",
    "sdr",
    "bdr",
    "ae",
    "account executive",
    "advisor",
    "adviser",
    "consultant",
    "caller (sales)",
];
const PROSPECTS: &[&str] =
    &["customer", "prospect", "client", "buyer", "lead", "user", "homeowner", "caller", "patient"];

/// A participant of the name that a transcript gives.
/// What a sidecar says of somebody of that name comes first.
pub(crate) fn participant(
    config: &Config,
    known: &[Participant],
    raw: Option<&str>,
) -> Participant {
    let Some(raw) = raw else { return unknown(None, None) };
    let (name, organisation) = split_organisation(raw);
    let of_sidecar = known.iter().find(|person| {
        person.name.as_deref().is_some_and(|known| same(known, raw) || same(known, name))
    });
    if let Some(person) = of_sidecar.filter(|person| person.role != Role::Unknown) {
        return person.clone();
    }
    let named = |list: &[String]| {
        list.iter().any(|wanted| {
            same(wanted, raw)
                || same(wanted, name)
                || organisation.is_some_and(|org| same(wanted, org))
        })
    };
    let (role, evidence) = if named(&config.sellers) {
        (Role::Seller, "config.sellers")
    } else if named(&config.prospects) {
        (Role::Prospect, "config.prospects")
    } else if let Some(role) =
        side_of_prefix(name).or_else(|| organisation.and_then(side_of_prefix))
    {
        (role, "prefix")
    } else {
        return unknown(Some(name), organisation);
    };
    // `REP` says a side and names nobody.
    let is_side = side_of_prefix(name).is_some();
    Participant {
        name: (!is_side || evidence != "prefix").then(|| name.to_owned()),
        role,
        role_confidence: 1.0,
        role_evidence: evidence.to_owned(),
        organisation: organisation
            .filter(|org| side_of_prefix(org).is_none())
            .map(ToOwned::to_owned),
    }
}

fn unknown(name: Option<&str>, organisation: Option<&str>) -> Participant {
    Participant {
        name: name.map(ToOwned::to_owned),
        role: Role::Unknown,
        role_confidence: 0.0,
        role_evidence: String::new(),
        organisation: organisation.map(ToOwned::to_owned),
    }
}

/// `Dana Fox (Acme)` and `Dana Fox | Acme`.
fn split_organisation(raw: &str) -> (&str, Option<&str>) {
    let raw = raw.trim();
    let parts =
        raw.strip_suffix(')').and_then(|raw| raw.rsplit_once('(')).or_else(|| raw.split_once('|'));
    match parts.map(|(name, organisation)| (name.trim(), organisation.trim())) {
        Some((name, organisation)) if !name.is_empty() && !organisation.is_empty() => {
            (name, Some(organisation))
        }
        _ => (raw, None),
    }
}

/// The side that a prefix such as `REP`, `Agent 2` or `[SELLER_A]` names.
pub(crate) fn side_of_prefix(name: &str) -> Option<Role> {
    let bare = name.trim_matches(['[', ']']).to_lowercase();
    let bare = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = bare.strip_suffix("_a").or_else(|| bare.strip_suffix("_b")).unwrap_or(bare);
    let bare = bare.trim_matches([' ', '_', '-', '#']);
    if SELLERS.contains(&bare) {
        Some(Role::Seller)
    } else if PROSPECTS.contains(&bare) {
        Some(Role::Prospect)
    } else {
        None
    }
}

fn same(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}
