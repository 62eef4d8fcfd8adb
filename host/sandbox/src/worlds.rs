//! The four kinds of plugins, a typed handle each. Every call gets a fresh instance.

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
use crate::{CallError, Called, Component, Description, Failure, ItemError, LoadError, World};

/// What an extractor or a path builder answers: a result a conversation, in order.
pub type Rows<T> = Vec<Result<Vec<T>, ItemError>>;

impl Component {
    /// Asks the plugin who it is, with nothing granted to it.
    ///
    /// # Errors
    /// The outer one if the plugin does not fit the contract, the inner one if the
    /// call fails.
    pub async fn describe(&self) -> Result<Result<Called<Description>, CallError>, LoadError> {
        Ok(match self.world() {
            World::Loader => Loader::stranger(self)?.describe().await,
            World::Extractor => Extractor::stranger(self)?.describe().await,
            World::PathBuilder => PathBuilder::stranger(self)?.describe().await,
            World::Validator => Validator::stranger(self)?.describe().await,
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
