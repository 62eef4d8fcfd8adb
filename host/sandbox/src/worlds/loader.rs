//! Loaders: read sources.

use std::path::PathBuf;

use rehearsal_model::{Conversation, Digest};

use crate::bindings::exports::rehearsal::plugin::loader_api::{self as wit, GuestIndices};
use crate::host::blobs::{Blob, Held};
use crate::lift::Lift;
use crate::state::State;
use crate::{CallError, Called, Failure, ItemError, LimitExceeded, describe};

handle!(
    /// A loader with its grants.
    Loader, describe::loader
);

/// One thing that a source lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Stable name within the source.
    pub key: String,
    /// Changes when the content does.
    pub fingerprint: String,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the source's order.
    pub entries: Vec<Entry>,
    /// Where the next page starts; none on the last.
    pub next: Option<String>,
}

/// What one call of [`Loader::load`] gives of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// In the order of the source; an item that cannot be read stands in its place.
    pub items: Vec<Result<Item, FailedItem>>,
    /// Where the next chunk starts; none after the last.
    pub next: Option<u64>,
}

/// A call, or the recording of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Unique within the entry; empty where the entry is one item.
    pub key: String,
    /// What it is.
    pub body: ItemBody,
}

/// What an item holds.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemBody {
    /// A call in writing.
    Conversation(Conversation),
    /// Sound or video to be transcribed.
    Recording(RecordingItem),
}

/// Sound or video to be transcribed.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingItem {
    /// The granted file.
    pub media: Media,
    /// What is known of the call; it has no turns.
    pub about: Conversation,
    /// Words that the speech recogniser should expect.
    pub vocabulary: Vec<String>,
}

/// A granted file, or an answer kept as one, that the host is to read itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Relative to the grant, `/` between its parts; or the address without its query.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Of its content.
    pub fingerprint: Digest,
}

/// An item that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {error}")]
pub struct FailedItem {
    /// Where in the entry: `line 12`.
    pub position: String,
    /// What is wrong with it.
    pub error: ItemError,
}

impl Loader {
    /// A page of what the source has: the first one, or that at a former page's `next`.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn list(&self, cursor: Option<&str>) -> Result<Called<Page>, CallError> {
        let mut session = self.0.start("list", &[]).await?;
        session.store.data_mut().starts_pass = cursor.is_none();
        let call = session.guest.call_list(&mut session.store, cursor);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, _| {
            let page = page(lift, answer.map_err(|error| Failure::Plugin(error.into()))?)?;
            if page.next.is_some() && page.next.as_deref() == cursor {
                return Err(Failure::Contract("the next page starts where this one did".into()));
            }
            Ok(page)
        })
    }

    /// A chunk of an entry: the first one at 0, or that at a former chunk's `next`.
    ///
    /// # Errors
    /// If the call fails as a whole; an item that could not be read stands in its place.
    pub async fn load(&self, key: &str, offset: u64) -> Result<Called<Chunk>, CallError> {
        let mut session = self.0.start("load", &[]).await?;
        let call = session.guest.call_load(&mut session.store, key, offset);
        let answer = session.deadline.limit(call).await;
        session.finish(answer, |lift, answer, state| {
            let answer = answer.map_err(|error| Failure::Plugin(error.into()))?;
            if answer.next == Some(offset) {
                return Err(Failure::Contract("the next chunk starts where this one did".into()));
            }
            chunk(lift, answer, state)
        })
    }
}

fn page(lift: Lift<'_>, page: wit::Page) -> Result<Page, LimitExceeded> {
    let entry = |entry: wit::Entry| {
        let key = lift.string(entry.key)?;
        Ok(Entry { key, fingerprint: lift.string(entry.fingerprint)? })
    };
    let entries = lift.list(page.entries)?.into_iter().map(entry);
    Ok(Page { entries: entries.collect::<Result<_, _>>()?, next: lift.optional(page.next)? })
}

fn chunk(lift: Lift<'_>, chunk: wit::Chunk, state: &mut State) -> Result<Chunk, Failure> {
    let mut items = Vec::with_capacity(chunk.items.len());
    for answer in lift.list(chunk.items)? {
        items.push(match answer {
            Ok(answer) => item(lift, answer, state)?,
            Err(failed) => Err(FailedItem {
                position: lift.string(failed.position)?,
                error: ItemError::Plugin(failed.error.into()),
            }),
        });
    }
    Ok(Chunk { items, next: chunk.next })
}

/// The outer error is about what the plugin holds, the inner one about the item.
fn item(
    lift: Lift<'_>,
    item: wit::Item,
    state: &mut State,
) -> Result<Result<Item, FailedItem>, Failure> {
    let key = lift.string(item.key)?;
    let body = match item.body {
        wit::ItemBody::Conversation(call) => lift.conversation(call).map(ItemBody::Conversation),
        wit::ItemBody::Recording(recording) => {
            // Taken even if the rest is wrong, so that it is closed.
            let blob = state
                .take_back(recording.media)
                .map_err(|error| Failure::Contract(format!("the media of `{key}`: {error}")))?;
            let vocabulary = lift.strings(recording.vocabulary)?;
            lift.conversation(recording.about).and_then(|about| {
                let media = media(&blob)?;
                if about.turns.is_empty() {
                    Ok(ItemBody::Recording(RecordingItem { media, about, vocabulary }))
                } else {
                    Err(ItemError::Contract("a recording has turns already".into()))
                }
            })
        }
    };
    Ok(match body {
        Ok(body) => Ok(Item { key, body }),
        Err(error) => Err(FailedItem { position: key, error }),
    })
}

fn media(blob: &Blob) -> Result<Media, ItemError> {
    match &blob.0 {
        Held::File(opened) => Ok(Media {
            name: opened.name.clone(),
            path: opened.path.clone(),
            size: opened.size,
            fingerprint: opened.fingerprint,
        }),
        Held::Body { name, .. } => Err(ItemError::Contract(format!(
            "`{name}` is no file, as media must be: the grant of this address wants \
                 `media = true`"
        ))),
    }
}
