//! What splits need to know of a call, taken once from its text and kept beside it.

use rehearsal_dataset::{SIGNATURE_VERSION, Shingles, Signature, Tie, name_hash};
use rehearsal_model::{Conversation, Hasher, Participant, Role};
use rehearsal_repository::Fingerprint;

use crate::records::{CallRecord, Profile};

/// Metadata keys under which sources name what calls have in common.
const CUSTOMER_KEYS: &[&str] = &["customer", "customer_id", "contact_id"];
const CALL_KEYS: &[&str] = &["call", "call_id", "conversation_id"];
const SEED_KEYS: &[&str] = &["synthetic_seed", "seed"];
const SELLER_KEYS: &[&str] = &["seller", "seller_id", "agent_id"];

/// The profile of a call.
pub(crate) fn profile(record: &CallRecord) -> Profile {
    let call = &record.conversation;
    let mut ties = Vec::new();
    let mut tie = |tie: Tie, value: &str| {
        if !value.trim().is_empty() {
            ties.push((tie, name_hash(tie.name(), value)));
        }
    };
    if let Some(media) = &record.media {
        tie(Tie::Call, &media.fingerprint.to_string());
    }
    named(call, CALL_KEYS).for_each(|value| tie(Tie::Call, value));
    named(call, CUSTOMER_KEYS).for_each(|value| tie(Tie::Customer, value));
    named(call, SEED_KEYS).for_each(|value| tie(Tie::SyntheticSeed, value));
    call.account.iter().for_each(|account| tie(Tie::Account, account));
    for prospect in of_role(call, Role::Prospect) {
        // Who speaks for a company is of its account, whether or not the source says so.
        prospect.organisation.iter().for_each(|company| tie(Tie::Account, company));
        if let Some(name) = full_name(prospect) {
            tie(Tie::Customer, &name);
        }
    }
    ties.sort_unstable();
    ties.dedup();
    let sellers = of_role(call, Role::Seller).filter_map(full_name);
    let named_sellers = named(call, SELLER_KEYS).map(ToOwned::to_owned);
    let mut sellers: Vec<u64> =
        sellers.chain(named_sellers).map(|name| name_hash("seller", &name)).collect();
    sellers.sort_unstable();
    sellers.dedup();
    let facet =
        |(key, value): &(String, String)| (name_hash("key", key), name_hash("value", value));
    Profile {
        ties,
        sellers,
        day: call.started_at.as_deref().and_then(|moment| moment.get(..10)).map(ToOwned::to_owned),
        language: call.language.clone(),
        facets: call.metadata.iter().map(facet).collect(),
        sides: call.turns.iter().map(|turn| call.role(turn)).collect(),
        signature: Signature::of(&Shingles::of(&call.text)),
    }
}

/// The fingerprint of a profile of the call with this one.
pub(crate) fn mark(call: Fingerprint) -> Fingerprint {
    let mut hasher = Hasher::new("profile");
    hasher.part(&[SIGNATURE_VERSION]).part(&call.0);
    crate::records::fingerprint(&hasher.finish())
}

fn named<'a>(call: &'a Conversation, keys: &'a [&str]) -> impl Iterator<Item = &'a str> {
    call.metadata
        .iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(_, value)| value.as_str())
}

fn of_role(call: &Conversation, role: Role) -> impl Iterator<Item = &Participant> {
    call.participants.iter().filter(move |participant| participant.role == role)
}

/// A name that tells a person from others: first and last, or a name in a company. A
/// first name alone would make one customer of every Dana.
fn full_name(person: &Participant) -> Option<String> {
    let name = person.name.as_deref()?.trim();
    match &person.organisation {
        Some(company) if !name.is_empty() => Some(format!("{name}, {company}")),
        _ => name.contains(' ').then(|| name.to_owned()),
    }
}
