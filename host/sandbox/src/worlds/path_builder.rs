//! Path builders: make training examples of annotated calls.

use rehearsal_model::{Annotation, Conversation, ConversationId, Example};

use super::{Rows, rows};
use crate::bindings::exports::rehearsal::plugin::path_builder_api::GuestIndices;
use crate::lower::AnnotatedParts;
use crate::{CallError, Called, describe};

handle!(
    /// A path builder with its grants.
    PathBuilder, describe::path_builder
);

impl PathBuilder {
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
