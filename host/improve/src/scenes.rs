//! Labelled turns as an extractor's head sees them: in their call, with what its texts
//! mean.

use rehearsal_heads::{Line, Reading};
use rehearsal_model::{Conversation, ConversationId, Role};
use rehearsal_pipeline::{CallSemantics, query};
use rehearsal_repository::Repository;
use rehearsal_training::{Ground, Sample};

use crate::ImproveError;
use crate::lessons::Lesson;
use crate::verdicts::tagged;

/// Where turns are looked up and understood.
pub(crate) struct Scenes<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) repository: &'a Repository,
    pub(crate) semantics: &'a CallSemantics,
}

impl Scenes<'_> {
    /// A sample a lesson, of lessons of one call; none for what the head does not look
    /// at. A call that the repository does not have is read as the excerpt that the
    /// lesson has of it.
    pub(crate) fn of_call(&self, lessons: &[&Lesson]) -> Result<Vec<Option<Sample>>, SceneError> {
        let Some(first) = lessons.first() else { return Ok(Vec::new()) };
        let id: Option<ConversationId> = first.call.parse().ok();
        let view = id.map(|id| query::show(self.repository, id)).transpose();
        let view = view.map_err(|error| SceneError::Repository(error.into()))?.flatten();
        let Some(view) = view else {
            return lessons.iter().map(|lesson| self.excerpt(&lesson.input.text)).collect();
        };
        let call = &view.record.conversation;
        let lines = lines(call);
        let looked_at = |lesson: &&Lesson| {
            let turn = lesson.turn? as usize;
            let line = lines.get(turn)?;
            self.ground.looks_at(line.seller).then_some(turn)
        };
        let turns: Vec<Option<usize>> = lessons.iter().map(looked_at).collect();
        let known: Vec<usize> = turns.iter().flatten().copied().collect();
        let mut samples = self.samples(&lines, &known, false)?.into_iter();
        Ok(turns.into_iter().map(|turn| turn.and_then(|_| samples.next())).collect())
    }

    /// The last line of a text whose lines begin with their side.
    fn excerpt(&self, text: &str) -> Result<Option<Sample>, SceneError> {
        let lines: Vec<Line<'_>> = text.lines().filter_map(line).collect();
        match lines.last() {
            Some(last) if self.ground.looks_at(last.seller) => {
                Ok(self.samples(&lines, &[lines.len() - 1], true)?.pop())
            }
            _ => Ok(None),
        }
    }

    fn samples(
        &self,
        lines: &[Line<'_>],
        turns: &[usize],
        excerpt: bool,
    ) -> Result<Vec<Sample>, SceneError> {
        if turns.is_empty() {
            return Ok(Vec::new());
        }
        let reading = Reading::new(lines);
        let vectors = self.semantics.vectors(reading.texts()).map_err(SceneError::Embeddings)?;
        let samples = self.ground.samples(&reading, &vectors.concat(), turns, excerpt);
        samples.ok_or_else(|| {
            SceneError::Embeddings("the model gave vectors of another size".to_owned())
        })
    }
}

/// Why a call cannot be read.
pub(crate) enum SceneError {
    Repository(ImproveError),
    Embeddings(String),
}

/// As the SDK gives turns to extractors.
fn lines(call: &Conversation) -> Vec<Line<'_>> {
    let line = |turn| Line {
        text: call.turn_text(turn),
        speaker: turn.participant,
        seller: call.role(turn) == Role::Seller,
    };
    call.turns.iter().map(line).collect()
}

/// `[SELLER] And how is that working?`
fn line(text: &str) -> Option<Line<'_>> {
    let (side, said) = tagged(text.trim())?;
    let seller = side.eq_ignore_ascii_case(Role::Seller.name());
    Some(Line { text: said, speaker: u32::from(seller), seller })
}
