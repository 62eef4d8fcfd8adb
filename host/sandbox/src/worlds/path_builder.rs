//! Path builders: make training examples of annotated calls.

use rehearsal_model::{Annotation, Conversation, ConversationId, Example};

use super::{Rows, rows};
use crate::bindings::exports::rehearsal::plugin::path_builder_api::GuestIndices;
use crate::lower::AnnotatedParts;
use crate::plugin::Plugin;
use crate::{CallError, Called, Component, Description, Grants, Limits, LoadError, describe};

/// A path builder with its grants.
pub struct PathBuilder(Plugin<GuestIndices>);

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
        Plugin::prepare(id, component, grants, limits).map(Self)
    }

    pub(super) fn stranger(component: &Component) -> Result<Self, LoadError> {
        Plugin::stranger(component).map(Self)
    }

    /// Who it is, what it reads and writes.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn describe(&self) -> Result<Called<Description>, CallError> {
        let mut session = self.0.start("describe", &[]).await?;
        let answer = session.deadline.limit(session.guest.call_describe(&mut session.store)).await;
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
        let mut session = self.0.start("build", &ids).await?;
        let parts: Vec<_> = batch
            .iter()
            .map(|(id, call, annotations)| AnnotatedParts::new(*id, call, annotations))
            .collect();
        let views: Vec<_> = parts.iter().map(AnnotatedParts::view).collect();
        let call = session.guest.call_build(&mut session.store, &views);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            rows(answer, batch, |row, (_, call, _)| lift.examples(row, call))
        })
    }
}
