//! Transcripts that lie in files: plain text with speakers, WebVTT, SRT. A sidecar
//! beside one (`call.toml` or `call.json`) says more of the call and of who is who.
//!
//! Every format is a module of [`format`] that turns lines into [`Utterance`]s; what
//! they share (encoding, clean text, speakers and their roles, times) is done once.

mod assemble;
mod clean;
mod format;
mod lines;
mod roles;
mod time;

use rehearsal_sdk::prelude::*;
use rehearsal_sidecar::Sidecar;

pub use format::{Format, Utterance};

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Names of people, or of organisations given in brackets behind a name, who sell:
    /// `["Dana Fox", "Acme"]`.
    pub sellers: Vec<String>,
    /// As `sellers`, who buy.
    pub prospects: Vec<String>,
    /// BCP 47 language of all transcripts.
    pub language: Option<String>,
    /// Licence of all transcripts.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
    /// Largest file that is read, in bytes.
    pub max_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sellers: Vec::new(),
            prospects: Vec::new(),
            language: None,
            licence: None,
            consent: None,
            max_bytes: 64 * 1024 * 1024,
        }
    }
}

/// The loader.
#[derive(Debug)]
pub struct Transcripts {
    config: Config,
}

/// Entries of one page.
const PAGE: u32 = 1_000;

impl Loader for Transcripts {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        let both = config.sellers.iter().find(|name| config.prospects.contains(name));
        match both {
            Some(name) => Err(Error::permanent(format!(
                "config: `{name}` is among `sellers` and among `prospects`"
            ))),
            None => Ok(Self { config }),
        }
    }

    fn list(&self, files: &Files, cursor: Option<&str>) -> Result<Page> {
        let listed = files.list(cursor, PAGE)?;
        let full = listed.len() == PAGE as usize;
        let next = if full { listed.last().map(|file| file.name.clone()) } else { None };
        let mut entries = Vec::new();
        for file in listed.into_iter().filter(|file| Format::of_name(&file.name).is_some()) {
            let fingerprint = rehearsal_sidecar::fingerprint(files, &file)?;
            entries.push(Entry { key: file.name, fingerprint });
        }
        Ok(Page { entries, next })
    }

    fn load(&self, files: &Files, key: &str, _offset: u64) -> Result<Chunk> {
        let format = Format::of_name(key).ok_or_else(|| {
            Error::invalid(format!("{key}: not a transcript; known are .txt, .vtt and .srt"))
        })?;
        let blob = files.open(key)?;
        let size = blob.size();
        if size > self.config.max_bytes {
            return Err(Error::invalid(format!(
                "{key}: {size} bytes, and `max_bytes` is {}",
                self.config.max_bytes
            )));
        }
        let mut lines = lines::Lines::new(&blob);
        let parsed = format.parse(&mut lines)?;
        let mut chunk = Chunk::default();
        for problem in parsed.problems {
            chunk.items.push(Err(FailedItem {
                position: format!("line {}", problem.line),
                error: Error::invalid(format!("{key}:{}: {}", problem.line, problem.what)),
            }));
        }
        let about = Sidecar::beside(files, key)?.into_conversation();
        let conversation = assemble::assemble(&self.config, key, about, parsed.utterances)?;
        chunk
            .items
            .insert(0, Ok(Item { key: String::new(), body: Body::Conversation(conversation) }));
        Ok(chunk)
    }
}

rehearsal_sdk::export_loader!(Transcripts);
