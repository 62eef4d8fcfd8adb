//! What formats give: utterances, and what made no sense.

use rehearsal_sdk::prelude::*;

/// What somebody says, as a format gives it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Utterance {
    /// Where it starts in the file, from 1: a line, a paragraph, an element.
    pub line: u32,
    /// As the file names them.
    pub speaker: Option<String>,
    /// What is said, without the format's mark-up.
    pub text: String,
    /// Milliseconds.
    pub start_ms: Option<u32>,
    /// Milliseconds.
    pub end_ms: Option<u32>,
    /// Of the transcription, 0 to 1.
    pub confidence: Option<f32>,
    /// In order; those that the format gives times for.
    pub words: Vec<TimedWord>,
}

/// A word with its own times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimedWord {
    /// As it stands in the utterance's text.
    pub text: String,
    /// Milliseconds.
    pub start_ms: u32,
    /// Milliseconds.
    pub end_ms: u32,
    /// 0 to 1; 1 where the format has none.
    pub confidence: f32,
}

/// Something in a file that makes no sense; the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// As [`Utterance::line`].
    pub line: u32,
    /// What is wrong and what would be right.
    pub what: String,
}

/// A call as its format reads it.
#[derive(Debug, Default)]
pub struct Parsed {
    /// In the order of the file.
    pub utterances: Vec<Utterance>,
    /// In the order of the file.
    pub problems: Vec<Problem>,
    /// What the file says of the call as a whole; no turns. Its participants are
    /// known people, matched with speakers by name.
    pub about: Conversation,
    /// What [`Utterance::line`] counts where that is no line: `segment`.
    pub unit: Option<&'static str>,
}

impl Parsed {
    /// A place as people write it: `line 12`, `segment 3`.
    #[must_use]
    pub fn place(&self, line: u32) -> String {
        format!("{} {line}", self.unit.unwrap_or("line"))
    }

    /// The problems as items that failed, each with its place in the file `name`.
    pub fn failures(&mut self, name: &str) -> Vec<FailedItem> {
        let problems = std::mem::take(&mut self.problems);
        problems
            .into_iter()
            .map(|Problem { line, what }| FailedItem {
                position: self.place(line),
                error: Error::invalid(match self.unit {
                    None => format!("{name}:{line}: {what}"),
                    Some(unit) => format!("{name}: {unit} {line}: {what}"),
                }),
            })
            .collect()
    }

    /// Notes something that makes no sense.
    pub fn problem(&mut self, line: u32, what: impl Into<String>) {
        self.problems.push(Problem { line, what: what.into() });
    }
}
