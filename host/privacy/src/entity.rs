//! What identifies a person or an account.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person's name, with the title before it.
    Person,
    /// An e-mail address, written or spoken ("jane dot doe at acme dot com").
    Email,
    /// A telephone number, or a long number of no known kind.
    Phone,
    /// A payment card's number, security code or expiry.
    Card,
    /// An international bank account number.
    Iban,
    /// A social security number.
    Ssn,
    /// A street address or a postcode.
    Address,
    /// A number of an account, order, policy or case.
    Account,
    /// A date of birth.
    BirthDate,
    /// A web address.
    Url,
    /// An IP address.
    Ip,
}

impl Kind {
    /// Every kind, in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Person,
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::Ssn,
        Self::Address,
        Self::Account,
        Self::BirthDate,
        Self::Url,
        Self::Ip,
    ];

    /// Lower-case name, as in files and on the screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Address => "address",
            Self::Account => "account",
            Self::BirthDate => "birth_date",
            Self::Url => "url",
            Self::Ip => "ip",
        }
    }
}

/// Personal data in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Bytes of the text.
    pub span: Range<usize>,
}
