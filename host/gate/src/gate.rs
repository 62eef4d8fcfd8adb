//! What all requests of a process have in common: rates and tapes.

use std::path::PathBuf;
use std::sync::Arc;

use crate::GateError;
use crate::address::{Lookup, SystemLookup};
use crate::budget::Budgets;
use crate::door::Door;
use crate::policy::{Grant, Grantee, Rule};
use crate::tape::Tape;

/// How a gate is set up.
#[derive(Debug, Default)]
pub struct Settings {
    /// Where rates are kept between runs; none to forget them.
    pub budgets: Option<PathBuf>,
    /// What is behind the gate.
    pub mode: Mode,
    /// Who knows the addresses of names; none for the system.
    pub lookup: Option<Arc<dyn Lookup>>,
}

/// What is behind a gate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// The network.
    #[default]
    Live,
    /// The network, every exchange kept in a folder.
    Record(PathBuf),
    /// A folder of exchanges, and no network.
    Replay(PathBuf),
}

/// The one way to the network. One a process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) budgets: Budgets,
    pub(crate) traffic: Traffic,
    lookup: Arc<dyn Lookup>,
}

#[derive(Debug)]
pub(crate) enum Traffic {
    Live,
    Record(Tape),
    Replay(Tape),
}

impl Gate {
    /// Opens the tape, if any. The network is not touched.
    ///
    /// # Errors
    /// The folder of the tape cannot be used.
    pub fn new(settings: Settings) -> Result<Self, GateError> {
        let traffic = match settings.mode {
            Mode::Live => Traffic::Live,
            Mode::Record(folder) => Traffic::Record(Tape::record(&folder)?),
            Mode::Replay(folder) => Traffic::Replay(Tape::replay(&folder)?),
        };
        Ok(Self(Arc::new(Shared {
            budgets: Budgets::open(settings.budgets),
            traffic,
            lookup: settings.lookup.unwrap_or_else(|| Arc::new(SystemLookup)),
        })))
    }

    /// A way through for one stage. Secrets are not read yet.
    ///
    /// # Errors
    /// A grant makes no sense, or its certificates cannot be read.
    pub fn door(&self, grantee: Grantee, grants: Vec<Grant>) -> Result<Door, GateError> {
        let rules = grants
            .into_iter()
            .map(|grant| Rule::new(grant, &self.0.lookup))
            .collect::<Result<_, _>>()?;
        Ok(Door::new(Arc::clone(&self.0), grantee, rules))
    }
}
