//! Who is on which side: from the source's own words or the operator's. Never guessed.

use rehearsal_sdk::prelude::*;

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
    "support",
    "operator",
];
const PROSPECTS: &[&str] =
    &["customer", "prospect", "client", "buyer", "lead", "homeowner", "caller", "patient"];

/// Whom the operator names as seller and as prospect, in a loader's configuration.
#[derive(Debug, Clone, Default)]
pub struct Sides {
    /// Names of people, of organisations given in brackets behind a name, or speaker
    /// labels, who sell: `["Dana Fox", "Acme", "assistant"]`.
    pub sellers: Vec<String>,
    /// As `sellers`, who buy.
    pub prospects: Vec<String>,
}

impl Sides {
    /// # Errors
    /// Somebody is on both sides.
    pub fn check(&self) -> Result<()> {
        match self.sellers.iter().find(|name| self.prospects.contains(name)) {
            Some(name) => Err(Error::permanent(format!(
                "config: `{name}` is among `sellers` and among `prospects`"
            ))),
            None => Ok(()),
        }
    }

    /// A participant of the name that a source gives. What is `known` of somebody of
    /// that name comes first, then what the operator says, then a name that is a side
    /// itself: `REP`. `evidence` names that last ground: `prefix`, `participant_role`.
    #[must_use]
    pub fn participant(
        &self,
        known: &[Participant],
        raw: Option<&str>,
        evidence: &str,
    ) -> Participant {
        let Some(raw) = raw else { return unknown(None, None) };
        let (name, organisation) = split_organisation(raw);
        let of_known = known.iter().find(|person| {
            person.name.as_deref().is_some_and(|known| same(known, raw) || same(known, name))
        });
        if let Some(person) = of_known.filter(|person| person.role != Role::Unknown) {
            return person.clone();
        }
        let named = |list: &[String]| {
            list.iter().any(|wanted| {
                same(wanted, raw)
                    || same(wanted, name)
                    || organisation.is_some_and(|org| same(wanted, org))
            })
        };
        let side = side_of_prefix(name).or_else(|| organisation.and_then(side_of_prefix));
        let (role, ground) = match side {
            _ if named(&self.sellers) => (Role::Seller, "config.sellers"),
            _ if named(&self.prospects) => (Role::Prospect, "config.prospects"),
            Some(role) => (role, evidence),
            None => return unknown(Some(name), organisation),
        };
        // `REP` says a side and names nobody.
        let is_side = side_of_prefix(name).is_some();
        Participant {
            name: (!is_side || ground != evidence).then(|| name.to_owned()),
            role,
            role_confidence: 1.0,
            role_evidence: ground.to_owned(),
            organisation: organisation
                .filter(|org| side_of_prefix(org).is_none())
                .map(ToOwned::to_owned),
        }
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

/// The side that a label such as `REP`, `Agent 2` or `[SELLER_A]` names.
#[must_use]
pub fn side_of_prefix(name: &str) -> Option<Role> {
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
