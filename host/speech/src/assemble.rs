//! Heard chunks to speakers and utterances in time order.

use crate::align;
use crate::channels::Layout;
use crate::diarize::TwoVoices;
use crate::job::HeardChunk;
use crate::transcript::{Dropped, Segment, Speaker, Word};

/// A pause between words that ends an utterance.
const PAUSE_MS: u64 = 600;

/// Speakers, segments and what was dropped, all in time order.
pub(crate) fn conversation(
    heard: &[HeardChunk],
    layout: Layout,
    voices: Option<&TwoVoices>,
) -> (Vec<Speaker>, Vec<Segment>, Vec<Dropped>) {
    let speaker = |index: usize, channel: Option<usize>, confidence: f32| Speaker {
        id: format!("S{}", index + 1),
        channel,
        confidence,
        role: None,
    };
    let (speakers, mut segments) = match (layout, voices) {
        (Layout::TwoParty, _) => {
            let of = |channel: usize| {
                let mine = heard.iter().filter(move |h| h.chunk.channel == channel);
                utterances(mine.flat_map(timed_words), move |_| channel)
            };
            let segments = [of(0), of(1)].concat();
            (vec![speaker(0, Some(0), 1.0), speaker(1, Some(1), 1.0)], segments)
        }
        (Layout::Mixed, Some(voices)) => {
            let who = |word: &Word| voices.speaker_at((word.start_ms + word.end_ms) / 2);
            let segments = utterances(heard.iter().flat_map(timed_words), who);
            let sure = voices.confidence;
            (vec![speaker(0, None, sure), speaker(1, None, sure)], segments)
        }
        // One speaker who may be several: nothing is claimed.
        (Layout::Mixed, None) => {
            let segments = utterances(heard.iter().flat_map(timed_words), |_| 0);
            (vec![speaker(0, None, 0.0)], segments)
        }
    };
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

/// Words in order, cut at pauses and where the speaker changes.
fn utterances(
    words: impl Iterator<Item = (Word, bool)>,
    who: impl Fn(&Word) -> usize,
) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (word, space) in words {
        let speaker = who(&word);
        let fresh = segments.last().is_none_or(|s| {
            s.speaker != speaker || word.start_ms.saturating_sub(s.end_ms) >= PAUSE_MS
        });
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
