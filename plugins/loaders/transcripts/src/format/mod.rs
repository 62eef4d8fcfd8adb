//! The formats, each a module: a file in, utterances out.

pub(crate) mod convokit;
mod json;
mod srt;
mod timing_line;
mod vtt;

use rehearsal_dialogue::{Lines, Parsed, docx, grammar};
use rehearsal_sdk::prelude::*;

/// Known formats, by the name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text with speakers.
    Text,
    /// WebVTT as Teams, Zoom and others write it.
    WebVtt,
    /// SubRip.
    Srt,
    /// Word.
    Docx,
    /// What transcribers and meeting services export; the content tells whose.
    Json,
    /// `utterances.jsonl` of a ConvoKit corpus: many calls.
    ConvoKit,
}

impl Format {
    /// The format that a file's name tells.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, ending) = file.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            _ if stem.is_empty() => None,
            // What Word keeps beside an open document.
            "docx" if stem.starts_with("~$") => None,
            "jsonl" if stem == "utterances" => Some(Self::ConvoKit),
            "txt" | "text" => Some(Self::Text),
            "vtt" => Some(Self::WebVtt),
            "srt" => Some(Self::Srt),
            "docx" => Some(Self::Docx),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Reads a file that is one call.
    ///
    /// # Errors
    /// The file as a whole cannot be read, or is not of this format.
    pub(crate) fn parse(self, blob: &Blob, most: u64) -> Result<Parsed> {
        match self {
            Self::Text => grammar::read(&mut Lines::new(blob)),
            Self::WebVtt => vtt::read(&mut Lines::new(blob)),
            Self::Srt => srt::read(&mut Lines::new(blob)),
            Self::Docx => grammar::read(&mut docx::lines(blob, most)?),
            Self::Json => json::read(&blob.name(), &blob.read_all(most)?),
            Self::ConvoKit => {
                Err(Error::permanent(format!("{}: a corpus is read in chunks", blob.name())))
            }
        }
    }
}
