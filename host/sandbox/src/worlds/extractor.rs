//! Extractors: find things in calls.

use rehearsal_model::{Annotation, Conversation, ConversationId};

use super::{Rows, rows};
use crate::bindings::exports::rehearsal::plugin::extractor_api::GuestIndices;
use crate::lower::ConversationParts;
use crate::plugin::Plugin;
use crate::{CallError, Called, Component, Description, Grants, Limits, LoadError, describe};

/// An extractor with its grants.
pub struct Extractor(Plugin<GuestIndices>);

impl Extractor {
    /// Links a component under the id that it has in pipeline.toml.
    ///
    /// # Errors
    /// If it is of another world, or needs what is not granted.
    pub fn prepare(
        id: &str,
        component: &Component,
        grants: Grants,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        Plugin::prepare(id, component, grants, limits).map(Self)
    }

    pub(super) fn stranger(component: &Component) -> Result<Self, LoadError> {
        Plugin::stranger(component).map(Self)
    }

    /// Who it is, what it needs and finds.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn describe(&self) -> Result<Called<Description>, CallError> {
        let mut session = self.0.start("describe", &[]).await?;
        let answer = session.deadline.limit(session.guest.call_describe(&mut session.store)).await;
        session.finish(answer, |lift, answer, _| describe::extractor(lift, answer))
    }

    /// Annotations of each conversation of a batch, in order.
    ///
    /// # Errors
    /// If the call fails as a whole; what is wrong with a single conversation is in
    /// its row.
    pub async fn extract(
        &self,
        batch: &[(ConversationId, &Conversation)],
    ) -> Result<Called<Rows<Annotation>>, CallError> {
        let ids: Vec<_> = batch.iter().map(|(id, _)| *id).collect();
        let mut session = self.0.start("extract", &ids).await?;
        let parts: Vec<_> =
            batch.iter().map(|(id, call)| ConversationParts::new(*id, call)).collect();
        let views: Vec<_> = parts.iter().map(ConversationParts::view).collect();
        let call = session.guest.call_extract(&mut session.store, &views);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            rows(answer, batch, |row, (_, call)| lift.annotations(row, call))
        })
    }
}
