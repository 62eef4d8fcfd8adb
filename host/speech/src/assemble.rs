//! Heard chunks to speakers and utterances in time order.

use crate::align;
use crate::channels::Layout;
use crate::job::HeardChunk;
use crate::transcript::{Dropped, Segment, Speaker, Word};

/// A pause between words that ends an utterance.
const PAUSE_MS: u64 = 600;

/// Speakers, segments and what was dropped, all in time order.
pub(crate) fn conversation(
    heard: &[HeardChunk],
    layout: Layout,
) -> (Vec<Speaker>, Vec<Segment>, Vec<Dropped>) {
    let channels: &[Option<usize>] = match layout {
        Layout::Mixed => &[None],
        Layout::TwoParty => &[Some(0), Some(1)],
    };
    let mut segments = Vec::new();
    let mut speakers = Vec::new();
    for (index, channel) in channels.iter().enumerate() {
        let mine = heard.iter().filter(|h| h.chunk.channel == index);
        segments.extend(utterances(mine.flat_map(timed_words), index));
        speakers.push(Speaker {
            id: format!("S{}", index + 1),
            channel: *channel,
            confidence: if channel.is_some() { 1.0 } else { 0.0 },
            role: None,
        });
    }
    // By start; where two begin at once, by speaker: the same order every time.
    segments.sort_by_key(|s| (s.start_ms, s.speaker, s.end_ms));
    let mut dropped: Vec<Dropped> = heard.iter().flat_map(dropped).collect();
    dropped.sort_by_key(|d| d.start_ms);
    (speakers, segments, dropped)
}

/// A chunk's words with the recording's times, and whether a space goes before them.
fn timed_words(heard: &HeardChunk) -> Vec<(Word, bool)> {
    let places = align::places(&heard.chunk, &heard.words);
    let words = heard.words.iter().zip(places);
    words
        .map(|(word, place)| {
            let timed = Word {
                text: word.text.trim().to_owned(),
                start_ms: place.start_ms,
                end_ms: place.end_ms,
                confidence: word.confidence(),
            };
            (timed, word.text.starts_with(' '))
        })
        .collect()
}

fn dropped(heard: &HeardChunk) -> Vec<Dropped> {
    heard
        .made_up
        .iter()
        .map(|made_up| Dropped {
            kind: made_up.kind,
            text: made_up.text.clone(),
            start_ms: heard.chunk.source_ms(heard.chunk.piece_at(made_up.at), made_up.at),
            count: made_up.count,
        })
        .collect()
}

/// One speaker's words, cut at pauses.
fn utterances(words: impl Iterator<Item = (Word, bool)>, speaker: usize) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (word, space) in words {
        let fresh =
            segments.last().is_none_or(|s| word.start_ms.saturating_sub(s.end_ms) >= PAUSE_MS);
        if fresh {
            segments.push(Segment {
                speaker,
                start_ms: word.start_ms,
                end_ms: word.end_ms,
                text: String::new(),
                confidence: 0.0,
                words: Vec::new(),
            });
        }
        let Some(segment) = segments.last_mut() else { continue };
        if space && !segment.text.is_empty() {
            segment.text.push(' ');
        }
        segment.text.push_str(&word.text);
        segment.end_ms = segment.end_ms.max(word.end_ms);
        segment.words.push(word);
    }
    for segment in &mut segments {
        let sum: f32 = segment.words.iter().map(|w| w.confidence.max(1e-6).ln()).sum();
        segment.confidence = (sum / segment.words.len() as f32).exp();
    }
    segments
}
