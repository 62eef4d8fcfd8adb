//! Deepgram: `results.utterances` where they were asked for, else the channels' words.

use rehearsal_dialogue::json::{Each, confidence, ms};
use rehearsal_dialogue::{Parsed, TimedWord, Utterance};
use rehearsal_sdk::prelude::*;

use super::language;
use super::words::{Spoken, utterances};

#[derive(Deserialize)]
pub(super) struct File {
    #[serde(default)]
    metadata: Metadata,
    results: Results,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    duration: Option<f64>,
    created: Option<String>,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    channels: Vec<Channel>,
    #[serde(default)]
    utterances: Each<Said>,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    alternatives: Vec<Alternative>,
    detected_language: Option<String>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    words: Each<Word>,
}

#[derive(Deserialize)]
struct Said {
    /// Seconds.
    start: f64,
    end: f64,
    transcript: String,
    confidence: Option<f64>,
    channel: Option<u32>,
    speaker: Option<u32>,
    #[serde(default)]
    words: Vec<Word>,
}

#[derive(Deserialize)]
struct Word {
    word: String,
    punctuated_word: Option<String>,
    start: f64,
    end: f64,
    confidence: Option<f64>,
    speaker: Option<u32>,
}

pub(super) fn read(file: File) -> Result<Parsed> {
    let mut parsed = Parsed { unit: Some("utterance"), ..Parsed::default() };
    parsed.about.duration_ms = file.metadata.duration.and_then(ms);
    let created = file.metadata.created.filter(|time| !time.is_empty());
    parsed.about.metadata.extend(created.map(|time| ("transcribed_at".to_owned(), time)));
    let Results { channels, utterances: said } = file.results;
    let detected = channels.iter().find_map(|channel| channel.detected_language.clone());
    parsed.about.language = language(detected);
    let several = channels.len() > 1;
    if said.0.is_empty() {
        of_channels(channels, several, &mut parsed);
        return Ok(parsed);
    }
    for (number, said) in (1..).zip(said.0) {
        match said {
            Ok(said) => match utterance(number, said, several) {
                Some(utterance) => parsed.utterances.push(utterance),
                None => parsed.problem(number, "its `start` and `end` are no seconds of a call"),
            },
            Err(what) => parsed.problem(number, what),
        }
    }
    Ok(parsed)
}

fn utterance(number: u32, said: Said, several: bool) -> Option<Utterance> {
    let (start, end) = (ms(said.start)?, ms(said.end)?);
    let words = said.words.into_iter().filter_map(|word| {
        let start_ms = ms(word.start)?;
        Some(TimedWord {
            start_ms,
            end_ms: ms(word.end)?.max(start_ms),
            confidence: word.confidence.and_then(confidence).unwrap_or(1.0),
            text: word.punctuated_word.unwrap_or(word.word),
        })
    });
    Some(Utterance {
        line: number,
        speaker: label(said.channel, said.speaker, several),
        text: said.transcript,
        start_ms: Some(start),
        end_ms: Some(end.max(start)),
        confidence: said.confidence.and_then(confidence),
        words: words.collect(),
    })
}

/// On several channels the channel tells who speaks, else the diarisation.
fn label(channel: Option<u32>, speaker: Option<u32>, several: bool) -> Option<String> {
    match (channel, speaker) {
        (Some(channel), _) if several => Some(format!("Channel {channel}")),
        (_, Some(speaker)) => Some(format!("Speaker {speaker}")),
        _ => None,
    }
}

fn of_channels(channels: Vec<Channel>, several: bool, parsed: &mut Parsed) {
    for (number, channel) in (0..).zip(channels) {
        let Some(best) = channel.alternatives.into_iter().next() else { continue };
        let mut words = Vec::new();
        for (item, word) in (1..).zip(best.words.0) {
            let word = match word {
                Ok(word) => word,
                Err(what) => {
                    parsed.problem(item, format!("channel {number}, word: {what}"));
                    continue;
                }
            };
            words.push(Spoken {
                speaker: label(Some(number), word.speaker, several),
                times: ms(word.start).zip(ms(word.end)).map(|(start, end)| (start, end.max(start))),
                confidence: word.confidence.and_then(confidence),
                text: word.punctuated_word.unwrap_or(word.word),
                item,
            });
        }
        if words.is_empty() {
            parsed.utterances.push(Utterance {
                line: 1,
                speaker: label(Some(number), None, several),
                text: best.transcript,
                ..Utterance::default()
            });
        }
        parsed.utterances.extend(utterances(words));
    }
    // Without times they stay as they are: the sort is stable.
    parsed.utterances.sort_by_key(|utterance| utterance.start_ms);
}
