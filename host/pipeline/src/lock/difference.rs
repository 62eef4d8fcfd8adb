//! What a pipeline does otherwise than its lock accepts, for a person to judge.

use std::fmt;

pub(super) fn listed(differences: &[Difference]) -> String {
    differences.iter().map(|one| format!("  {one}")).collect::<Vec<_>>().join("\n")
}

/// One way in which a pipeline differs from its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The stage's id.
    pub stage: String,
    /// What differs.
    pub change: Change,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The stage is new: its plugin with what it was granted.
    NewStage {
        /// Name and version.
        plugin: String,
        /// Digest of the component.
        digest: String,
    },
    /// The stage is gone.
    GoneStage,
    /// Another component.
    Component {
        /// Name, version and digest as accepted.
        from: String,
        /// The same of what would run.
        to: String,
    },
    /// It imports what it did not.
    NewImport(String),
    /// It may see what it might not.
    WiderGrant(String),
    /// It no longer may, or no longer asks.
    Narrower(String),
}

impl Change {
    /// Whether it takes the operator's consent.
    #[must_use]
    pub const fn wants_consent(&self) -> bool {
        matches!(self, Self::Component { .. } | Self::NewImport(_) | Self::WiderGrant(_))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.stage)?;
        match &self.change {
            Change::NewStage { plugin, digest } => write!(f, "new stage, {plugin} ({digest:.12})"),
            Change::GoneStage => f.write_str("the stage is gone"),
            Change::Component { from, to } => write!(f, "another component: {from} is now {to}"),
            Change::NewImport(name) => write!(f, "new import: {name}"),
            Change::WiderGrant(grant) => write!(f, "wider grant: {grant}"),
            Change::Narrower(what) => write!(f, "no longer: {what}"),
        }
    }
}
