//! Extractors: find things in calls.

use rehearsal_model::{Annotation, Conversation, ConversationId};

use super::{Rows, rows};
use crate::bindings::exports::rehearsal::plugin::extractor_api::GuestIndices;
use crate::lower::ConversationParts;
use crate::{CallError, Called, describe};

handle!(
    /// An extractor with its grants.
    Extractor, describe::extractor
);

impl Extractor {
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
