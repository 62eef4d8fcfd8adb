//! World `validator`.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::validator::exports::rehearsal::plugin::validator_api as api;
pub use crate::bindings::validator::exports::rehearsal::plugin::validator_api::{
    Finding, Metric, Report, Subject, Verdict,
};
use crate::types::Error;
use crate::{Packaged, Result};

/// Verdicts of a batch, one a subject and in order, and what they add up to.
#[derive(Debug, Clone)]
pub struct Inspection<P> {
    /// In the order of the batch.
    pub verdicts: Vec<Verdict>,
    /// What [`Validator::conclude`] will need of this batch.
    pub partial: P,
}

/// Judges what passes through, and concludes over all of it.
pub trait Validator: Sized {
    /// The plugin's table of pipeline.toml. Its JSON Schema is shown to the host.
    type Config: DeserializeOwned + JsonSchema;
    /// What a batch adds up to. `default()` is neutral to [`Validator::merge`]. It
    /// travels as JSON.
    type Partial: Serialize + DeserializeOwned + Default;
    /// Whether it judges examples (else conversations).
    const INSPECTS_EXAMPLES: bool;
    /// Names of checks and what each means.
    const CHECKS: &'static [(&'static str, &'static str)];

    /// Sets up; called once a batch.
    ///
    /// # Errors
    /// The configuration makes no sense; the message names the key.
    fn new(config: Self::Config) -> Result<Self>;

    /// A verdict a subject.
    ///
    /// # Errors
    /// The whole batch cannot be judged.
    fn inspect(&self, batch: &[Subject]) -> Result<Inspection<Self::Partial>>;

    /// Adds two partials: associative and commutative.
    fn merge(&self, left: Self::Partial, right: Self::Partial) -> Self::Partial;

    /// What a person should know of the whole.
    ///
    /// # Errors
    /// Nothing can be concluded.
    fn conclude(&self, partial: Self::Partial) -> Result<Report>;
}

impl Verdict {
    /// Keeps the subject out of the data sets.
    pub fn rejected(check: &str, reason: impl Into<String>) -> Self {
        Self::Reject(Finding { check: check.to_owned(), reason: reason.into() })
    }

    /// Keeps the subject and marks it.
    pub fn flagged(check: &str, reason: impl Into<String>) -> Self {
        Self::Flag(Finding { check: check.to_owned(), reason: reason.into() })
    }
}

#[doc(hidden)]
#[must_use]
pub fn describe<T: Validator + Packaged>() -> api::Description {
    api::Description {
        identity: crate::identity::<T, T::Config>(),
        inspects: if T::INSPECTS_EXAMPLES {
            api::SubjectKind::Examples
        } else {
            api::SubjectKind::Conversations
        },
        checks: T::CHECKS
            .iter()
            .map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned()))
            .collect(),
    }
}

#[doc(hidden)]
pub fn inspect<T: Validator>(batch: &[Subject]) -> Result<api::Inspection> {
    let Inspection { verdicts, partial } = T::new(crate::read_config()?)?.inspect(batch)?;
    Ok(api::Inspection { verdicts, partial: encode(&partial)? })
}

#[doc(hidden)]
pub fn merge<T: Validator>(partials: &[Vec<u8>]) -> Result<Vec<u8>> {
    let plugin = T::new(crate::read_config()?)?;
    let mut total = T::Partial::default();
    for partial in partials {
        total = plugin.merge(total, decode(partial)?);
    }
    encode(&total)
}

#[doc(hidden)]
pub fn conclude<T: Validator>(partial: &[u8]) -> Result<Report> {
    T::new(crate::read_config()?)?.conclude(decode(partial)?)
}

fn encode(partial: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(partial).map_err(|error| {
        Error::permanent(format!("the partial of this validator cannot be written: {error}"))
    })
}

fn decode<P: DeserializeOwned>(partial: &[u8]) -> Result<P> {
    serde_json::from_slice(partial)
        .map_err(|error| Error::invalid(format!("this is no partial of this validator: {error}")))
}
