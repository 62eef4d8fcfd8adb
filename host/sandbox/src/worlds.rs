//! The four kinds of plugins, a typed handle each. Every batch gets a fresh instance.

/// A typed handle of one world: what all four have in common. Expects the world's
/// `GuestIndices` in scope.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $describe:path) => {
        $(#[$doc])*
        pub struct $name($crate::plugin::Plugin<GuestIndices>);

        impl $name {
            /// Links a component under the id that it has in pipeline.toml.
            ///
            /// # Errors
            /// If it is of another world, or needs what is not granted.
            pub fn prepare(
                id: &str,
                component: &$crate::Component,
                grants: $crate::Grants,
                limits: $crate::Limits,
            ) -> Result<Self, $crate::LoadError> {
                $crate::plugin::Plugin::prepare(id, component, grants, limits).map(Self)
            }

            /// As [`Self::prepare`], but what it needs and is not granted is found out
            /// when it reaches for it, with [`Failure::NotGranted`](crate::Failure).
            ///
            /// # Errors
            /// If it is of another world.
            pub fn rehearse(
                id: &str,
                component: &$crate::Component,
                grants: $crate::Grants,
                limits: $crate::Limits,
            ) -> Result<Self, $crate::LoadError> {
                $crate::plugin::Plugin::rehearse(id, component, grants, limits).map(Self)
            }

            /// What it says of itself.
            ///
            /// # Errors
            /// If the call fails.
            pub async fn describe(
                &self,
            ) -> Result<$crate::Called<$crate::Description>, $crate::CallError> {
                let mut session = self.0.start("describe", &[]).await?;
                let call = session.guest.call_describe(&mut session.store);
                let answer = session.deadline.limit(call).await;
                session.finish(answer, |lift, answer, _| $describe(lift, answer))
            }
        }
    };
}

mod extractor;
mod loader;
mod path_builder;
mod validator;

pub use self::extractor::Extractor;
pub use self::loader::{
    Chunk, Entry, FailedItem, Item, ItemBody, Loader, Media, Page, RecordingItem,
};
pub use self::path_builder::PathBuilder;
pub use self::validator::{Inspection, Subject, Validator};

use crate::bindings::rehearsal::plugin::types;
use crate::{
    CallError, Called, Component, Description, Failure, Grants, ItemError, Limits, LoadError, World,
};

/// What an extractor or a path builder answers: a result a conversation, in order.
pub type Rows<T> = Vec<Result<Vec<T>, ItemError>>;

impl Component {
    /// Asks the plugin who it is, with nothing granted to it.
    ///
    /// # Errors
    /// The outer one if the plugin does not fit the contract, the inner one if the
    /// call fails.
    pub async fn describe(&self) -> Result<Result<Called<Description>, CallError>, LoadError> {
        let (id, grants, limits) = (self.file(), Grants::default(), Limits::default());
        Ok(match self.world() {
            World::Loader => Loader::rehearse(id, self, grants, limits)?.describe().await,
            World::Extractor => Extractor::rehearse(id, self, grants, limits)?.describe().await,
            World::PathBuilder => PathBuilder::rehearse(id, self, grants, limits)?.describe().await,
            World::Validator => Validator::rehearse(id, self, grants, limits)?.describe().await,
        })
    }
}

/// One row a conversation, neither more nor fewer.
fn check_rows(what: &str, rows: usize, asked: usize) -> Result<(), Failure> {
    if rows == asked {
        return Ok(());
    }
    Err(Failure::Contract(format!("it answered {rows} {what} to {asked}")))
}

/// Translates each row on its own, so that one bad row costs one item.
fn rows<R, T, S>(
    answer: Vec<Result<R, types::Error>>,
    batch: &[S],
    mut translate: impl FnMut(R, &S) -> Result<T, ItemError>,
) -> Result<Vec<Result<T, ItemError>>, Failure> {
    check_rows("results", answer.len(), batch.len())?;
    let rows = answer.into_iter().zip(batch);
    Ok(rows
        .map(|(row, subject)| match row {
            Ok(row) => translate(row, subject),
            Err(error) => Err(ItemError::Plugin(error.into())),
        })
        .collect())
}
