//! What lessons' texts mean: the embedding of what is judged, from the same model that
//! extractors ask.

use rehearsal_pipeline::CallSemantics;

use crate::ImproveError;
use crate::lessons::Lessons;
use crate::task::Task;
use crate::verdicts::tagged;

/// Texts that are embedded at once.
const AT_ONCE: usize = 1_024;

/// Gives every lesson the vector of its judged turn, or of as much of a whole call as the
/// model reads.
pub(crate) fn add_vectors(
    lessons: &mut Lessons,
    semantics: Option<&CallSemantics>,
    trainer: &str,
    task: &Task,
) -> Result<(), ImproveError> {
    let unavailable =
        |reason: String| ImproveError::NoEmbeddings { trainer: trainer.to_owned(), reason };
    let semantics = semantics.ok_or_else(|| unavailable("nothing embeds here".to_owned()))?;
    for part in lessons.all_mut().chunks_mut(AT_ONCE) {
        let texts: Vec<String> =
            part.iter().map(|lesson| judged(&lesson.input.text, task.whole)).collect();
        let vectors = semantics.vectors(&texts).map_err(unavailable)?;
        for (lesson, vector) in part.iter_mut().zip(vectors) {
            lesson.input.vector = vector;
        }
    }
    Ok(())
}

/// What is judged of a text, without the sides in front of its lines.
fn judged(text: &str, whole: bool) -> String {
    let said = |line: &str| tagged(line).map_or(line, |(_, said)| said).to_owned();
    if whole {
        return text.lines().map(said).collect::<Vec<_>>().join("\n");
    }
    said(text.trim_end().lines().last().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_judged_line_is_embedded_without_its_side() {
        let text = "[PROSPECT] By hand.\n[SELLER] And how is that working?\n";
        assert_eq!(judged(text, false), "And how is that working?");
        assert_eq!(judged(text, true), "By hand.\nAnd how is that working?");
        assert_eq!(judged("no side", false), "no side");
    }
}
