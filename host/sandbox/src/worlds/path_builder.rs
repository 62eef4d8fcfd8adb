//! Path builders: make training examples of annotated calls.

use rehearsal_model::{Annotation, Conversation, ConversationId, Example};

use super::{Rows, mismatch, rows};
use crate::bindings::exports::rehearsal::plugin::path_builder_api::GuestIndices;
use crate::lower::AnnotatedParts;
use crate::plugin::Plugin;
use crate::{
    CallError, Called, Component, Description, Grants, Limits, LoadError, World, describe,
};

/// A path builder with its grants.
pub struct PathBuilder {
    plugin: Plugin,
    exports: GuestIndices,
}

impl PathBuilder {
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
        Self::of(Plugin::prepare(id, component, World::PathBuilder, grants, limits)?)
    }

    pub(super) fn of(plugin: Plugin) -> Result<Self, LoadError> {
        let exports =
            GuestIndices::new(plugin.linked()).map_err(|error| mismatch(&plugin, &error))?;
        Ok(Self { plugin, exports })
    }

    /// Who it is, what it reads and writes.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn describe(&self) -> Result<Called<Description>, CallError> {
        let mut session = self.plugin.start("describe", &[]).await?;
        let guest = session.guest(|store, instance| self.exports.load(store, instance))?;
        let answer = session.deadline.limit(guest.call_describe(&mut session.store)).await;
        session.finish(answer, |lift, answer, _| describe::path_builder(lift, answer))
    }

    /// Examples of each conversation of a batch, in order. The annotations are those of
    /// all extractors in pipeline order.
    ///
    /// # Errors
    /// If the call fails as a whole; what is wrong with a single conversation is in
    /// its row.
    pub async fn build(
        &self,
        batch: &[(ConversationId, &Conversation, &[Annotation])],
    ) -> Result<Called<Rows<Example>>, CallError> {
        let ids: Vec<_> = batch.iter().map(|(id, ..)| *id).collect();
        let mut session = self.plugin.start("build", &ids).await?;
        let guest = session.guest(|store, instance| self.exports.load(store, instance))?;
        let parts: Vec<_> = batch
            .iter()
            .map(|(id, call, annotations)| AnnotatedParts::new(*id, call, annotations))
            .collect();
        let views: Vec<_> = parts.iter().map(AnnotatedParts::view).collect();
        let call = guest.call_build(&mut session.store, &views);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            rows(answer, batch, |row, (_, call, _)| lift.examples(row, call))
        })
    }
}
