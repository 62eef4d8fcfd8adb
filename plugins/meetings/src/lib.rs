//! What the loaders of meeting services share: who takes part and on which side
//! ([`Roster`]), who said what when ([`Script`]), the recording behind it ([`fetch`]), and
//! the forms in which services write
//! times ([`time`]) and sign their webhooks ([`webhook`]).

mod recording;
mod roster;
mod script;
pub mod time;
pub mod webhook;

pub use recording::{Recordings, fetch};
pub use roster::{Person, Roster, domain, is_mail_provider};
pub use script::Script;

use rehearsal_sdk::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Begins the key of a listed thing without an id, so that it fails by name instead of
/// being passed over.
pub const NAMELESS: &str = "nameless/";

/// The chunk of an entry that is one call, with what the operator says of all calls. A
/// call that cannot be read is one item's failure.
#[must_use]
pub fn chunk(call: Result<Body>, licence: Option<&str>, consent: Option<&str>) -> Chunk {
    match call {
        Ok(mut body) => {
            let (Body::Conversation(call) | Body::Recording(Media { about: call, .. })) = &mut body;
            call.licence = licence.map(ToOwned::to_owned);
            call.consent = consent.map(ToOwned::to_owned);
            Chunk::one(body)
        }
        Err(error) => {
            // The entry is the item, and its key says which.
            let failed = FailedItem { position: String::new(), error };
            Chunk { items: vec![Err(failed)], next: None }
        }
    }
}

/// Changes when any part of a value does. Keys are in order, so that their order in the
/// answer makes no difference.
#[must_use]
pub fn fingerprint(value: &Value) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(value.to_string())[..16])
}

/// A text that may be there, may be null, and may be empty, which is the same.
#[must_use]
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// An id, written as a number or as text.
#[must_use]
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        other => text(other).map(ToOwned::to_owned),
    }
}
