//! World `path-builder`.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::path::exports::rehearsal::plugin::path_builder_api as api;
use crate::types::{Annotated, Annotation, Example, Message, Speaker};
use crate::{Call, Packaged, Result};

/// Makes training examples of annotated calls.
pub trait PathBuilder: Sized {
    /// The plugin's table of pipeline.toml. Its JSON Schema is shown to the host.
    type Config: DeserializeOwned + JsonSchema;
    /// Names of annotations it reads; others are not passed.
    const READS: &'static [&'static str];
    /// Families of examples it writes.
    const FAMILIES: &'static [&'static str];

    /// Sets up; called once a batch.
    ///
    /// # Errors
    /// The configuration makes no sense; the message names the key.
    fn new(config: Self::Config) -> Result<Self>;

    /// Examples of one call. Their keys must be the same for the same input.
    ///
    /// # Errors
    /// [`crate::types::Error::InvalidInput`] costs this call only.
    fn build(&self, call: &Call<'_>, annotations: &[Annotation]) -> Result<Vec<Example>>;
}

/// A message that no tokens are learned from: a part of a prompt, or one of two answers of
/// which a trainer learns by comparing them. `turns` are those that it was made of.
#[must_use]
pub fn message(role: Speaker, content: impl Into<String>, turns: &[u32]) -> Message {
    Message { role, content: content.into(), train: false, turns: turns.to_vec() }
}

#[doc(hidden)]
#[must_use]
pub fn describe<T: PathBuilder + Packaged>() -> api::Description {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    api::Description {
        identity: crate::identity::<T, T::Config>(),
        reads: owned(T::READS),
        families: owned(T::FAMILIES),
    }
}

#[doc(hidden)]
#[must_use]
pub fn build<T: PathBuilder>(batch: &[Annotated]) -> Vec<Result<Vec<Example>>> {
    let plugin = match crate::read_config().and_then(T::new) {
        Ok(plugin) => plugin,
        Err(error) => return batch.iter().map(|_| Err(error.clone())).collect(),
    };
    batch
        .iter()
        .map(|item| plugin.build(&Call::new(&item.conversation), &item.annotations))
        .collect()
}
