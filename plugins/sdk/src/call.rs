//! A call as a plugin reads it: turns with their words, speakers and times.

use std::ops::Range;

use crate::host::audio::Recording;
use crate::types::{Conversation, Participant, Role, Span, Timing, Word};
use crate::{Embeddings, Refusal, Result, host};

/// A conversation, its turns, and the recording behind it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    conversation: &'a Conversation,
    audio: host::audio::Source<'a>,
    semantics: host::semantics::Source<'a>,
}

impl<'a> Call<'a> {
    /// Looks at a conversation as the host passed it.
    #[must_use]
    pub fn new(conversation: &'a Conversation) -> Self {
        Self {
            conversation,
            audio: host::audio::Source::of_host(),
            semantics: host::semantics::Source::of_host(),
        }
    }

    /// Natively: a call with a recording in memory, see [`crate::testing`].
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn with_recording(
        conversation: &'a Conversation,
        recording: &'a crate::testing::MemoryRecording,
    ) -> Self {
        Self { audio: host::audio::Source::of_memory(recording), ..Self::new(conversation) }
    }

    /// Natively: a call with embeddings in memory, see [`crate::testing`].
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn with_embeddings(
        conversation: &'a Conversation,
        embeddings: &'a crate::testing::MemoryEmbeddings,
    ) -> Self {
        Self {
            semantics: host::semantics::Source::of_memory(embeddings),
            ..Self::new(conversation)
        }
    }

    /// All that the source says of the call.
    #[must_use]
    pub fn conversation(&self) -> &'a Conversation {
        self.conversation
    }

    /// In order.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = Turn<'a>> + ExactSizeIterator + use<'a> {
        let conversation = self.conversation;
        (0..conversation.turns.len()).map(move |index| Turn { conversation, index })
    }

    /// The turn of an index; none past the last.
    #[must_use]
    pub fn turn(&self, index: usize) -> Option<Turn<'a>> {
        let conversation = self.conversation;
        (index < conversation.turns.len()).then_some(Turn { conversation, index })
    }

    /// Everybody who takes part.
    #[must_use]
    pub fn participants(&self) -> &'a [Participant] {
        &self.conversation.participants
    }

    /// Whether some participant is known to be on this side.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.conversation.participants.iter().any(|person| person.role == role)
    }

    /// What the source knows of time.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.conversation.timing
    }

    /// The sound behind the call; none where there is none.
    ///
    /// # Errors
    /// As the host's: the grant `audio` is missing, or the file cannot be read.
    pub fn recording(&self) -> Result<Option<Recording<'a>>> {
        self.audio.open(self.conversation)
    }

    /// What texts mean: a vector each. Ask for all that a call needs at once; asked for
    /// none, the host only tells whether it would give any.
    ///
    /// # Errors
    /// The grant `semantics` is missing, or the host has no model. Do without, and say
    /// so in what you emit.
    pub fn embed(&self, texts: &[String]) -> Result<Embeddings, Refusal> {
        self.semantics.embed(texts)
    }
}

/// One person's uninterrupted contribution.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    conversation: &'a Conversation,
    index: usize,
}

impl<'a> Turn<'a> {
    fn record(&self) -> &'a crate::types::Turn {
        &self.conversation.turns[self.index]
    }

    /// Place among the call's turns, from 0.
    #[must_use]
    pub fn index(&self) -> u32 {
        u32::try_from(self.index).unwrap_or(u32::MAX)
    }

    /// What was said.
    #[must_use]
    pub fn text(&self) -> &'a str {
        let Span { start, end } = self.record().text;
        self.conversation.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Who says it; none where the host's data names nobody.
    #[must_use]
    pub fn speaker(&self) -> Option<&'a Participant> {
        self.conversation.participants.get(self.participant() as usize)
    }

    /// Index of the speaker among the call's participants.
    #[must_use]
    pub fn participant(&self) -> u32 {
        self.record().participant
    }

    /// Side of the speaker.
    #[must_use]
    pub fn role(&self) -> Role {
        self.speaker().map_or(Role::Unknown, |person| person.role)
    }

    /// Milliseconds since the recording began; none where the source has no times.
    #[must_use]
    pub fn start_ms(&self) -> Option<u32> {
        self.record().start_ms
    }

    /// As [`Turn::start_ms`]; some sources know starts and no ends.
    #[must_use]
    pub fn end_ms(&self) -> Option<u32> {
        self.record().end_ms
    }

    /// Milliseconds from start to end, where both are known.
    #[must_use]
    pub fn duration_ms(&self) -> Option<u32> {
        Some(self.end_ms()?.saturating_sub(self.start_ms()?))
    }

    /// Of the transcription, 0 to 1; none for written transcripts.
    #[must_use]
    pub fn confidence(&self) -> Option<f32> {
        self.record().confidence
    }

    /// Words with times of their own; empty where the source has none.
    #[must_use]
    pub fn words(&self) -> &'a [Word] {
        let span = self.record().text;
        let words = &self.conversation.words;
        let first = words.partition_point(|word| word.text.start < span.start);
        let last = words.partition_point(|word| word.text.start < span.end);
        words.get(first..last).unwrap_or_default()
    }

    /// What a word of [`Turn::words`] says.
    #[must_use]
    pub fn word_text(&self, word: &Word) -> &'a str {
        self.conversation
            .text
            .get(word.text.start as usize..word.text.end as usize)
            .unwrap_or_default()
    }

    /// A part of this turn, by bytes of [`Turn::text`]. Borders inside a character
    /// move outwards to whole characters.
    #[must_use]
    pub fn excerpt(&self, range: Range<usize>) -> Excerpt<'a> {
        let text = self.text();
        let mut start = range.start.min(text.len());
        let mut end = range.end.clamp(start, text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Excerpt { turn: *self, start, end }
    }

    /// Every place where one of `phrases` stands as whole words, in any case of
    /// letters (ASCII).
    pub fn find<'p, S: AsRef<str>>(
        &self,
        phrases: &'p [S],
    ) -> impl Iterator<Item = Excerpt<'a>> + use<'a, 'p, S> {
        let turn = *self;
        let text = turn.text();
        phrases.iter().map(AsRef::as_ref).filter(|phrase| !phrase.is_empty()).flat_map(
            move |phrase| {
                (0..text.len()).filter_map(move |at| {
                    let end = at + phrase.len();
                    let found = text.get(at..end)?.eq_ignore_ascii_case(phrase);
                    let whole = !text[..at].ends_with(char::is_alphanumeric)
                        && !text[end..].starts_with(char::is_alphanumeric);
                    (found && whole).then(|| turn.excerpt(at..end))
                })
            },
        )
    }
}

/// Part of a turn.
#[derive(Clone, Copy)]
pub struct Excerpt<'a> {
    turn: Turn<'a>,
    start: usize,
    end: usize,
}

impl<'a> Excerpt<'a> {
    /// Its words.
    #[must_use]
    pub fn text(&self) -> &'a str {
        &self.turn.text()[self.start..self.end]
    }

    /// The turn it is part of.
    #[must_use]
    pub fn turn(&self) -> Turn<'a> {
        self.turn
    }

    /// Where it stands in the conversation's text, as the contract wants it.
    #[must_use]
    pub fn span(&self) -> Span {
        let origin = self.turn.record().text.start;
        let at = |offset: usize| origin.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        Span { start: at(self.start), end: at(self.end) }
    }
}
