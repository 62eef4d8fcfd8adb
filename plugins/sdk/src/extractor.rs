//! World `extractor`.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::extractor::exports::rehearsal::plugin::extractor_api as api;
use crate::types::{Annotation, Conversation};
use crate::{Call, Kind, Needs, Packaged, Result};

/// Finds things in calls.
pub trait Extractor: Sized {
    /// The plugin's table of pipeline.toml. Its JSON Schema is shown to the host.
    type Config: DeserializeOwned + JsonSchema;
    /// Every kind of annotation that [`Extractor::extract`] makes.
    const EMITS: &'static [Kind];
    /// What a call must have for anything useful to come out.
    const NEEDS: Needs = Needs::TEXT;

    /// Sets up; called once a batch.
    ///
    /// # Errors
    /// The configuration makes no sense; the message names the key.
    fn new(config: Self::Config) -> Result<Self>;

    /// All that is found in one call.
    ///
    /// # Errors
    /// [`crate::types::Error::InvalidInput`] costs this call only.
    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>>;
}

#[doc(hidden)]
#[must_use]
pub fn describe<T: Extractor + Packaged>() -> api::Description {
    api::Description {
        identity: crate::identity::<T, T::Config>(),
        needs: T::NEEDS.describe(),
        emits: T::EMITS.iter().map(Kind::describe).collect(),
    }
}

#[doc(hidden)]
#[must_use]
pub fn extract<T: Extractor>(batch: &[Conversation]) -> Vec<Result<Vec<Annotation>>> {
    let plugin = match crate::read_config().and_then(T::new) {
        Ok(plugin) => plugin,
        Err(error) => return batch.iter().map(|_| Err(error.clone())).collect(),
    };
    batch.iter().map(|conversation| plugin.extract(&Call::new(conversation))).collect()
}
