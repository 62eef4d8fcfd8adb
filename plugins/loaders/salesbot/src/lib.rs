//! SalesBot 1 (MiuLab/SalesBot) and SalesBot 2 (MiuLab/SalesAgent): JSON arrays of
//! dialogues that start as chat and turn to a sale.
//!
//! SalesBot 1 names no speakers: turns alternate and the first is the user's. SalesBot 2
//! writes `User: …` and `Agent: …`, sometimes inside quotes inside quotes. The user is
//! the prospect, the agent sells.

mod dialogue;

use rehearsal_dialogue::{Cursor, Elements, RawLine, Sides, assemble, json};
use rehearsal_sdk::prelude::*;

use dialogue::Dialogue;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Licence of the dialogues.
    pub licence: Option<String>,
    /// BCP 47.
    pub language: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { licence: None, language: "en".to_owned() }
    }
}

/// The loader.
#[derive(Debug)]
pub struct SalesBot {
    config: Config,
}

/// Files looked at for one page.
const PAGE: u32 = 1_000;
/// Dialogues of one chunk.
const ITEMS: usize = 1_000;
/// A chunk ends after this many bytes.
const BYTES: u64 = 8 * 1024 * 1024;
/// Longest dialogue, in bytes.
const LONGEST: usize = 1024 * 1024;

impl Loader for SalesBot {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn list(&self, files: &Files, cursor: Option<&str>) -> Result<Page> {
        let listed = files.list(cursor, PAGE)?;
        let full = listed.len() == PAGE as usize;
        let next = if full { listed.last().map(|file| file.name.clone()) } else { None };
        let json = listed.into_iter().filter(|file| file.name.to_lowercase().ends_with(".json"));
        let entries =
            json.map(|file| Entry { key: file.name, fingerprint: file.fingerprint }).collect();
        Ok(Page { entries, next })
    }

    fn load(&self, files: &Files, key: &str, offset: u64) -> Result<Chunk> {
        let blob = files.open(key)?;
        let from = Cursor::unpack(offset);
        let mut elements = Elements::at(&blob, from, LONGEST);
        let mut chunk = Chunk::default();
        loop {
            match elements.next_element() {
                Ok(Some(raw)) => chunk.items.push(self.item(key, &raw)),
                Ok(None) => return Ok(chunk),
                // Nothing was read of it: the file as a whole is wrong.
                Err(error) if chunk.items.is_empty() && offset == 0 => return Err(error),
                Err(error) => {
                    let position = format!("line {}", elements.cursor().lines + 1);
                    chunk.items.push(Err(FailedItem { position, error }));
                    return Ok(chunk);
                }
            }
            let cursor = elements.cursor();
            if chunk.items.len() >= ITEMS || cursor.byte - from.byte >= BYTES {
                chunk.next = Some(cursor.pack(key)?);
                return Ok(chunk);
            }
        }
    }
}

impl SalesBot {
    fn item(&self, key: &str, raw: &RawLine) -> Result<Item, FailedItem> {
        let line = raw.number;
        let failed = |error| FailedItem { position: format!("line {line}"), error };
        if raw.cut {
            let what = format!("{key}:{line}: a dialogue of more than 1 MiB");
            return Err(failed(Error::invalid(what)));
        }
        let dialogue: Dialogue = json::parse(key, line, &raw.bytes).map_err(failed)?;
        let id = dialogue.id.clone();
        let mut parsed = dialogue.read(line);
        parsed.about.language = Some(self.config.language.clone());
        parsed.about.licence.clone_from(&self.config.licence);
        let call = assemble(parsed, &Sides::default(), "").ok_or_else(|| {
            failed(Error::invalid(format!("{key}:{line}: `{id}` has an empty `dialog`")))
        })?;
        Ok(Item { key: id, body: Body::Conversation(call) })
    }
}

rehearsal_sdk::export_loader!(SalesBot);
