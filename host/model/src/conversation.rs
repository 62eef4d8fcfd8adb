//! A call: who said what when.

use serde::{Deserialize, Serialize};

/// Which side of the sale somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sells: the side that is coached.
    Seller,
    /// Buys, or might: the side that the roleplay partner plays.
    Prospect,
    /// Takes part without buying or selling.
    Other,
    /// Not known. Never a guess.
    #[default]
    Unknown,
}

impl Role {
    /// Lower-case name, as in files and on the screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Prospect => "prospect",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}

/// A half-open byte range into [`Conversation::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Somebody who speaks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Participant {
    /// As the source names them.
    pub name: Option<String>,
    /// Their side.
    pub role: Role,
    /// 0 to 1; 1 where the source says so outright.
    pub role_confidence: f32,
    /// What the role rests on: `prefix`, `sidecar`, `channel`, …
    pub role_evidence: String,
    /// The company they speak for.
    pub organisation: Option<String>,
}

/// One person's uninterrupted contribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Index into [`Conversation::participants`].
    pub participant: u32,
    /// Where its text stands.
    pub text: Span,
    /// Milliseconds.
    pub start_ms: Option<u32>,
    /// Milliseconds.
    pub end_ms: Option<u32>,
    /// Of the transcription, 0 to 1; none for written transcripts.
    pub confidence: Option<f32>,
}

/// A word with times of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Where it stands.
    pub text: Span,
    /// Milliseconds.
    pub start_ms: u32,
    /// Milliseconds.
    pub end_ms: u32,
    /// 0 to 1.
    pub confidence: f32,
}

/// How much is known about time.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Nothing.
    #[default]
    None,
    /// When turns start.
    Starts,
    /// When turns start and end.
    Turns,
    /// When words start and end.
    Words,
}

/// A call in the one normal form. Shapes and units are those of
/// `record conversation` in `wit/types.wit`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conversation {
    /// All that was said; turns are separated by one newline.
    pub text: String,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// In order.
    pub turns: Vec<Turn>,
    /// In order; empty unless [`Timing::Words`].
    pub words: Vec<Word>,
    /// What is known about time.
    pub timing: Timing,
    /// Whole length in milliseconds.
    pub duration_ms: Option<u32>,
    /// Channels of the recording behind it; 0 where there is none.
    pub audio_channels: u8,
    /// BCP 47.
    pub language: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// RFC 3339.
    pub started_at: Option<String>,
    /// The customer's account.
    pub account: Option<String>,
    /// SPDX identifier or the source's own words.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
    /// Where a person can look at it.
    pub source_url: Option<String>,
    /// Where it stands in its file.
    pub position: Option<String>,
    /// Whatever else the source says, sorted by key.
    pub metadata: Vec<(String, String)>,
}

/// What is wrong with a conversation's structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructureError {
    /// A range that does not fit the text.
    #[error(
        "{what} {index}: span {start}..{end} does not lie on characters of the {len} bytes of text"
    )]
    Span {
        /// `turn` or `word`.
        what: &'static str,
        /// Which one.
        index: usize,
        /// As given.
        start: u32,
        /// As given.
        end: u32,
        /// Bytes of text.
        len: usize,
    },
    /// Spans that overlap or run backwards.
    #[error("{what} {index} begins before the former one ends")]
    Order {
        /// `turn` or `word`.
        what: &'static str,
        /// Which one.
        index: usize,
    },
    /// A turn of nobody.
    #[error("turn {turn} belongs to participant {participant}, but there are {participants}")]
    Participant {
        /// Which turn.
        turn: usize,
        /// As given.
        participant: u32,
        /// How many there are.
        participants: usize,
    },
    /// An end before its start.
    #[error("{what} {index} ends at {end} ms, before it starts at {start} ms")]
    Time {
        /// `turn` or `word`.
        what: &'static str,
        /// Which one.
        index: usize,
        /// Milliseconds.
        start: u32,
        /// Milliseconds.
        end: u32,
    },
    /// A number that is none.
    #[error("{what} {index}: a confidence must lie between 0 and 1")]
    Confidence {
        /// `turn`, `word` or `participant`.
        what: &'static str,
        /// Which one.
        index: usize,
    },
}

impl Conversation {
    /// What a span covers; empty for a span that does not fit.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// What was said in a turn.
    #[must_use]
    pub fn turn_text(&self, turn: &Turn) -> &str {
        self.slice(turn.text)
    }

    /// Who speaks in a turn.
    #[must_use]
    pub fn speaker(&self, turn: &Turn) -> Option<&Participant> {
        self.participants.get(turn.participant as usize)
    }

    /// The side that speaks in a turn.
    #[must_use]
    pub fn role(&self, turn: &Turn) -> Role {
        self.speaker(turn).map_or(Role::Unknown, |speaker| speaker.role)
    }

    /// Adds a turn and its text.
    pub fn push_turn(&mut self, participant: u32, text: &str, times: Option<(u32, u32)>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.turns.push(Turn {
            participant,
            text: Span { start, end: self.text.len() as u32 },
            start_ms: times.map(|(start, _)| start),
            end_ms: times.map(|(_, end)| end),
            confidence: None,
        });
    }

    /// Checks all that later stages rely on: spans on character borders and in order,
    /// speakers that exist, times that run forwards, confidences in range.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), StructureError> {
        for (index, participant) in self.participants.iter().enumerate() {
            check_confidence("participant", index, participant.role_confidence)?;
        }
        let mut last = 0;
        for (index, turn) in self.turns.iter().enumerate() {
            last = self.check_span("turn", index, turn.text, last)?;
            if turn.participant as usize >= self.participants.len() {
                return Err(StructureError::Participant {
                    turn: index,
                    participant: turn.participant,
                    participants: self.participants.len(),
                });
            }
            if let (Some(start), Some(end)) = (turn.start_ms, turn.end_ms) {
                check_time("turn", index, start, end)?;
            }
            check_confidence("turn", index, turn.confidence.unwrap_or(0.0))?;
        }
        let mut last = 0;
        for (index, word) in self.words.iter().enumerate() {
            last = self.check_span("word", index, word.text, last)?;
            check_time("word", index, word.start_ms, word.end_ms)?;
            check_confidence("word", index, word.confidence)?;
        }
        Ok(())
    }

    fn check_span(
        &self,
        what: &'static str,
        index: usize,
        span: Span,
        last: u32,
    ) -> Result<u32, StructureError> {
        let Span { start, end } = span;
        if self.text.get(start as usize..end as usize).is_none() {
            return Err(StructureError::Span { what, index, start, end, len: self.text.len() });
        }
        if start < last {
            return Err(StructureError::Order { what, index });
        }
        Ok(end)
    }
}

fn check_time(
    what: &'static str,
    index: usize,
    start: u32,
    end: u32,
) -> Result<(), StructureError> {
    if end < start { Err(StructureError::Time { what, index, start, end }) } else { Ok(()) }
}

fn check_confidence(what: &'static str, index: usize, value: f32) -> Result<(), StructureError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(StructureError::Confidence { what, index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Conversation {
        let mut call = Conversation {
            participants: vec![Participant::default(), Participant::default()],
            ..Conversation::default()
        };
        call.push_turn(0, "Grüß Gott.", Some((0, 900)));
        call.push_turn(1, "Hi.", Some((1_000, 1_200)));
        call
    }

    #[test]
    fn turns_are_spans_of_one_text() {
        let call = call();
        assert_eq!(call.text, "Grüß Gott.\nHi.");
        assert_eq!(call.turn_text(&call.turns[1]), "Hi.");
        assert_eq!(call.validate(), Ok(()));
    }

    #[test]
    fn what_does_not_hold_together_is_named() {
        let mut broken = call();
        broken.turns[0].text.end = 3;
        assert!(broken.validate().unwrap_err().to_string().starts_with("turn 0: span 0..3"));
        let mut broken = call();
        broken.turns[1].text.start = 6;
        assert_eq!(broken.validate(), Err(StructureError::Order { what: "turn", index: 1 }));
        let mut broken = call();
        broken.turns[1].participant = 2;
        assert!(broken.validate().is_err());
        let mut broken = call();
        broken.turns[1].end_ms = Some(1);
        assert!(broken.validate().is_err());
        let mut broken = call();
        broken.turns[1].confidence = Some(f32::NAN);
        assert!(broken.validate().is_err());
    }
}
