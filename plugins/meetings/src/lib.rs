//! What the loaders of meeting services share: who takes part and on which side
//! ([`Roster`]), who said what when ([`Script`]), and the forms in which services write
//! times ([`time`]) and sign their webhooks ([`webhook`]).

mod roster;
mod script;
pub mod time;
pub mod webhook;

pub use roster::{Person, Roster, domain, is_mail_provider};
pub use script::Script;

use serde_json::Value;
use sha2::{Digest, Sha256};

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
