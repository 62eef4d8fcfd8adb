//! World `loader`.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::loader::exports::rehearsal::plugin::loader_api as api;
pub use crate::bindings::loader::exports::rehearsal::plugin::loader_api::{
    Entry, FailedItem, Page,
};
use crate::host::blobs::Blob;
use crate::host::files::Files;
use crate::types::{Conversation, Error};
use crate::{Packaged, Result};

/// Reads a source: lists what is there, loads what changed.
pub trait Loader: Sized {
    /// The plugin's table of pipeline.toml. Its JSON Schema is shown to the host.
    type Config: DeserializeOwned + JsonSchema;

    /// Sets up; called before each `list` and `load`.
    ///
    /// # Errors
    /// The configuration makes no sense; the message names the key.
    fn new(config: Self::Config) -> Result<Self>;

    /// One page of entries, from where `cursor` says; from the start without one.
    ///
    /// # Errors
    /// The source cannot be listed.
    fn list(&self, files: &Files, cursor: Option<&str>) -> Result<Page>;

    /// One chunk of an entry's items. `offset` is 0 or [`Chunk::next`] of the entry's
    /// former chunk, in the loader's own units.
    ///
    /// # Errors
    /// The entry as a whole cannot be read. What is wrong with one item only belongs
    /// into [`Chunk::items`].
    fn load(&self, files: &Files, key: &str, offset: u64) -> Result<Chunk>;
}

/// Some items of an entry, in the order of the source.
#[derive(Debug, Default)]
pub struct Chunk {
    /// An item, or what is wrong in its place.
    pub items: Vec<Result<Item, FailedItem>>,
    /// Where the next chunk starts; none after the last.
    pub next: Option<u64>,
}

impl Chunk {
    /// The whole of an entry that is one item.
    #[must_use]
    pub fn one(body: Body) -> Self {
        Self { items: vec![Ok(Item { key: String::new(), body })], next: None }
    }
}

/// A conversation or a recording.
#[derive(Debug)]
pub struct Item {
    /// Stable and unique within the entry; empty where the entry is one item.
    pub key: String,
    /// What it is.
    pub body: Body,
}

/// What an item is.
#[derive(Debug)]
pub enum Body {
    /// Its words are known.
    Conversation(Conversation),
    /// The host has to transcribe it.
    Recording(Media),
}

/// Sound or video for the host to transcribe.
#[derive(Debug)]
pub struct Media {
    /// A granted file, or the body of an answer whose grant says `media = true`.
    pub file: Blob,
    /// What is known of the call, with no turns.
    pub about: Conversation,
    /// Words that the speech recogniser should expect.
    pub vocabulary: Vec<String>,
}

impl Default for Conversation {
    /// A call of which nothing is known.
    fn default() -> Self {
        Self {
            id: String::new(),
            text: String::new(),
            participants: Vec::new(),
            turns: Vec::new(),
            words: Vec::new(),
            timing: crate::types::Timing::None,
            duration_ms: None,
            audio_channels: 0,
            language: None,
            title: None,
            started_at: None,
            account: None,
            licence: None,
            consent: None,
            source_url: None,
            position: None,
            metadata: Vec::new(),
        }
    }
}

impl Conversation {
    /// Adds a turn and its text. Times are milliseconds since the start.
    pub fn push_turn(
        &mut self,
        participant: u32,
        text: &str,
        start_ms: Option<u32>,
        end_ms: Option<u32>,
    ) {
        let offset = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        if !self.turns.is_empty() {
            self.text.push('\n');
        }
        let start = offset(self.text.len());
        self.text.push_str(text);
        let span = crate::types::Span { start, end: offset(self.text.len()) };
        self.turns.push(crate::types::Turn {
            participant,
            text: span,
            start_ms,
            end_ms,
            confidence: None,
        });
    }
}

#[doc(hidden)]
#[must_use]
pub fn describe<T: Loader + Packaged>() -> api::Description {
    api::Description { identity: crate::identity::<T, T::Config>() }
}

#[doc(hidden)]
pub fn list<T: Loader>(cursor: Option<&str>) -> Result<Page> {
    T::new(crate::read_config()?)?.list(&Files::of_host(), cursor)
}

#[doc(hidden)]
pub fn load<T: Loader>(key: &str, offset: u64) -> Result<api::Chunk> {
    let chunk = T::new(crate::read_config()?)?.load(&Files::of_host(), key, offset)?;
    let items = chunk.items.into_iter().map(|item| item.and_then(lower)).collect();
    Ok(api::Chunk { items, next: chunk.next })
}

/// Hands an item to the host.
fn lower(item: Item) -> Result<api::Item, FailedItem> {
    let body = match item.body {
        Body::Conversation(conversation) => api::ItemBody::Conversation(conversation),
        Body::Recording(Media { file, about, vocabulary }) => {
            let name = file.name();
            let Some(media) = file.into_host() else {
                let error = Error::permanent("the media is not a file of the host");
                return Err(FailedItem { position: name, error });
            };
            api::ItemBody::Recording(api::Recording { media, about, vocabulary })
        }
    };
    Ok(api::Item { key: item.key, body })
}
