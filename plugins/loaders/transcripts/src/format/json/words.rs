//! Words with speakers and times, put together to what each says at a stretch.

use rehearsal_dialogue::{TimedWord, Utterance};

/// A longer silence ends an utterance, in milliseconds.
const PAUSE_MS: u32 = 2_000;

/// A word, or a mark that belongs to the word before it.
pub(super) struct Spoken {
    pub(super) speaker: Option<String>,
    pub(super) text: String,
    /// None for marks.
    pub(super) times: Option<(u32, u32)>,
    pub(super) confidence: Option<f32>,
    /// From 1, of the item in the file.
    pub(super) item: u32,
}

/// Utterances of words that are in order.
pub(super) fn utterances(words: impl IntoIterator<Item = Spoken>) -> Vec<Utterance> {
    let mut all: Vec<Utterance> = Vec::new();
    for word in words {
        let Some((start, end)) = word.times else {
            // A mark; one without a word before it is nothing.
            if let Some(last) = all.last_mut() {
                last.text.push_str(&word.text);
            }
            continue;
        };
        let goes_on = all.last().is_some_and(|last| {
            let until = last.end_ms.unwrap_or(0).saturating_add(PAUSE_MS);
            last.speaker == word.speaker && start <= until
        });
        if !goes_on {
            all.push(Utterance {
                line: word.item,
                speaker: word.speaker,
                start_ms: Some(start),
                ..Utterance::default()
            });
        }
        let Some(last) = all.last_mut() else { continue };
        if !last.text.is_empty() {
            last.text.push(' ');
        }
        last.text.push_str(&word.text);
        last.end_ms = last.end_ms.max(Some(end));
        last.words.push(TimedWord {
            text: word.text,
            start_ms: start,
            end_ms: end,
            confidence: word.confidence.unwrap_or(1.0),
        });
    }
    for utterance in &mut all {
        let sum: f32 = utterance.words.iter().map(|word| word.confidence).sum();
        utterance.confidence = Some((sum / utterance.words.len().max(1) as f32).clamp(0.0, 1.0));
    }
    all
}
