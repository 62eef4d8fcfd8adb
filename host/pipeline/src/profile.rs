//! What splits need to know of a call, taken once from its text and kept beside it.

use rehearsal_dataset::{SIGNATURE_VERSION, Shingles, Signature, Tie, name_hash};
use rehearsal_model::{Conversation, Hasher, Participant, Role};
use rehearsal_repository::Fingerprint;

use crate::records::{CallRecord, Identity, Media, Profile};

/// Metadata keys under which sources name what calls have in common.
const CUSTOMER_KEYS: &[&str] = &["customer", "customer_id", "contact_id"];
const CALL_KEYS: &[&str] = &["call", "call_id", "conversation_id"];
const SEED_KEYS: &[&str] = &["synthetic_seed", "seed"];
const SELLER_KEYS: &[&str] = &["seller", "seller_id", "agent_id"];

/// The profile of a call.
pub(crate) fn profile(record: &CallRecord) -> Profile {
    let call = &record.conversation;
    let identity = record.identity.clone();
    let Identity { ties, sellers } = identity
        .unwrap_or_else(|| identity_of(call, record.media.as_ref(), &|value| value.to_owned()));
    let facet =
        |(key, value): &(String, String)| (name_hash("key", key), name_hash("value", value));
    Profile {
        ties,
        sellers,
        day: call.started_at.as_deref().and_then(|moment| moment.get(..10)).map(ToOwned::to_owned),
        language: call.language.clone(),
        facets: call.metadata.iter().map(facet).collect(),
        sides: call.turns.iter().map(|turn| call.role(turn)).collect(),
        signature: Signature::of(&Shingles::of(&record.said())),
    }
}

/// What a call shares with others. `veil` is what becomes of names before they are
/// hashed: a plain hash of a name is soon guessed.
pub(crate) fn identity_of(
    call: &Conversation,
    media: Option<&Media>,
    veil: &dyn Fn(&str) -> String,
) -> Identity {
    let mut ties = Vec::new();
    let mut tie = |tie: Tie, value: &str| {
        if !value.trim().is_empty() {
            ties.push((tie, name_hash(tie.name(), value)));
        }
    };
    if let Some(media) = media {
        tie(Tie::Call, &media.fingerprint.to_string());
    }
    named(call, CALL_KEYS).for_each(|value| tie(Tie::Call, value));
    named(call, CUSTOMER_KEYS).for_each(|value| tie(Tie::Customer, &veiled(value, veil)));
    named(call, SEED_KEYS).for_each(|value| tie(Tie::SyntheticSeed, value));
    call.account.iter().for_each(|account| tie(Tie::Account, account));
    for prospect in of_role(call, Role::Prospect) {
        // Who speaks for a company is of its account, whether or not the source says so.
        prospect.organisation.iter().for_each(|company| tie(Tie::Account, company));
        if let Some(name) = full_name(prospect) {
            tie(Tie::Customer, &veiled(&name, veil));
        }
    }
    ties.sort_unstable();
    ties.dedup();
    let sellers = of_role(call, Role::Seller).filter_map(full_name);
    let named_sellers = named(call, SELLER_KEYS).map(ToOwned::to_owned);
    let mut sellers: Vec<u64> = sellers
        .chain(named_sellers)
        .map(|name| name_hash("seller", &veiled(&name, veil)))
        .collect();
    sellers.sort_unstable();
    sellers.dedup();
    Identity { ties, sellers }
}

/// Nothing stays nothing: it ties no calls.
fn veiled(value: &str, veil: &dyn Fn(&str) -> String) -> String {
    if value.trim().is_empty() { String::new() } else { veil(value) }
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

#[cfg(test)]
mod tests {
    use rehearsal_config::{KeyPlace, Privacy, PrivacyMode, PseudonymScope};
    use rehearsal_model::ConversationId;

    use super::*;
    use crate::privacy::{Guard, Guarded};
    use crate::report::Silent;

    /// A call with a customer, as it is kept.
    fn kept(guard: &Guard, item: &str) -> CallRecord {
        let who = |name: &str, role| Participant {
            name: Some(name.to_owned()),
            role,
            ..Participant::default()
        };
        let mut call = Conversation {
            participants: vec![
                who("Gareth Pugh", Role::Seller),
                who("Denise Hartshorne", Role::Prospect),
            ],
            ..Conversation::default()
        };
        for _ in 0..6 {
            call.push_turn(0, "Morning, is that Denise? It is Gareth Pugh about your quote.", None);
            call.push_turn(1, "It is. Denise Hartshorne speaking. My husband Tobias has it.", None);
        }
        let id = ConversationId::new("texts", item, "");
        let identity = identity_of(&call, None, &|value| guard.veil(value));
        let Guarded { conversation, redactions, mentions, .. } = guard.apply(id, call);
        CallRecord {
            source: "texts".to_owned(),
            entry: item.to_owned(),
            item: String::new(),
            media: None,
            conversation,
            former: Vec::new(),
            redactions,
            mentions,
            identity: Some(identity),
        }
    }

    #[test]
    fn pseudonyms_part_neither_a_customer_s_calls_nor_two_copies_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let privacy = Privacy {
            mode: PrivacyMode::Redact,
            key: KeyPlace::File(folder.path().join("key")),
            scope: PseudonymScope::Call,
            release: String::new(),
        };
        let guard = Guard::open(&privacy, &folder.path().join("work"), &Silent).unwrap();
        let [one, other] = ["a.txt", "b.txt"].map(|item| kept(&guard, item));
        assert_ne!(one.conversation.text, other.conversation.text, "two sets of pseudonyms");
        let [one, other] = [profile(&one), profile(&other)];
        assert!(one.ties.iter().any(|(tie, _)| *tie == Tie::Customer));
        assert_eq!((&one.ties, &one.sellers), (&other.ties, &other.sellers));
        assert_eq!(one.signature, other.signature);
        let guessed = name_hash(Tie::Customer.name(), "Denise Hartshorne");
        assert!(one.ties.iter().all(|(_, hash)| *hash != guessed), "a guess finds the name");
    }
}
