//! Calls on their way from a loader into the repository: normal form, personal data
//! replaced, encoded. The items of a chunk are prepared a share a thread, since this is
//! most of the work of loading texts; what comes of them is kept one after the other.

use rehearsal_model::{Conversation, ConversationId, Digest};
use rehearsal_sandbox::{FailedItem, Item, ItemBody, RecordingItem};

use crate::privacy::{Guard, Guarded};
use crate::records::{CallRecord, Media};
use crate::shares::in_shares;
use crate::summary::PrivacySummary;
use crate::{profile, text};

/// Whose calls they are, and what becomes of them.
#[derive(Clone, Copy)]
pub(crate) struct Preparation<'a> {
    /// The source's id.
    pub(crate) source: &'a str,
    /// The loader's name for the entry.
    pub(crate) entry: &'a str,
    /// Of calls that say nothing of theirs.
    pub(crate) licence: Option<&'a str>,
    pub(crate) guard: &'a Guard,
}

/// An item, its call as it will be kept.
pub(crate) enum Prepared {
    Call(Box<PreparedCall>),
    Recording(String, Box<RecordingItem>),
    Failed(FailedItem),
}

/// A call, ready to be kept.
pub(crate) struct PreparedCall {
    pub(crate) id: ConversationId,
    pub(crate) record: CallRecord,
    /// Of the record.
    pub(crate) digest: Digest,
    /// Personal data found in it.
    pub(crate) privacy: PrivacySummary,
}

impl Preparation<'_> {
    /// The items of a chunk, in order, on as many threads.
    pub(crate) fn all(self, items: Vec<Result<Item, FailedItem>>, workers: usize) -> Vec<Prepared> {
        in_shares(items, workers, |share| self.each(share)).into_iter().flatten().collect()
    }

    fn each(self, items: Vec<Result<Item, FailedItem>>) -> Vec<Prepared> {
        let prepare = |item| match item {
            Ok(Item { key, body: ItemBody::Conversation(call) }) => {
                Prepared::Call(Box::new(self.call(key, call, None)))
            }
            Ok(Item { key, body: ItemBody::Recording(item) }) => {
                Prepared::Recording(key, Box::new(item))
            }
            Err(failed) => Prepared::Failed(failed),
        };
        items.into_iter().map(prepare).collect()
    }

    /// A call as it will be kept; one in which nothing is said has no turns.
    pub(crate) fn call(
        self,
        item: String,
        conversation: Conversation,
        media: Option<Media>,
    ) -> PreparedCall {
        let mut conversation = text::normalise(conversation);
        if conversation.licence.is_none() {
            conversation.licence = self.licence.map(ToOwned::to_owned);
        }
        let id = ConversationId::new(self.source, self.entry, &item);
        let guard = self.guard;
        let identity = guard.replaces().then(|| {
            profile::identity_of(&conversation, media.as_ref(), &|value| guard.veil(value))
        });
        let Guarded { conversation, redactions, mentions, summary } = guard.apply(id, conversation);
        let record = CallRecord {
            source: self.source.to_owned(),
            entry: self.entry.to_owned(),
            item,
            media,
            conversation,
            former: Vec::new(),
            redactions,
            mentions,
            identity,
        };
        let digest = record.digest();
        PreparedCall { id, record, digest, privacy: summary }
    }
}
