//! The formats, each a module: lines in, utterances out.

mod srt;
mod txt;
mod vtt;

mod timing_line;

use rehearsal_sdk::prelude::Result;

use crate::lines::Lines;

/// What somebody says, as a format gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Utterance {
    /// Where it starts in the file, from 1.
    pub line: u32,
    /// As the file names them.
    pub speaker: Option<String>,
    /// What is said, without the format's mark-up.
    pub text: String,
    /// Milliseconds.
    pub start_ms: Option<u32>,
    /// Milliseconds.
    pub end_ms: Option<u32>,
}

/// Something in a file that makes no sense; the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: u32,
    /// What is wrong and what would be right.
    pub what: String,
}

/// A file as its format reads it.
#[derive(Debug, Default)]
pub struct Parsed {
    /// In the order of the file.
    pub utterances: Vec<Utterance>,
    /// In the order of the file.
    pub problems: Vec<Problem>,
}

impl Parsed {
    pub(crate) fn problem(&mut self, line: u32, what: impl Into<String>) {
        self.problems.push(Problem { line, what: what.into() });
    }
}

/// A format of transcripts.
trait Read {
    fn read(&self, lines: &mut Lines<'_>) -> Result<Parsed>;
}

/// Known formats, by the ending of a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text with speakers.
    Text,
    /// WebVTT as Teams, Zoom and others write it.
    WebVtt,
    /// SubRip.
    Srt,
}

impl Format {
    /// The format that a file's name tells.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        let hidden = stem.is_empty() || stem.ends_with('/');
        match ending.to_ascii_lowercase().as_str() {
            _ if hidden => None,
            "txt" | "text" => Some(Self::Text),
            "vtt" => Some(Self::WebVtt),
            "srt" => Some(Self::Srt),
            _ => None,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file as a whole cannot be read, or is not of this format.
    pub fn parse(self, lines: &mut Lines<'_>) -> Result<Parsed> {
        let format: &dyn Read = match self {
            Self::Text => &txt::Text,
            Self::WebVtt => &vtt::WebVtt,
            Self::Srt => &srt::Srt,
        };
        format.read(lines)
    }
}
