//! Extractors: find things in calls.

use rehearsal_model::{Annotation, Conversation, ConversationId};

use super::{Rows, mismatch, rows};
use crate::bindings::exports::rehearsal::plugin::extractor_api::GuestIndices;
use crate::lower::ConversationParts;
use crate::plugin::Plugin;
use crate::{
    CallError, Called, Component, Description, Grants, Limits, LoadError, World, describe,
};

/// An extractor with its grants.
pub struct Extractor {
    plugin: Plugin,
    exports: GuestIndices,
}

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
        Self::of(Plugin::prepare(id, component, World::Extractor, grants, limits)?)
    }

    pub(super) fn of(plugin: Plugin) -> Result<Self, LoadError> {
        let exports =
            GuestIndices::new(plugin.linked()).map_err(|error| mismatch(&plugin, &error))?;
        Ok(Self { plugin, exports })
    }

    /// Who it is, what it needs and finds.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn describe(&self) -> Result<Called<Description>, CallError> {
        let mut session = self.plugin.start("describe", &[]).await?;
        let guest = session.guest(|store, instance| self.exports.load(store, instance))?;
        let answer = session.deadline.limit(guest.call_describe(&mut session.store)).await;
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
        let mut session = self.plugin.start("extract", &ids).await?;
        let guest = session.guest(|store, instance| self.exports.load(store, instance))?;
        let parts: Vec<_> =
            batch.iter().map(|(id, call)| ConversationParts::new(*id, call)).collect();
        let views: Vec<_> = parts.iter().map(ConversationParts::view).collect();
        let call = guest.call_extract(&mut session.store, &views);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            rows(answer, batch, |row, (_, call)| lift.annotations(row, call))
        })
    }
}
